"""`%nanover state`, `get`, `set`, `unset` and `update`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import islice
from typing import Any, Final

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.errors import NanoverJupyterError, UpdateRefused
from nanover_jupyter.magics.context import MagicContext, matching
from nanover_jupyter.magics.errors import MagicError, did_you_mean
from nanover_jupyter.magics.line.parser import ParsedLine
from nanover_jupyter.magics.line.values import read_body
from nanover_jupyter.magics.output import Table, count
from nanover_jupyter.text_format import preview
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import ABSENT, copy_value

__all__ = ["get", "set_", "state", "unset", "update"]

_MAX_ROWS: Final = 100
_MAX_KEYS_NAMED: Final = 3
# Keys to compare with a misspelled one.
_MAX_SUGGESTION_KEYS: Final = 2000
_CATCH_UP_SECONDS: Final = 1.0


def state(context: MagicContext, line: ParsedLine) -> None:
    """Run `%nanover state`."""
    client = context.connection(line).client
    known = client.keys()
    pattern = None if line.options.pattern is None else context.expand(line.options.pattern)
    keys = sorted(matching(known, pattern))
    if context.store(line, {key: copy_value(client.peek(key)) for key in keys}):
        return
    if not known:
        context.show_line(line, "The shared state is empty.")
        return
    total = count(len(known), "key")
    if not keys:
        context.show_line(line, f"None of {total} matches {pattern!r}.")
        return
    rows = [(key, preview(client.peek(key))) for key in keys[:_MAX_ROWS]]
    left = len(keys) - len(rows)
    below = f"… and {left} more. Use a pattern, or -o VARIABLE to get all." if left else ""
    context.show(line, Table(f"{len(keys)} of {total}:", ("key", "value"), rows, below))


def get(context: MagicContext, line: ParsedLine) -> Any:
    """Run `%nanover get`."""
    client = context.connection(line).client
    key = context.expand(line.options.key)
    value = client.peek(key, ABSENT)
    if value is ABSENT:
        raise _unknown_key(client, key)
    value = copy_value(value)
    return None if context.store(line, value) else value


def set_(context: MagicContext, line: ParsedLine) -> None:
    """Run `%nanover set`."""
    client = context.connection(line).client
    key = context.expand(line.options.key)
    value = context.value(line.options.value.raw)
    is_new = client.peek(key, ABSENT) is ABSENT
    _change(client, {key: value}, (), line)
    context.show_line(line, f"Set {key}, which is a new key." if is_new else f"Set {key}.")


def unset(context: MagicContext, line: ParsedLine) -> None:
    """Run `%nanover unset`."""
    client = context.connection(line).client
    keys = [context.expand(key) for key in line.options.keys]
    for key in keys:
        if client.peek(key, ABSENT) is ABSENT:
            raise _unknown_key(client, key)
    _change(client, {}, keys, line)
    context.show_line(line, f"Removed {_list_keys(keys)}.")


def update(context: MagicContext, line: ParsedLine) -> None:
    """Run `%nanover update` and `%%nanover update`."""
    changes = context.assignments(line.options.changes)
    removals = [context.expand(key) for key in line.options.unset]
    if line.body is not None:
        for key, value in read_body(line.body, context.value).items():
            if key in changes:
                raise MagicError(f"{key!r} is set in the first line and in the cell body.")
            changes[key] = value
    both = sorted(set(removals) & set(changes))
    if both:
        raise MagicError(f"{both[0]!r} is both set and removed. Do one of the two.")
    if not changes and not removals:
        raise MagicError(
            "Nothing to change. Write KEY=VALUE, or start the cell with %%nanover update and "
            "write one KEY = VALUE per line."
        )
    _change(context.connection(line).client, changes, removals, line)
    done = [f"Changed {_list_keys(changes)}."] if changes else []
    done += [f"Removed {_list_keys(removals)}."] if removals else []
    context.show_line(line, " ".join(done))


def _change(
    client: BaseClient, updates: Mapping[str, Any], removals: Iterable[str], line: ParsedLine
) -> None:
    """Change the shared state in one update.

    Raises:
        UpdateRefused: Another client holds a lock on one of the keys.
        MagicError: A value is null, which a server of this kind would take for a removal.
    """
    if not client.capabilities.null_values:
        for key, value in updates.items():
            if value is None:
                raise MagicError(
                    f"This server ({client.capabilities.transport}) treats null as a removal. "
                    f"To remove {key!r}, use %nanover unset or --unset."
                )
    removed = set(removals)
    change = DictionaryChange(updates, removed)
    if not client.attempt_update_state(change, timeout=line.options.timeout):
        raise UpdateRefused([*updates, *removed])
    # So that the next line sees the change. The update itself has succeeded.
    with suppress(NanoverJupyterError):
        client.catch_up(_CATCH_UP_SECONDS)


def _list_keys(keys: Iterable[str]) -> str:
    listed = list(keys)
    return ", ".join(listed) if len(listed) <= _MAX_KEYS_NAMED else count(len(listed), "key")


def _unknown_key(client: BaseClient, key: str) -> MagicError:
    keys = islice(client.keys(), _MAX_SUGGESTION_KEYS)
    hint = did_you_mean(key, keys, "Run %nanover state for a list.")
    return MagicError(f"Unknown key {key!r}.{hint}")
