"""Names of the clients that hold keys, for people."""

from __future__ import annotations

import time
from typing import Final, NamedTuple

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.locks.claims.view import ANOTHER_CLIENT
from nanover_jupyter.client.locks.lease_state import LeaseRow
from nanover_jupyter.errors import LockRefused

__all__ = [
    "UNKNOWN_HOLDER",
    "Holder",
    "find_holder",
    "holder_of_refusal",
    "owner_text",
]


class Holder(NamedTuple):
    """A client that holds a key.

    Attributes:
        name: Its name; empty if it is unknown who holds the key, or whether anyone does.
        until: When it expects to release the key, in seconds since 1970; None if unknown.
        since: Since when it has held the key, likewise.
    """

    name: str
    until: float | None
    since: float | None = None


UNKNOWN_HOLDER: Final = Holder("", None)


def find_holder(client: BaseClient, key: str) -> Holder:
    """Return the other client that holds a key, as far as it is known."""
    claim = client.claims.holder(key)
    if claim is None:
        return UNKNOWN_HOLDER
    return Holder(claim.name or ANOTHER_CLIENT, claim.until, claim.since or None)


def holder_of_refusal(client: BaseClient, refusal: LockRefused) -> Holder:
    """Return the client that holds one of the refused keys, as far as it is known."""
    holders = (find_holder(client, key) for key in refusal.keys)
    # It may have released the key since.
    return next((each for each in holders if each.name), Holder(refusal.holder, None))


def owner_text(client: BaseClient, row: LeaseRow) -> str:
    """Return who holds the key of a row, as a phrase; empty if unknown."""
    if row.is_held:
        return "you"
    holder = UNKNOWN_HOLDER if row.state == "released" else find_holder(client, row.key)
    if holder.until is None or holder.until <= time.time():
        return holder.name
    until = time.strftime("%H:%M", time.localtime(holder.until))
    return f"{holder.name} until {until}"
