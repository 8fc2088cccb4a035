"""`%nanover help`, and the same text for the documentation."""

from __future__ import annotations

from collections.abc import Iterator

from nanover_jupyter.magics.context import MagicContext
from nanover_jupyter.magics.line.parser import ParsedLine, subcommand_named
from nanover_jupyter.magics.line.subcommands import SUBCOMMANDS, Subcommand, syntax
from nanover_jupyter.magics.output import Table, TextBlock

__all__ = ["help_", "help_rows", "help_text", "markdown_reference"]


def help_(context: MagicContext, line: ParsedLine) -> None:
    """Run `%nanover help`."""
    name = line.options.subcommand
    if name is not None:
        context.show(line, TextBlock(help_text(subcommand_named(name))))
        return
    below = "%nanover help SUBCOMMAND shows its options."
    heads = ("", "%nanover ...", "description")
    context.show(line, Table("Subcommands of %nanover:", heads, help_rows(), below, code=1))


def help_rows() -> list[tuple[str, str, str]]:
    """Return the group (in its first row only), syntax and summary of each subcommand."""
    rows = []
    for group, subcommands in _groups():
        for index, subcommand in enumerate(subcommands):
            syntax_ = subcommand.syntax.removeprefix("%nanover ")
            rows.append(("" if index else group, syntax_, subcommand.summary))
    return rows


def help_text(subcommand: Subcommand) -> str:
    """Return the help of a subcommand with all its arguments."""
    lines = [f"usage: {subcommand.syntax} [options]"]
    if subcommand.takes_body:
        lines.append(f"       %%nanover {subcommand.name} [options], as the first line of a cell")
    lines += ["", subcommand.summary, ""]
    rows = [(syntax(argument), argument.help) for argument in subcommand.arguments]
    width = max(len(written) for written, _ in rows)
    lines += [f"  {written:<{width}}  {about}" for written, about in rows]
    if subcommand.example:
        lines += ["", f"example: {subcommand.example}"]
    return "\n".join(lines)


def markdown_reference() -> str:
    """Return tables of all subcommands with their options."""
    parts = []
    for group, subcommands in _groups():
        rows = [f"| {' | '.join(_markdown_cells(subcommand))} |" for subcommand in subcommands]
        head = [f"**{group}**", "", "| line | description | options |", "|---|---|---|"]
        parts.append("\n".join([*head, *rows]))
    common = ", ".join(f"`{written}` ({about})" for written, about in _common_options())
    parts.append(f"Every subcommand takes {common}.")
    return "\n\n".join(parts) + "\n"


def _markdown_cells(subcommand: Subcommand) -> tuple[str, ...]:
    common = _common_options()
    options = [(syntax(option), option.help) for option in subcommand.options]
    own = "<br>".join(f"`{row[0]}` {row[1]}" for row in options if row not in common)
    cells = (f"`{subcommand.syntax}`", subcommand.summary, own)
    return tuple(cell.replace("|", "\\|") for cell in cells)


def _groups() -> Iterator[tuple[str, list[Subcommand]]]:
    groups: dict[str, list[Subcommand]] = {}
    for subcommand in SUBCOMMANDS.values():
        groups.setdefault(subcommand.group, []).append(subcommand)
    return iter(groups.items())


def _common_options() -> list[tuple[str, str | None]]:
    """Return the options that have the same meaning in every subcommand."""
    return [(syntax(option), option.help) for option in SUBCOMMANDS["help"].options]
