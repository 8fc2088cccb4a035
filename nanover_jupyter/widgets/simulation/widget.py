"""The simulation widget: playback, the molecule, live plots and the current frame."""

from __future__ import annotations

from typing import ClassVar

import traitlets

from nanover_jupyter.widgets.assets import asset
from nanover_jupyter.widgets.molecule.controller import MoleculeController
from nanover_jupyter.widgets.molecule.widget import AtomIndices, MoleculeMixin
from nanover_jupyter.widgets.panel import Panel
from nanover_jupyter.widgets.simulation.controller import SimulationController

__all__ = ["SimulationMixin", "SimulationPanel"]


class SimulationMixin(MoleculeMixin):
    """Traits of the widgets that contain the Simulation tool, which also shows the molecule."""

    own_options: ClassVar[tuple[str, ...]] = (
        "plots",
        "plot_window",
        *MoleculeMixin.own_options,
        "selected_atoms",
    )

    plots = traitlets.List(
        traitlets.Unicode(),
        ["energy.potential", "system.temperature", "energy.kinetic", "energy.user.total"],
        help="The keys of a frame that are plotted, at most eight.",
    ).tag(sync=True)
    plot_window = traitlets.Float(
        60.0, min=0.0, help="The seconds that plots show; 0 for everything recorded."
    ).tag(sync=True)
    selected_atoms = AtomIndices(help="The indices of the selected atoms.").tag(sync=True)


class SimulationPanel(SimulationMixin, Panel):
    """The simulation of one connection: playback, the molecule, live plots, the current frame.

        SimulationPanel(connection)
        SimulationPanel(client, plots=["system.temperature"], plot_window=10)

    Frames are recorded from the moment that the widget is first visible; see
    `NanoverClient.series`.

    Args:
        source: A Connection, or a NanoverClient.
        plots: The keys of a frame that are plotted, such as "energy.kinetic".
        plot_window: The seconds that plots show; 0 for everything recorded.
        representation: How the molecule is drawn, see `MoleculeView`; so are the next ones.
        color_by: A color scheme, or an array.
        camera: Where the view looks from.
        layers: What is drawn around the molecule.
        quality: "automatic", "full", "reduced" or "low".
        selected_atoms: The indices of the selected atoms.
        height: Height of the content in CSS pixels.
    """

    _esm = asset("simulation.js")
    _css = asset("panel.css")
    tools = (SimulationController, MoleculeController)
    own_options: ClassVar[tuple[str, ...]] = SimulationMixin.own_options
