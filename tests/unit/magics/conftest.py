"""A real IPython shell with %nanover."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.ipython_shell import WIDGET_VIEW, Shell, loaded_shell

__all__ = ["WIDGET_VIEW", "Shell"]


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    with loaded_shell(monkeypatch) as shell:
        yield shell
