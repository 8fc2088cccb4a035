"""Closing every model that was made for a widget.

A widget of ipywidgets has a layout, and often a style, which are models of their own.
Closing the widget leaves them open, and ipywidgets keeps a list of everything open.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import ipywidgets

__all__ = ["close_all", "own_models"]

_MODELS: Final = ("layout", "style")


def own_models(widget: Any, options: Mapping[str, object] | None = None) -> list[Any]:
    """Return the layout and style of a widget that were made with it.

    Args:
        widget: The widget.
        options: What it was made with. A layout or style among it belongs to the caller,
            who may use it for other widgets.
    """
    given = options or {}
    return [
        getattr(widget, name)
        for name in _MODELS
        if widget.has_trait(name) and not isinstance(given.get(name), ipywidgets.Widget)
    ]


def close_all(widget: Any) -> None:
    """Close a widget with its models and children, all of which must belong to it."""
    for child in getattr(widget, "children", ()):
        close_all(child)
    models = own_models(widget)
    widget.close()
    for model in models:
        model.close()
