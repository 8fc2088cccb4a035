"""What a reopened page must know of an inspector, beside its query."""

from __future__ import annotations

from typing import ClassVar

import traitlets

__all__ = ["InspectorTraits"]


class InspectorTraits(traitlets.HasTraits):
    """Traits of the widgets that have an inspector; to be set and observed from Python too."""

    own_options: ClassVar[tuple[str, ...]] = ("pins", "sort", "mute", "recent_queries")

    pins = traitlets.List(
        traitlets.Unicode(),
        help="Keys, or beginnings of keys up to a dot or slash, that are kept on top.",
    ).tag(sync=True)
    sort = traitlets.Enum(
        ["name", "changed", "rate"],
        "name",
        help='The order of the tree: by "name", by last change ("changed") or by "rate".',
    ).tag(sync=True)
    mute = traitlets.Float(
        0.0,
        min=0.0,
        help="Changes per second from which a branch is folded away; 0 for never.",
    ).tag(sync=True)
    recent_queries = traitlets.List(
        traitlets.Unicode(), help="What was searched for, newest first."
    ).tag(sync=True)
