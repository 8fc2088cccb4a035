"""Commands and recent runs as static HTML."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from nanover_jupyter.client.commands.docs import Description
from nanover_jupyter.client.commands.runs import Run
from nanover_jupyter.text_format import html_table, preview, visible
from nanover_jupyter.widgets.palette.secrets import hide_secrets
from nanover_jupyter.widgets.static_html import note
from nanover_jupyter.wire.command_info import CommandInfo

__all__ = ["palette_html"]

_MAX_COMMANDS: Final = 60
_MAX_RUNS: Final = 20


def palette_html(
    commands: Sequence[CommandInfo],
    runs: Sequence[Run],
    find: Callable[[str], Description | None] = lambda _: None,
) -> str:
    """Return tables of commands and runs, with the number of further ones; hide secrets.

    Args:
        commands: In the order in which they are shown.
        runs: Newest first.
        find: Returns the documentation of a command.
    """
    return _commands(commands) + (_runs(runs, find) if runs else "")


def _commands(commands: Sequence[CommandInfo]) -> str:
    rows = [
        (visible(command.name), visible(command.label or ""), visible(", ".join(command.arguments)))
        for command in commands[:_MAX_COMMANDS]
    ]
    if not rows:
        return note("No commands")
    left = len(commands) - len(rows)
    more = note(f"… {left} more") if left else ""
    return html_table(("Command", "Label", "Arguments"), rows) + more


def _runs(runs: Sequence[Run], find: Callable[[str], Description | None]) -> str:
    rows = [
        (
            visible(run.name),
            preview(hide_secrets(run.arguments, find(run.name))) if run.arguments else "",
            run.state,
            "" if run.seconds is None else f"{run.seconds:.2f} s",
            visible(str(run.error)) if run.error is not None else preview(run.result),
            datetime.fromtimestamp(run.began).astimezone().isoformat(" ", "seconds"),
        )
        for run in runs[:_MAX_RUNS]
    ]
    left = len(runs) - len(rows)
    more = note(f"… {left} more {'run' if left == 1 else 'runs'}") if left else ""
    return html_table(("Run", "Arguments", "State", "Duration", "Result", "Started"), rows) + more
