"""Subcommands that show widgets; a terminal, which shows none, gets the same as text."""

from __future__ import annotations

import argparse
from dataclasses import replace

from nanover_jupyter.magics.commands import connect as _connecting
from nanover_jupyter.magics.commands import run as _running
from nanover_jupyter.magics.commands import state as _state
from nanover_jupyter.magics.context import MagicContext
from nanover_jupyter.magics.line.parser import ParsedLine
from nanover_jupyter.magics.tables import Table
from nanover_jupyter.magics.wording import how_long

__all__ = ["inspector", "locks", "palette", "panel"]


def panel(desk: MagicContext, order: ParsedLine) -> None:
    """`%nanover panel`."""
    if not _shown(desk, order, "ControlRoom"):
        _connecting.status(desk, order)


def palette(desk: MagicContext, order: ParsedLine) -> None:
    """`%nanover palette`."""
    if not _shown(desk, order, "CommandPalette"):
        _running.commands(desk, _with(order, pattern=None, output=None))


def inspector(desk: MagicContext, order: ParsedLine) -> None:
    """`%nanover inspector`."""
    if not _shown(desk, order, "StateInspector"):
        _state.state(desk, _with(order, pattern=None, output=None))


def locks(desk: MagicContext, order: ParsedLine) -> None:
    """`%nanover locks`."""
    if _shown(desk, order, "LockManager"):
        return
    book = desk.connection(order).client.leases
    now = book.clock()
    rows = [
        (
            lease.key,
            lease.state,
            "" if (left := lease.left(now)) is None else how_long(left),
            lease.note,
        )
        for lease in book.rows()
    ]
    if rows:
        desk.show(order, Table("Locks of this client:", ("key", "state", "left", "note"), rows))
    else:
        desk.say(order, "No lock was taken here. %nanover lock KEY takes one.")


def _shown(desk: MagicContext, order: ParsedLine, widget: str) -> bool:
    """Show a widget; False where none can be seen."""
    if not desk.has_page:
        return False
    desk.show(order, desk.panel(desk.connection(order), widget, height=order.options.height))
    return True


def _with(order: ParsedLine, **options: object) -> ParsedLine:
    return replace(order, options=argparse.Namespace(**{**vars(order.options), **options}))
