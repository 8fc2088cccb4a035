"""The files of the built frontend, read when they are first needed."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Final

__all__ = ["Asset", "asset", "asset_path"]

_STATIC: Final = Path(__file__).parent.parent / "static"
# The switch of anywidget itself, under which it watches files and reloads widgets.
_RELOADS: Final = "ANYWIDGET_HMR"


class Asset:
    """The text of a file, read once and shared by all widgets that use it.

    Use it for `_esm` and `_css`, which anywidget converts with `str`. Not a path: from a
    path anywidget makes an object of the class that refers to every instance, so that no
    widget is ever freed.
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

    With `ANYWIDGET_HMR=1` in the environment it is a path, which anywidget watches to
    reload the widget in the page. Closed widgets are not freed then.

    Raises:
        FileNotFoundError: The frontend was not built.
    """
    path = asset_path(name)
    return path if os.environ.get(_RELOADS) == "1" else Asset(path)


def asset_path(name: str) -> Path:
    """Return the path of a file of the built frontend.

    Raises:
        FileNotFoundError: The frontend was not built.
    """
    path = _STATIC / name
    if not path.exists():
        raise FileNotFoundError(
            f"the frontend is not built ({path} is missing): run scripts/build in the source "
            "folder, or install the package from a wheel"
        )
    return path
