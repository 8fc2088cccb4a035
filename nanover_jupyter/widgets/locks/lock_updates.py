"""Sends watched keys, the lock history and release requests to views."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, NamedTuple

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.locks.claims.view import ANOTHER_CLIENT
from nanover_jupyter.client.locks.lease_state import LeaseEvent
from nanover_jupyter.client.locks.watched_keys import WatchedKey
from nanover_jupyter.widgets.locks.holders import (
    UNKNOWN_HOLDER,
    Holder,
    find_holder,
)
from nanover_jupyter.widgets.locks.messages import (
    EventBody,
    LockUpdatesBody,
    RequestBody,
    WatchedBody,
)

__all__ = ["LockUpdates"]

_MAX_EVENTS: Final = 50
_MAX_REQUESTS: Final = 20
_MAX_KEYS: Final = 20


class _Watched(NamedTuple):
    known: WatchedKey
    holder: Holder
    waiting: int


class _Content(NamedTuple):
    """The content of a message, without relative times."""

    watched: list[_Watched]
    history: list[LeaseEvent]
    requests: list[RequestBody]
    name: str


class LockUpdates:
    """Posts `lock_updates` after changes, which are checked at each heartbeat. Thread-safe.

    Changes of watched keys and of the claims of other clients are sent at once.

    Args:
        client: The client with the locks.
        post: Queues a message for the views.
    """

    def __init__(self, client: BaseClient, post: Callable[..., None]) -> None:
        self._client = client
        self._post = post
        # Guards the fields below. Held while posting, so that messages are in order.
        self._guard = threading.Lock()
        self._sent: _Content | None = None
        # Requests that are hidden until they change, by client.
        self._dismissed: dict[str, RequestBody] = {}
        self._unsubscribe = [
            client.locks.watched.subscribe(self.send),
            client.claims.subscribe(self.on_heartbeat),
        ]

    def send_initial(self, client: str) -> None:
        """Send the content to a new view."""
        with self._guard:
            self._post("lock_updates", self._body(self._content()), client=client)

    def on_heartbeat(self) -> None:
        """Send the content to all views if it has changed."""
        with self._guard:
            content = self._content()
            if content != self._sent:
                self._send(content)

    def send(self) -> None:
        """Send the content to all views."""
        with self._guard:
            self._send(self._content())

    def dismiss(self, client: str) -> None:
        """Hide the request of a client until it changes."""
        requests = {request["client"]: request for request in self._requests()}
        if client in requests:
            with self._guard:
                self._dismissed[client] = requests[client]
        self.send()

    def close(self) -> None:
        """Unsubscribe."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()

    def _send(self, content: _Content) -> None:
        """Called with the guard."""
        self._sent = content
        self._post("lock_updates", self._body(content))

    def _content(self) -> _Content:
        """Called with the guard."""
        client = self._client
        requests = self._requests()
        # A client that asks again later is shown again.
        self._dismissed = {
            request["client"]: request
            for request in requests
            if self._dismissed.get(request["client"]) == request
        }
        return _Content(
            watched=[self._watched(known) for known in client.locks.watched.all()],
            history=client.leases.history()[-_MAX_EVENTS:],
            requests=[each for each in requests if each["client"] not in self._dismissed],
            name=client.claims.name,
        )

    def _watched(self, known: WatchedKey) -> _Watched:
        is_elsewhere = known.whose == "someone else's"
        holder = find_holder(self._client, known.key) if is_elsewhere else UNKNOWN_HOLDER
        return _Watched(known, holder, len(self._client.claims.waiting(known.key)))

    def _requests(self) -> list[RequestBody]:
        return [
            RequestBody(
                client=request.client_id,
                name=request.name or ANOTHER_CLIENT,
                message=request.message,
                keys=list(request.keys)[:_MAX_KEYS],
                since=request.since,
            )
            for request in self._client.claims.requests()[:_MAX_REQUESTS]
        ]

    def _body(self, content: _Content) -> LockUpdatesBody:
        now = self._client.leases.clock()
        return LockUpdatesBody(
            watched=[
                WatchedBody(
                    key=known.key,
                    whose=known.whose,
                    since=now - known.since,
                    holder=holder.name,
                    until=holder.until,
                    waiting=waiting,
                )
                for known, holder, waiting in content.watched
            ],
            history=[
                EventBody(key=event.key, kind=event.kind, ago=now - event.at, note=event.note)
                for event in content.history
            ],
            requests=content.requests,
            name=content.name,
        )
