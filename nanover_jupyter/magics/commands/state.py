"""Subcommands about the shared state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import islice
from typing import Any, Final

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.errors import NanoverJupyterError, UpdateRefused
from nanover_jupyter.magics.context import MagicContext
from nanover_jupyter.magics.line.cell_body import read_body
from nanover_jupyter.magics.line.parser import MagicSyntaxError, ParsedLine, nearest
from nanover_jupyter.magics.line.patterns import matching
from nanover_jupyter.magics.tables import Table
from nanover_jupyter.magics.wording import many
from nanover_jupyter.text_format import preview
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import ABSENT, copy_value

__all__ = ["get", "set_", "state", "unset", "update"]

_ROWS_LIMIT: Final = 100
# Keys that are looked at to guess which one was meant.
_GUESSES_LIMIT: Final = 2000
_SETTLING_SECONDS: Final = 1.0


def state(desk: MagicContext, order: ParsedLine) -> None:
    """`%nanover state`."""
    client = desk.connection(order).client
    everything = client.keys()
    pattern = None if order.options.pattern is None else desk.text(order.options.pattern)
    keys = sorted(matching(everything, pattern))
    if desk.keep(order, {key: copy_value(client.peek(key)) for key in keys}):
        return
    if not keys:
        told = (
            "The shared state is empty."
            if not everything
            else (f"None of {many(len(everything), 'key')} is like {pattern!r}.")
        )
        desk.say(order, told)
        return
    rows = [(key, preview(client.peek(key))) for key in keys[:_ROWS_LIMIT]]
    left = len(keys) - len(rows)
    below = f"… and {left} more; a pattern narrows it, -o VARIABLE takes all." if left else ""
    above = f"{len(keys)} of {many(len(everything), 'key')}:"
    desk.show(order, Table(above, ("key", "value"), rows, below))


def get(desk: MagicContext, order: ParsedLine) -> Any:
    """`%nanover get`."""
    client = desk.connection(order).client
    key = desk.text(order.options.key)
    value = client.peek(key, ABSENT)
    if value is ABSENT:
        raise _no_key(client, key)
    value = copy_value(value)
    return None if desk.keep(order, value) else value


def set_(desk: MagicContext, order: ParsedLine) -> None:
    """`%nanover set`."""
    key = desk.text(order.options.key)
    value = desk.value(order.options.value.raw)
    with desk.client(order) as client:
        new = client.peek(key, ABSENT) is ABSENT
        _change(client, {key: value}, ())
    desk.say(order, f"Set {key}, which is a new key." if new else f"Set {key}.")


def unset(desk: MagicContext, order: ParsedLine) -> None:
    """`%nanover unset`."""
    keys = [desk.text(key) for key in order.options.keys]
    with desk.client(order) as client:
        for key in keys:
            if client.peek(key, ABSENT) is ABSENT:
                raise _no_key(client, key)
        _change(client, {}, keys)
    desk.say(order, f"Removed {_named(keys)}.")


def update(desk: MagicContext, order: ParsedLine) -> None:
    """`%nanover update` and `%%nanover update`."""
    changes = desk.values(order.options.changes)
    removals = [desk.text(key) for key in order.options.unset]
    if order.body is not None:
        for key, value in read_body(order.body, desk.value).items():
            if key in changes:
                raise MagicSyntaxError(f"{key!r} stands in the first line and in the body")
            changes[key] = value
    both = sorted(set(removals) & set(changes))
    if both:
        raise MagicSyntaxError(f"{both[0]!r} cannot be changed and removed at once")
    if not changes and not removals:
        raise MagicSyntaxError(
            "there is nothing to change: write KEY=VALUE, or begin the cell with "
            "%%nanover update and write one KEY = VALUE a line"
        )
    with desk.client(order) as client:
        _change(client, changes, removals)
    done = [f"changed {_named(changes)}"] if changes else []
    done += [f"removed {_named(removals)}"] if removals else []
    said = " and ".join(done)
    desk.say(order, f"{said[0].upper()}{said[1:]}.")


def _change(client: BaseClient, updates: Mapping[str, Any], removals: Iterable[str]) -> None:
    """Change the state, all of it or nothing.

    Raises:
        UpdateRefused: Someone else holds a lock on one of the keys.
        MistakenLine: A null that this kind of server would take for a removal.
    """
    if not client.capabilities.null_values:
        for key, value in updates.items():
            if value is None:
                raise MagicSyntaxError(
                    f"this server ({client.capabilities.transport}) takes null for a removal: "
                    f"to remove {key!r}, write %nanover unset or --unset"
                )
    removed = set(removals)
    if not client.attempt_update_state(DictionaryChange(updates, removed)):
        raise UpdateRefused([*updates, *removed])
    _settle(client)


def _settle(client: BaseClient) -> None:
    """Let our copy of the state have what was just done, so that the next line sees it."""
    # It was done, whatever comes of this.
    with suppress(NanoverJupyterError):
        client.catch_up(_SETTLING_SECONDS)


def _named(keys: Iterable[str]) -> str:
    listed = list(keys)
    return ", ".join(listed) if len(listed) < 4 else many(len(listed), "key")  # noqa: PLR2004


def _no_key(client: BaseClient, key: str) -> MagicSyntaxError:
    near = nearest(key, islice(client.keys(), _GUESSES_LIMIT))
    hint = f"did you mean {near!r}?" if near else "%nanover state lists what there is."
    return MagicSyntaxError(f"there is no key {key!r}; {hint}")
