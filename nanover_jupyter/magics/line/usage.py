"""What `%nanover` can do, for people to read: made from its grammar."""

from __future__ import annotations

from collections.abc import Iterator

from nanover_jupyter.magics.line.grammar import GROUPS, SUBCOMMANDS, Parameter, Subcommand

__all__ = ["explained", "listed", "markdown", "subcommands"]


def subcommands() -> dict[str, str]:
    """What each subcommand does, in one phrase."""
    return {name: subcommand.about for name, subcommand in SUBCOMMANDS.items()}


def listed() -> list[tuple[str, str, str]]:
    """Every subcommand: its group where that begins, how it is written, what it does."""
    rows = []
    for group in GROUPS:
        head = group
        for subcommand in _of(group):
            line = subcommand.usage.removeprefix("%nanover ")
            rows.append((head, line, subcommand.about))
            head = ""
    return rows


def explained(subcommand: Subcommand) -> str:
    """One subcommand with everything that can stand in its line, as lines of text."""
    cell = f"\n       %%nanover {subcommand.name} [options], at the head of a cell"
    lines = [
        f"usage: {subcommand.usage} [options]{cell if subcommand.takes_body else ''}",
        "",
        subcommand.about,
        "",
    ]
    rows = [
        (parameter.usage, parameter.about) for parameter in (*subcommand.words, *subcommand.options)
    ]
    width = max(len(usage) for usage, _ in rows)
    lines += [f"  {usage:<{width}}  {about}" for usage, about in rows]
    if subcommand.example:
        lines += ["", f"for example: {subcommand.example}"]
    return "\n".join(lines)


def markdown() -> str:
    """Every subcommand with its options, as tables for the documentation."""
    parts = []
    for group in GROUPS:
        rows = [f"| {' | '.join(_row(subcommand))} |" for subcommand in _of(group)]
        parts.append(
            "\n".join(
                [f"**{group}**", "", "| line | what it does | options |", "|---|---|---|", *rows]
            )
        )
    everywhere = ", ".join(f"`{option.usage}` ({option.about})" for option in _common())
    parts.append(f"Every subcommand takes {everywhere}.")
    return "\n\n".join(parts) + "\n"


def _row(subcommand: Subcommand) -> tuple[str, ...]:
    own = [option for option in subcommand.options if option not in _common()]
    options = "<br>".join(f"`{option.usage}` {option.about}" for option in own)
    cells = (f"`{subcommand.usage}`", subcommand.about, options)
    return tuple(cell.replace("|", "\\|") for cell in cells)


def _of(group: str) -> Iterator[Subcommand]:
    return (each for each in SUBCOMMANDS.values() if each.group == group)


def _common() -> tuple[Parameter, ...]:
    return SUBCOMMANDS["help"].options
