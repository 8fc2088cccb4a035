"""Jupyter widgets: the only package that imports anywidget and ipywidgets."""

from __future__ import annotations

from nanover_jupyter.widgets.control_room import ControlRoom
from nanover_jupyter.widgets.controls.command_button import CommandButton, command_button
from nanover_jupyter.widgets.controls.interactive_controls import (
    InteractiveControls,
    interactive_controls,
)
from nanover_jupyter.widgets.inspector.widget import StateInspector
from nanover_jupyter.widgets.locks.widget import LockManager
from nanover_jupyter.widgets.molecule.widget import MoleculeView
from nanover_jupyter.widgets.palette.widget import CommandPalette
from nanover_jupyter.widgets.simulation.widget import SimulationPanel

__all__ = [
    "CommandButton",
    "CommandPalette",
    "ControlRoom",
    "InteractiveControls",
    "LockManager",
    "MoleculeView",
    "SimulationPanel",
    "StateInspector",
    "command_button",
    "interactive_controls",
]
