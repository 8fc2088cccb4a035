"""Subcommands about commands of the server."""

from __future__ import annotations

import json
import time
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.progress_bar import progress
from nanover_jupyter.errors import CommandFailed, NanoverJupyterError
from nanover_jupyter.magics.context import MagicContext
from nanover_jupyter.magics.line.parser import MagicSyntaxError, ParsedLine, nearest
from nanover_jupyter.magics.line.patterns import matching
from nanover_jupyter.magics.tables import Table
from nanover_jupyter.magics.wording import how_long, many
from nanover_jupyter.text_format import preview
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.values import copy_value

__all__ = ["commands", "run"]


def commands(desk: MagicContext, order: ParsedLine) -> None:
    """`%nanover commands`."""
    with desk.client(order) as client:
        known = client.update_available_commands()
    pattern = order.options.pattern
    names = matching(sorted(known), None if pattern is None else desk.text(pattern))
    found = {name: known[name] for name in names}
    if desk.keep(order, found):
        return
    if not found:
        told = (
            "This server has no commands."
            if not known
            else (f"None of {many(len(known), 'command')} is like {str(pattern)!r}.")
        )
        desk.say(order, told)
        return
    rows = [(name, _arguments(info), info.label or "") for name, info in found.items()]
    labelled = any(label for *_, label in rows)
    heads = ("command", "arguments and defaults", "label")
    desk.show(
        order,
        Table(
            f"{len(found)} of {many(len(known), 'command')}:",
            heads if labelled else heads[:2],
            rows if labelled else [row[:2] for row in rows],
            below="%nanover run COMMAND NAME=VALUE runs one.",
        ),
    )


def run(desk: MagicContext, order: ParsedLine) -> Any:
    """`%nanover run`: one of the connection's runs, which the palette shows too."""
    name = desk.text(order.options.command)
    arguments = desk.values(order.options.arguments)
    runs = desk.connection(order).runs
    begun = time.perf_counter()
    with desk.client(order) as client:
        call = runs.start(name, arguments)
        if call is None:  # only for a run of a known id
            raise AssertionError
        try:
            with progress(f"Running {name}", order.options.timeout):
                result = copy_value(call.result())
        except CommandFailed as error:
            raise _explained(client, error) from error
        except CancelledError:
            raise MagicSyntaxError(
                f"{name} is not waited for any more, as somebody said in the palette; "
                "the server may go on with it"
            ) from None
        except BaseException:
            call.cancel()
            raise
    took = how_long(time.perf_counter() - begun)
    kept = desk.keep(order, result)
    where = f"; its result is in {order.options.output}" if kept else ""
    desk.say(order, f"Ran {name} in {took}{where}.")
    return None if kept else result or None


def _arguments(info: CommandInfo) -> str:
    return ", ".join(f"{name}={preview(value, 30)}" for name, value in info.arguments.items())


def _explained(client: BaseClient, error: CommandFailed) -> CommandFailed | MagicSyntaxError:
    """The error, or a better one where the server has no such command."""
    # It may have come since the list was fetched.
    with suppress(NanoverJupyterError):
        client.update_available_commands()
    known = client.available_commands
    if error.name in known:
        return error
    near = nearest(error.name, known)
    hint = f"did you mean {near}?" if near else "%nanover commands lists what there is."
    said = json.dumps(error.message, ensure_ascii=False) if error.message else "nothing"
    return MagicSyntaxError(
        f"the server listed no command {error.name!r} and answers {said}; {hint}"
    )
