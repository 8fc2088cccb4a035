"""Tells views what else there is to know about locks: watched keys, history, requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from nanover_jupyter.client.core import ClientCore
from nanover_jupyter.widgets._lock_messages import (
    EventBody,
    LockNewsBody,
    RequestBody,
    WatchedBody,
)

__all__ = ["LockNews"]

_MOST_EVENTS: Final = 50


class LockNews:
    """Posts `lock_news` when it says something else, looked at once a second. Thread-safe.

    Requests of others, and what is done from here, are told at once.

    Args:
        client: Whose locks.
        post: Queues a message for the views, as `Binding.post`.
    """

    def __init__(self, client: ClientCore, post: Callable[..., None]) -> None:
        self._client = client
        self._post = post
        self._told: object = None
        self._unsubscribe = [
            client.locks.watch.subscribe(self.tell),
            client.lock_notes.on_asked(lambda _: self.tell()),
        ]

    def greet(self, client: str) -> None:
        """Tell a new view."""
        self._post("lock_news", self._body(), client=client)

    def beat(self) -> None:
        """Tell what has changed without our hearing of it."""
        if self._facts() != self._told:
            self.tell()

    def tell(self) -> None:
        """Tell all views."""
        self._told = self._facts()
        self._post("lock_news", self._body())

    def close(self) -> None:
        """Stop listening."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()

    def _facts(self) -> Any:
        """What is told, without the times that pass by themselves."""
        notes = self._client.lock_notes
        book = self._client.leases
        return (
            self._client.locks.watch.watched(),
            self._holders(),
            book.history()[-_MOST_EVENTS:],
            notes.requests(),
            notes.announced,
        )

    def _holders(self) -> dict[str, str]:
        """Who holds watched keys, as far as they say so."""
        watched = self._client.locks.watch.keys()
        if not watched:
            return {}
        notes = self._client.lock_notes.notes()
        return {key: note.by for key in watched for note in notes if key in note.until}

    def _body(self) -> LockNewsBody:
        client = self._client
        now = client.leases.clock()
        holders = self._holders()
        announced = client.lock_notes.announced
        return LockNewsBody(
            watched=[
                WatchedBody(
                    key=known.key,
                    whose=known.whose,
                    since=now - known.since,
                    holder=holders.get(known.key, "") if known.whose == "someone else's" else "",
                )
                for known in client.locks.watch.watched()
            ],
            history=[
                EventBody(key=event.key, news=event.news, ago=now - event.at, note=event.note)
                for event in client.leases.history()[-_MOST_EVENTS:]
            ],
            requests=[
                RequestBody(asker=ask.asker, by=ask.by, says=ask.says, keys=list(ask.keys))
                for ask in client.lock_notes.requests()
            ],
            by=None if announced is None else announced[0],
        )
