"""The three tools as tabs of one panel."""

from __future__ import annotations

from typing import ClassVar

import traitlets

from nanover_jupyter.widgets.assets import asset
from nanover_jupyter.widgets.inspector.state_access import StateAccess
from nanover_jupyter.widgets.inspector.traits import InspectorTraits
from nanover_jupyter.widgets.inspector.widget import InspectorController
from nanover_jupyter.widgets.locks.controller import LocksController
from nanover_jupyter.widgets.palette.controller import PaletteController
from nanover_jupyter.widgets.panel import Panel

__all__ = ["ControlRoom"]


class ControlRoom(InspectorTraits, Panel, StateAccess):
    """Inspector, command palette and lock manager of one connection.

        ControlRoom(connection)
        ControlRoom(client, tool="palette", height=600)

    Args:
        source: A Connection, or a NanoverClient.
        tool: The tab to show at first: "inspector", "palette" or "locks".
        query: What the inspector searches for at first.
        selected: The key whose value the inspector shows at first.
        pins: Keys or branches that the inspector keeps on top.
        sort: How the inspector sorts: "name", "changed" or "rate".
        mute: Changes per second from which the inspector folds a branch away; 0 for never.
        command_query: What stands in the palette's search box at first.
        selected_command: The command whose form is open at first.
        height: Height of the content in CSS pixels.
    """

    _esm = asset("control_room.js")
    _css = asset("panel.css")
    tools = (InspectorController, PaletteController, LocksController)
    own_options: ClassVar[tuple[str, ...]] = (
        *InspectorTraits.own_options,
        "command_query",
        "selected_command",
    )

    command_query = traitlets.Unicode("", help="The text in the palette's search box.").tag(
        sync=True
    )
    selected_command = traitlets.Unicode(
        None, allow_none=True, help="The command whose form is open."
    ).tag(sync=True)
