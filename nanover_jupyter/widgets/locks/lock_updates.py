"""Tells views what else there is to know about locks: watched keys, history, requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.locks.notes import ReleaseRequest
from nanover_jupyter.client.locks.table import LeaseEvent
from nanover_jupyter.client.locks.watched_keys import WatchedKey
from nanover_jupyter.widgets.locks.messages import (
    EventBody,
    LockUpdatesBody,
    RequestBody,
    WatchedBody,
)

__all__ = ["LockUpdates"]

_MOST_EVENTS: Final = 50


class _Facts(NamedTuple):
    """What is told, without the times that pass by themselves."""

    watched: list[WatchedKey]
    holders: dict[str, str]
    history: list[LeaseEvent]
    requests: list[ReleaseRequest]
    announced: tuple[str, str] | None


class LockUpdates:
    """Posts `lock_news` when it says something else, looked at once a second. Thread-safe.

    Requests of others, and what is done from here, are told at once.

    Args:
        client: Whose locks.
        post: Queues a message for the views, as `Binding.post`.
    """

    def __init__(self, client: BaseClient, post: Callable[..., None]) -> None:
        self._client = client
        self._post = post
        self._told: _Facts | None = None
        self._unsubscribe = [
            client.locks.watch.subscribe(self.tell),
            client.lock_notes.on_asked(lambda _: self.tell()),
        ]

    def greet(self, client: str) -> None:
        """Tell a new view."""
        self._post("lock_news", self._body(self._facts()), client=client)

    def beat(self) -> None:
        """Tell what has changed without our hearing of it."""
        facts = self._facts()
        if facts != self._told:
            self._tell(facts)

    def tell(self) -> None:
        """Tell all views."""
        self._tell(self._facts())

    def close(self) -> None:
        """Stop listening."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()

    def _tell(self, facts: _Facts) -> None:
        self._told = facts
        self._post("lock_news", self._body(facts))

    def _facts(self) -> _Facts:
        client = self._client
        return _Facts(
            watched=client.locks.watch.watched(),
            holders=self._holders(),
            history=client.leases.history()[-_MOST_EVENTS:],
            requests=client.lock_notes.requests(),
            announced=client.lock_notes.announced,
        )

    def _holders(self) -> dict[str, str]:
        """Who holds watched keys, as far as they say so."""
        watched = self._client.locks.watch.keys()
        if not watched:
            return {}
        notes = self._client.lock_notes.notes()
        return {key: note.by for key in watched for note in notes if key in note.until}

    def _body(self, facts: _Facts) -> LockUpdatesBody:
        now = self._client.leases.clock()
        return LockUpdatesBody(
            watched=[
                WatchedBody(
                    key=known.key,
                    whose=known.whose,
                    since=now - known.since,
                    holder=(
                        facts.holders.get(known.key, "") if known.whose == "someone else's" else ""
                    ),
                )
                for known in facts.watched
            ],
            history=[
                EventBody(key=event.key, news=event.news, ago=now - event.at, note=event.note)
                for event in facts.history
            ],
            requests=[
                RequestBody(asker=ask.asker, by=ask.by, says=ask.says, keys=list(ask.keys))
                for ask in facts.requests
            ],
            by=None if facts.announced is None else facts.announced[0],
        )
