"""Sends watched keys, the lock history and release requests to views."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.locks.claims.view import ReleaseRequest
from nanover_jupyter.client.locks.lease_state import LeaseEvent
from nanover_jupyter.client.locks.watched_keys import WatchedKey
from nanover_jupyter.widgets.locks.messages import (
    EventBody,
    LockUpdatesBody,
    RequestBody,
    WatchedBody,
)

__all__ = ["LockUpdates"]

_MAX_EVENTS: Final = 50


class _Content(NamedTuple):
    """The content of a message, without relative times."""

    watched: list[WatchedKey]
    holders: dict[str, str]
    history: list[LeaseEvent]
    requests: list[ReleaseRequest]
    announced: tuple[str, str] | None


class LockUpdates:
    """Posts `lock_updates` after changes, which are checked at each heartbeat. Thread-safe.

    Changes of watched keys and new release requests are sent at once.

    Args:
        client: The client with the locks.
        post: Queues a message for the views.
    """

    def __init__(self, client: BaseClient, post: Callable[..., None]) -> None:
        self._client = client
        self._post = post
        self._sent: _Content | None = None
        self._unsubscribe = [
            client.locks.watched.subscribe(self.send),
            client.claims.subscribe(self.send),
        ]

    def send_initial(self, client: str) -> None:
        """Send the content to a new view."""
        self._post("lock_updates", self._body(self._content()), client=client)

    def on_heartbeat(self) -> None:
        """Send changes for which there are no callbacks."""
        content = self._content()
        if content != self._sent:
            self._send(content)

    def send(self) -> None:
        """Send the content to all views."""
        self._send(self._content())

    def close(self) -> None:
        """Unsubscribe."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()

    def _send(self, content: _Content) -> None:
        self._sent = content
        self._post("lock_updates", self._body(content))

    def _content(self) -> _Content:
        client = self._client
        return _Content(
            watched=client.locks.watched.all(),
            holders=self._holders(),
            history=client.leases.history()[-_MAX_EVENTS:],
            requests=client.claims.requests(),
            announced=(client.claims.name, ""),
        )

    def _holders(self) -> dict[str, str]:
        """Return the holders of watched keys by key, as far as they are known."""
        watched = self._client.locks.watched.keys()
        if not watched:
            return {}
        holders = {key: self._client.claims.holder(key) for key in watched}
        return {key: each.name for key, each in holders.items() if each is not None}

    def _body(self, content: _Content) -> LockUpdatesBody:
        now = self._client.leases.clock()
        return LockUpdatesBody(
            watched=[
                WatchedBody(
                    key=known.key,
                    whose=known.whose,
                    since=now - known.since,
                    holder=(
                        content.holders.get(known.key, "")
                        if known.whose == "someone else's"
                        else ""
                    ),
                )
                for known in content.watched
            ],
            history=[
                EventBody(key=event.key, kind=event.kind, ago=now - event.at, note=event.note)
                for event in content.history
            ],
            requests=[
                RequestBody(
                    asker=ask.client_id, by=ask.name, message=ask.message, keys=list(ask.keys)
                )
                for ask in content.requests
            ],
            by=None if content.announced is None else content.announced[0],
        )
