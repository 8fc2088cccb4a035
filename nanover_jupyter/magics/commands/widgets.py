"""The subcommands that show widgets. In a terminal, they print text."""

from __future__ import annotations

import argparse
from dataclasses import replace

from nanover_jupyter.magics.commands.connections import status
from nanover_jupyter.magics.commands.frame import frame
from nanover_jupyter.magics.commands.run import commands
from nanover_jupyter.magics.commands.state import state
from nanover_jupyter.magics.context import MagicContext
from nanover_jupyter.magics.line.parser import ParsedLine

__all__ = ["inspector", "palette", "panel", "show_panel", "simulation", "view"]


def panel(context: MagicContext, line: ParsedLine) -> None:
    """Run `%nanover panel`."""
    if not show_panel(context, line, "ControlRoom"):
        status(context, line)


def simulation(context: MagicContext, line: ParsedLine) -> None:
    """Run `%nanover simulation`."""
    if not show_panel(context, line, "SimulationPanel"):
        frame(context, _without_arguments(line))


def view(context: MagicContext, line: ParsedLine) -> None:
    """Run `%nanover view`."""
    if not show_panel(context, line, "MoleculeView"):
        frame(context, _without_arguments(line))


def palette(context: MagicContext, line: ParsedLine) -> None:
    """Run `%nanover palette`."""
    if not show_panel(context, line, "CommandPalette"):
        commands(context, _without_arguments(line))


def inspector(context: MagicContext, line: ParsedLine) -> None:
    """Run `%nanover inspector`."""
    if not show_panel(context, line, "StateInspector"):
        state(context, _without_arguments(line))


def show_panel(context: MagicContext, line: ParsedLine, widget: str) -> bool:
    """Show a widget; return False in a terminal, which cannot show one."""
    if not context.has_frontend:
        return False
    connection = context.connection(line)
    context.show(line, context.panel(connection, widget, height=line.options.height))
    return True


def _without_arguments(line: ParsedLine) -> ParsedLine:
    """Return a line for a subcommand that lists everything."""
    options = {**vars(line.options), "pattern": None, "key": None, "output": None}
    return replace(line, options=argparse.Namespace(**options))
