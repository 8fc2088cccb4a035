"""`%nanover commands` and `run`."""

from __future__ import annotations

import time
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.progress_bar import progress
from nanover_jupyter.errors import CommandFailed, NanoverJupyterError
from nanover_jupyter.magics.context import MagicContext, matching
from nanover_jupyter.magics.errors import MagicError, did_you_mean
from nanover_jupyter.magics.line.parser import ParsedLine
from nanover_jupyter.magics.output import Table, count, duration
from nanover_jupyter.text_format import preview
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.values import copy_value

__all__ = ["commands", "run"]


def commands(context: MagicContext, line: ParsedLine) -> None:
    """Run `%nanover commands`."""
    client = context.connection(line).client
    known = client.update_available_commands(timeout=line.options.timeout)
    pattern = line.options.pattern
    names = matching(sorted(known), None if pattern is None else context.expand(pattern))
    found = {name: known[name] for name in names}
    if context.store(line, found):
        return
    if not known:
        context.show_line(line, "This server has no commands.")
        return
    total = count(len(known), "command")
    if not found:
        context.show_line(line, f"None of {total} matches {str(pattern)!r}.")
        return
    rows = [(name, _describe_arguments(info), info.label or "") for name, info in found.items()]
    has_labels = any(label for *_, label in rows)
    heads = ("command", "arguments and defaults", "label")
    context.show(
        line,
        Table(
            f"{len(found)} of {total}:",
            heads if has_labels else heads[:2],
            rows if has_labels else [row[:2] for row in rows],
            below="Run one with %nanover run COMMAND NAME=VALUE.",
        ),
    )


def run(context: MagicContext, line: ParsedLine) -> Any:
    """Run `%nanover run`: a run of the connection, which the palette shows too."""
    name = context.expand(line.options.command)
    arguments = context.assignments(line.options.arguments)
    connection = context.connection(line)
    start = time.perf_counter()
    call = connection.runs.start(name, arguments, timeout=line.options.timeout)
    if call is None:  # cannot happen without a run id
        raise AssertionError
    try:
        with progress(f"Running {name}", line.options.timeout):
            result = copy_value(call.result())
    except CommandFailed as error:
        raise _explain(connection.client, error) from error
    except CancelledError:
        raise MagicError(
            f"Stopped waiting for {name}, as requested in the palette. The command may still be "
            "running on the server."
        ) from None
    except BaseException:
        call.cancel()
        raise
    took = duration(time.perf_counter() - start)
    is_stored = context.store(line, result)
    where = f"; result stored in {line.options.output}" if is_stored else ""
    context.show_line(line, f"Ran {name} in {took}{where}.")
    return None if is_stored else result or None


def _describe_arguments(info: CommandInfo) -> str:
    return ", ".join(f"{name}={preview(value, 30)}" for name, value in info.arguments.items())


def _explain(client: BaseClient, error: CommandFailed) -> CommandFailed | MagicError:
    """Return the error, or a better one if the server has no such command."""
    # The command may have been registered after the list was fetched.
    with suppress(NanoverJupyterError):
        client.update_available_commands()
    known = client.available_commands
    if error.name in known:
        return error
    hint = did_you_mean(error.name, known, "Run %nanover commands for a list.")
    answer = f" (the server answered {error.message!r})" if error.message else ""
    return MagicError(f"Unknown command {error.name!r}{answer}.{hint}")
