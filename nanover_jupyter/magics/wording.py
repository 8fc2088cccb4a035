"""Connections, amounts and times in words."""

from __future__ import annotations

import time

from nanover_jupyter.client.connection import Connection
from nanover_jupyter.client.status import Status

__all__ = ["counts", "described", "how_long", "many", "state_of"]


def described(connection: Connection) -> str:
    """How a connection is, in a sentence."""
    client, status = connection.client, connection.status
    since = f"for {how_long(round(time.monotonic() - status.since))}"
    where = f"{connection.name} ({connection.address})"
    if status.state == "connected":
        held = len(client.leases.held_keys())
        locks = f", {many(held, 'lock')} held" if held else ""
        rate = f"{client.health.rate:.0f} updates/s"
        return f"Connected to {where} {since}: {counts(connection)}, {rate}{locks}."
    if status.state == "lost":
        tries = f", tried again {many(status.attempt, 'time')}" if status.attempt else ""
        return f"Lost {where} {since}: {status.reason}{tries}."
    if status.state == "loading":
        return f"Loading the state of {where} {since}{_received(status)}."
    return f"{where} is {status.state}."


def state_of(connection: Connection) -> str:
    """How a connection is, in a few words."""
    status = connection.status
    if status.state == "lost":
        return f"lost for {how_long(round(time.monotonic() - status.since))}, trying again"
    if status.state == "loading":
        return f"loading the state{_received(status)}"
    return status.state


def counts(connection: Connection) -> str:
    """How much there is at the other end."""
    client = connection.client
    commands = many(len(client.available_commands), "command")
    return f"{commands}, {many(client.health.keys, 'key')}"


def _received(status: Status) -> str:
    return "" if status.received is None else f", {status.received / 1e6:.1f} MB so far"


def many(count: int, noun: str) -> str:
    """A number of things."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def how_long(seconds: float) -> str:
    """A time as people say it."""
    if seconds < 0.9995:  # noqa: PLR2004 - would be rounded to 1000 ms
        return f"{seconds * 1000:.0f} ms" if seconds else "0 s"
    if seconds < 10:  # noqa: PLR2004 - where a tenth matters
        return f"{seconds:.2g} s"
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"
