"""`%nanover help`."""

from __future__ import annotations

from nanover_jupyter.magics._desk import Desk
from nanover_jupyter.magics._parse import Order, subcommand_named
from nanover_jupyter.magics._render import Passage
from nanover_jupyter.magics._tables import Table
from nanover_jupyter.magics._usage import explained, listed

__all__ = ["help_"]


def help_(desk: Desk, order: Order) -> None:
    """`%nanover help`."""
    about = order.options.subcommand
    if about is not None:
        desk.show(order, Passage(explained(subcommand_named(about))))
        return
    below = "%nanover help SUBCOMMAND tells its options."
    heads = ("", "%nanover ...", "what it does")
    desk.show(order, Table("What %nanover can do:", heads, listed(), below, code=1))
