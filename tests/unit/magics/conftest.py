"""A real IPython shell with %nanover."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ipython_shell import WIDGET_VIEW, Shell, loaded_shell

__all__ = ["WIDGET_VIEW", "Shell", "write_config"]


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's configuration directory, which does not exist yet."""
    folder = tmp_path / "config"
    monkeypatch.setattr("platformdirs.user_config_path", lambda *_, **__: folder)
    return folder


@pytest.fixture
def project(tmp_path: Path, user: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def write_config(folder: Path, text: str) -> Path:
    """Write a folder's nanover.toml."""
    folder.mkdir(exist_ok=True)
    file = folder / "nanover.toml"
    file.write_text(text)
    return file


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    with loaded_shell(monkeypatch) as shell:
        yield shell
