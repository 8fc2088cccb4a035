"""The control room: all tools as tabs of one widget."""

from __future__ import annotations

from typing import ClassVar

import traitlets

from nanover_jupyter.widgets.assets import asset
from nanover_jupyter.widgets.inspector.controller import InspectorController
from nanover_jupyter.widgets.inspector.widget import InspectorMixin
from nanover_jupyter.widgets.locks.controller import LocksController
from nanover_jupyter.widgets.molecule.controller import MoleculeController
from nanover_jupyter.widgets.palette.controller import PaletteController
from nanover_jupyter.widgets.panel import Panel
from nanover_jupyter.widgets.simulation.controller import SimulationController
from nanover_jupyter.widgets.simulation.widget import SimulationMixin

__all__ = ["ControlRoom"]


class ControlRoom(SimulationMixin, InspectorMixin, Panel):
    """Simulation with the molecule, inspector, command palette and lock manager of a connection.

        ControlRoom(connection)
        ControlRoom(client, tool="palette", height=600)

    Args:
        source: A Connection, or a NanoverClient.
        tool: The initial tab: "simulation", "inspector", "palette" or "locks".
        plots: The keys of a frame that are plotted, such as "energy.kinetic".
        plot_window: The seconds that plots show; 0 for everything recorded.
        representation: How the molecule is drawn, see `MoleculeView`; so are the next ones.
        color_by: A color scheme, or an array.
        camera: Where the view looks from.
        layers: What is drawn around the molecule.
        quality: "automatic", "full", "reduced" or "low".
        selected_atoms: The indices of the selected atoms.
        query: The initial search text of the inspector.
        selected: The key that is selected in the inspector at first.
        pins: Keys or branches that the inspector keeps at the top.
        sort: The order of the inspector: "name", "changed" or "rate".
        mute: Changes per second above which the inspector collapses a branch; 0 for never.
        command_query: The initial search text of the palette.
        selected_command: The command whose form is open at first.
        height: Height of the content in CSS pixels.
    """

    _esm = asset("control_room.js")
    _css = asset("panel.css")
    tools = (
        SimulationController,
        MoleculeController,
        InspectorController,
        PaletteController,
        LocksController,
    )
    own_options: ClassVar[tuple[str, ...]] = (
        *SimulationMixin.own_options,
        *InspectorMixin.own_options,
        "command_query",
        "selected_command",
    )

    command_query = traitlets.Unicode("", help="The search text of the palette.").tag(sync=True)
    selected_command = traitlets.Unicode(
        None, allow_none=True, help="The command whose form is open."
    ).tag(sync=True)
