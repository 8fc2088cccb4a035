"""How long a test may take before it counts as hanging."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.eventually import TIME_SCALE

__all__ = ["limit_seconds"]


def limit_seconds(items: list[pytest.Item], folder: Path, seconds: float) -> None:
    """Limit the tests of a folder that have no limit of their own.

    A test that hangs ends all of them; one that a busy machine holds up should not.
    """
    for item in items:
        if folder in item.path.parents and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(seconds * TIME_SCALE))
