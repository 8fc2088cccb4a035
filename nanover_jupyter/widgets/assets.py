"""Files of the built frontend, read on first use."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Final

__all__ = ["Asset", "asset", "asset_path"]

_STATIC: Final = Path(__file__).parent.parent / "static"
# The environment variable with which anywidget enables hot reloading.
_HOT_RELOAD: Final = "ANYWIDGET_HMR"


class Asset:
    """The text of a file, read once and shared by all widgets that use it.

    Use it for `_esm` and `_css`, which anywidget converts with `str`. It is not a path,
    because anywidget wraps a path in a class-level object that refers to every widget and
    so prevents their garbage collection.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __str__(self) -> str:
        return self._text

    @cached_property
    def _text(self) -> str:
        return self.path.read_text("utf-8")


def asset(name: str) -> Asset | Path:
    """Return a file of the built frontend for a widget's `_esm` or `_css`.

    With `ANYWIDGET_HMR=1` in the environment it is a path, which anywidget watches for hot
    reloading. Closed widgets are not garbage collected then.

    Raises:
        FileNotFoundError: The frontend is not built.
    """
    path = asset_path(name)
    return path if os.environ.get(_HOT_RELOAD) == "1" else Asset(path)


def asset_path(name: str) -> Path:
    """Return the path of a file of the built frontend.

    Raises:
        FileNotFoundError: The frontend is not built.
    """
    path = _STATIC / name
    if not path.exists():
        raise FileNotFoundError(
            f"the frontend is not built ({path} is missing): run scripts/build in the source "
            "folder, or install the package from a wheel"
        )
    return path
