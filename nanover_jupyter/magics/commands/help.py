"""`%nanover help`."""

from __future__ import annotations

from nanover_jupyter.magics.context import MagicContext
from nanover_jupyter.magics.line.parser import ParsedLine, subcommand_named
from nanover_jupyter.magics.line.usage import explained, listed
from nanover_jupyter.magics.tables import Table
from nanover_jupyter.magics.text_block import TextBlock

__all__ = ["help_"]


def help_(desk: MagicContext, order: ParsedLine) -> None:
    """`%nanover help`."""
    about = order.options.subcommand
    if about is not None:
        desk.show(order, TextBlock(explained(subcommand_named(about))))
        return
    below = "%nanover help SUBCOMMAND tells its options."
    heads = ("", "%nanover ...", "what it does")
    desk.show(order, Table("What %nanover can do:", heads, listed(), below, code=1))
