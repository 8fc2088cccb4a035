"""The subcommand that confirms a project's `nanover.toml`."""

from __future__ import annotations

from typing import Final

from nanover_jupyter.magics import config as _config
from nanover_jupyter.magics import trusted_files as _trust
from nanover_jupyter.magics.context import MagicContext
from nanover_jupyter.magics.line.parser import MagicSyntaxError, ParsedLine
from nanover_jupyter.magics.text_block import TextBlock
from nanover_jupyter.text_format import visible

__all__ = ["trust"]

# Longer than any line that a file of the largest size could ask for.
_LONGEST_LINE: Final = 2_000_000
_WIDEST_COLUMN: Final = 40


def trust(desk: MagicContext, order: ParsedLine) -> None:
    """`%nanover trust`."""
    show, revoke = order.options.show, order.options.revoke
    if show and revoke:
        raise MagicSyntaxError("%nanover trust takes one of --show and --revoke, not both")
    # Read once: what is shown, what is remembered and what is used later are the same bytes.
    project = _config.project_file()
    if project is None:
        desk.say(order, "There is no nanover.toml of a project in this folder or above it.")
        return
    if revoke:
        was = _trust.revoke(project.path)
        desk.say(order, f"{project.path} is not trusted{' any more' if was else ''}.")
        return
    requests = _config.requests_of(project)
    if not requests:
        desk.say(order, f"{project.path} asks for nothing that needs trust.")
        return
    if show:
        is_trusted = project.is_trusted
        title = f"{project.path} is {'' if is_trusted else 'not '}trusted. It asks for this:"
        below = "" if is_trusted else "To allow all of this, run %nanover trust."
    else:
        project.trust()
        title = f"{project.path} is trusted now. It asks for this:"
        below = (
            "Any change to the file or to a certificate file that it names ends the trust, and "
            "so does %nanover trust --revoke."
        )
    # A text and not a table, whose cells are cut: all of it counts.
    width = min(_WIDEST_COLUMN, max(len(where) for where, _ in requests))
    lines = [title, *(f"  {where:<{width}}  {what}" for where, what in requests), below]
    shown = "\n".join(visible(line, _LONGEST_LINE) for line in lines if line)
    desk.show(order, TextBlock(shown))
