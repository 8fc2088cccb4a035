"""Subcommands that show widgets; a terminal, which shows none, gets the same as text."""

from __future__ import annotations

import argparse
from dataclasses import replace

from nanover_jupyter.magics import _connecting, _running, _state
from nanover_jupyter.magics._desk import Desk
from nanover_jupyter.magics._parse import Order
from nanover_jupyter.magics._phrases import how_long
from nanover_jupyter.magics._tables import Table

__all__ = ["inspector", "locks", "palette", "panel"]


def panel(desk: Desk, order: Order) -> None:
    """`%nanover panel`."""
    if not _shown(desk, order, "ControlRoom"):
        _connecting.status(desk, order)


def palette(desk: Desk, order: Order) -> None:
    """`%nanover palette`."""
    if not _shown(desk, order, "CommandPalette"):
        _running.commands(desk, _with(order, pattern=None, output=None))


def inspector(desk: Desk, order: Order) -> None:
    """`%nanover inspector`."""
    if not _shown(desk, order, "StateInspector"):
        _state.state(desk, _with(order, pattern=None, output=None))


def locks(desk: Desk, order: Order) -> None:
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
        for lease in book.leases()
    ]
    if rows:
        desk.show(order, Table("Locks of this client:", ("key", "state", "left", "note"), rows))
    else:
        desk.say(order, "No lock was taken here. %nanover lock KEY takes one.")


def _shown(desk: Desk, order: Order, widget: str) -> bool:
    """Show a widget; False where none can be seen."""
    if not desk.has_page:
        return False
    desk.show(order, desk.panel(desk.connection(order), widget, height=order.options.height))
    return True


def _with(order: Order, **options: object) -> Order:
    return replace(order, options=argparse.Namespace(**{**vars(order.options), **options}))
