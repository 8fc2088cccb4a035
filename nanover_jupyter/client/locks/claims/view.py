"""Who holds and who waits for locks, as clients publish it in the shared state."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from nanover_jupyter.client.listeners import Unsubscribe
from nanover_jupyter.client.locks.options import check_keys
from nanover_jupyter.client.locks.table import LeaseTable
from nanover_jupyter.client.state.change_feed import ChangeCallback
from nanover_jupyter.text_format import visible
from nanover_jupyter.wire.claims import LOCK_PREFIX, ClaimState
from nanover_jupyter.wire.messages import DictionaryChange

if TYPE_CHECKING:
    from nanover_jupyter.client.locks.claims.board import ClaimBoard
    from nanover_jupyter.client.locks.claims.peers import PeerClaim

__all__ = ["ANOTHER_CLIENT", "KeyClaim", "LockClaims", "ReleaseRequest", "describe_holder"]

ANOTHER_CLIENT: Final = "another client"
"""Stands for the name of a client that has none."""


@dataclass(frozen=True, slots=True)
class KeyClaim:
    """A claim of another client on a key.

    Attributes:
        key: The key.
        client_id: Identifies the client.
        name: Its name for people; may be empty.
        state: `asking`, `held` or `waiting`.
        since: When it began, in seconds since 1970 by the clock of the client.
        until: When the client will release the key, likewise; None if it has not said.
        note: Its message; may be empty.
        enforced: Whether the server refuses changes of the key by others.
    """

    key: str
    client_id: str
    name: str
    state: ClaimState
    since: float
    until: float | None
    note: str
    enforced: bool


@dataclass(frozen=True, slots=True)
class ReleaseRequest:
    """Another client that waits for keys that we hold.

    Attributes:
        client_id: Identifies the client.
        name: Its name for people; may be empty.
        message: Its message to us; may be empty.
        keys: The keys, of those that we hold.
        since: Since when it waits, in seconds since 1970 by its clock.
    """

    client_id: str
    name: str
    message: str
    keys: tuple[str, ...]
    since: float


class LockClaims:
    """Who holds and who waits for locks, and our name for others. Thread-safe.

        client.claims.name = "Anna's notebook"
        client.claims.holder("scene")
        client.claims.request_release("scene", "I need it for a minute")

    Other clients are known as far as they follow the convention of cooperative locks, and once
    the client is subscribed to the shared state.
    """

    def __init__(
        self,
        board: ClaimBoard,
        table: LeaseTable,
        subscribe: Callable[[ChangeCallback], Unsubscribe],
    ) -> None:
        self._board = board
        self._table = table
        self._subscribe = subscribe

    @property
    def name(self) -> str:
        """Our name for other clients; by default that of the connection."""
        return self._board.name

    @name.setter
    def name(self, name: str) -> None:
        self._board.name = name

    def holder(self, key: str) -> KeyClaim | None:
        """Return the claim of the client that holds a key or is about to; None if unknown."""
        return next((each for each in self._claims(key) if each.state != "waiting"), None)

    def waiting(self, key: str) -> list[KeyClaim]:
        """Return the claims of the clients that wait for a key, longest first."""
        found = [each for each in self._claims(key) if each.state == "waiting"]
        return sorted(found, key=lambda each: (each.since, each.client_id))

    def requests(self) -> list[ReleaseRequest]:
        """Return the clients that wait for keys that we hold, longest first."""
        by_client: dict[str, list[KeyClaim]] = {}
        for key in self._table.held_keys():
            for each in self.waiting(key):
                by_client.setdefault(each.client_id, []).append(each)
        requests = [
            ReleaseRequest(
                client_id,
                claims[0].name,
                next((each.note for each in claims if each.note), ""),
                tuple(each.key for each in claims),
                min(each.since for each in claims),
            )
            for client_id, claims in by_client.items()
        ]
        return sorted(requests, key=lambda each: (each.since, each.client_id))

    def request_release(self, keys: str | Iterable[str], message: str = "") -> list[str]:
        """Ask the holders of keys to release them. They see it and may ignore it.

        The request ends when the key is free, or after two minutes.

        Args:
            keys: A key or several.
            message: A message to the holders.

        Returns:
            The keys whose holders are known.

        Raises:
            InvalidArgument: (a ValueError) No keys.
            NanoverJupyterError: ConnectError, ConnectionLost, TimedOut or ClosedError.
        """
        return self._board.request_release(check_keys(keys), message)

    def subscribe(self, callback: Callable[[], object]) -> Unsubscribe:
        """Call `callback()` after claims changed, on the thread `nanover-changes`.

        Subscribes to the shared state. Returns a function that ends the subscription.
        """

        def on_change(change: DictionaryChange) -> None:
            if change.may_change(LOCK_PREFIX):
                callback()

        return self._subscribe(on_change)

    def _claims(self, key: str) -> list[KeyClaim]:
        found = sorted(self._board.on_key(key), key=_is_offered)
        return [_key_claim(key, each) for each in found]


def describe_holder(board: ClaimBoard, keys: Iterable[str]) -> str:
    """Return who holds one of the keys, as a phrase; empty if unknown."""
    # A key that is handed over has two claims for a while.
    claims = sorted((each for _, each in board.blocking(keys)), key=_is_offered)
    for each in claims[:1]:
        name = visible(each.name) or ANOTHER_CLIENT
        until = each.claim.until
        if until is None:
            return name
        return f"{name} (until {time.strftime('%H:%M:%S', time.localtime(until))})"
    return ""


def _is_offered(each: PeerClaim) -> bool:
    return bool(each.claim.offer)


def _key_claim(key: str, each: PeerClaim) -> KeyClaim:
    claim = each.claim
    return KeyClaim(
        key,
        each.client_id,
        each.name,
        claim.state,
        claim.since,
        claim.until,
        claim.note,
        claim.enforced,
    )
