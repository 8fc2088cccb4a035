"""What the palette asks and is told; see `_messages.py` for the envelope around it."""

from __future__ import annotations

from typing import Any, Final, TypedDict

from nanover_jupyter.widgets._messages import EmptyBody


class RunBody(TypedDict):
    """Runs a command. Arguments are in page form. Result: `RunResult`."""

    name: str
    arguments: dict[str, Any]


class RunResult(TypedDict):
    """What the command returned, in page form, and how long the client waited."""

    result: Any
    seconds: float


class CommandBody(TypedDict):
    """One command with its default arguments in page form."""

    name: str
    arguments: dict[str, Any]
    label: str | None
    icon: str | None


class CommandsBody(TypedDict):
    """All commands, or why they could not be listed (`commands` then is the old list)."""

    commands: list[CommandBody]
    error: str | None


BODIES: Final[dict[str, Any]] = {
    "refresh_commands": EmptyBody,
    "run": RunBody,
    "commands": CommandsBody,
}
"""The type of each body by `op`."""
