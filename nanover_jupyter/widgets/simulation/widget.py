"""The simulation widget: playback, live plots and the fields of the current frame."""

from __future__ import annotations

from typing import ClassVar

import traitlets

from nanover_jupyter.widgets.assets import asset
from nanover_jupyter.widgets.panel import Panel
from nanover_jupyter.widgets.simulation.controller import SimulationController

__all__ = ["SimulationMixin", "SimulationPanel"]


class SimulationMixin(traitlets.HasTraits):
    """Traits of the widgets that contain the Simulation tool."""

    own_options: ClassVar[tuple[str, ...]] = ("plots", "plot_window")

    plots = traitlets.List(
        traitlets.Unicode(),
        ["energy.potential", "system.temperature", "energy.kinetic", "energy.user.total"],
        help="The keys of a frame that are plotted, at most eight.",
    ).tag(sync=True)
    plot_window = traitlets.Float(
        60.0, min=0.0, help="The seconds that plots show; 0 for everything recorded."
    ).tag(sync=True)


class SimulationPanel(SimulationMixin, Panel):
    """The simulation of one connection: playback, live plots and the current frame.

        SimulationPanel(connection)
        SimulationPanel(client, plots=["system.temperature"], plot_window=10)

    Frames are recorded from the moment that the widget is first visible; see
    `NanoverClient.series`.

    Args:
        source: A Connection, or a NanoverClient.
        plots: The keys of a frame that are plotted, such as "energy.kinetic".
        plot_window: The seconds that plots show; 0 for everything recorded.
        height: Height of the content in CSS pixels.
    """

    _esm = asset("simulation.js")
    _css = asset("panel.css")
    tools = (SimulationController,)
    own_options: ClassVar[tuple[str, ...]] = SimulationMixin.own_options
