"""The lock manager: take locks on state keys, watch them run, give them back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import traitlets

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.connection import Connection
from nanover_jupyter.traits.dispatcher import MainThreadDispatcher
from nanover_jupyter.widgets.assets import asset
from nanover_jupyter.widgets.locks.controller import LocksController
from nanover_jupyter.widgets.panel import Panel

__all__ = ["LockManager"]


class LockManager(Panel):
    """The locks of this client: take, keep, watch, and give back.

        manager = LockManager(connection)
        manager.observe(lambda change: print(change.new), "leases")
        manager.watch("scene", "selection.root")

    `leases` and `watched` change by themselves, on the kernel's main thread or, while a
    cell keeps that busy, on `nanover-traits`.

    Args:
        source: A Connection, or a NanoverClient.
        height: Height of the content in CSS pixels.
    """

    _esm = asset("locks.js")
    _css = asset("panel.css")
    tools = (LocksController,)

    leases = traitlets.Tuple(
        (), read_only=True, help="What is known of our locks by key: a tuple of LeaseRow."
    )
    watched = traitlets.Tuple(
        (), read_only=True, help="Whose the watched keys are: a tuple of WatchedKey."
    )

    def __init__(self, source: Connection | BaseClient, **options: Any) -> None:
        self._stop_following: list[Callable[[], None]] = []
        super().__init__(source, **options)

    def watch(self, *keys: str) -> None:
        """Look every two seconds whether keys are free, ours, or someone else's.

        Raises:
            NotSupported: Servers of this kind have no locks.
            InvalidArgument: (a ValueError) No keys, or more than fifty.
        """
        self.connection.client.locks.watch_keys(keys)

    def unwatch(self, *keys: str) -> None:
        """Watch keys no longer."""
        self.connection.client.locks.watch.remove(keys)

    def close(self) -> None:
        """Remove the widget from all pages; the locks stay."""
        self._unfollow()
        super().close()

    def _bind(self, connection: Connection) -> None:
        super()._bind(connection)
        self._unfollow()
        client, delivery = connection.client, MainThreadDispatcher.of(connection)
        self._stop_following = [
            client.leases.subscribe(_once_at_a_time(delivery, self._take_leases)),
            client.locks.watch.subscribe(_once_at_a_time(delivery, self._take_watched)),
        ]
        delivery.post(self._take_leases)
        delivery.post(self._take_watched)

    # Of the connection that is shown by now: an earlier one's Delivery may still call them.

    def _take_leases(self) -> None:
        self.set_trait("leases", tuple(self.connection.client.leases.leases()))

    def _take_watched(self) -> None:
        self.set_trait("watched", tuple(self.connection.client.locks.watch.watched()))

    def _unfollow(self) -> None:
        stops, self._stop_following = self._stop_following, []
        for stop in stops:
            stop()


def _once_at_a_time(delivery: MainThreadDispatcher, call: Callable[[], None]) -> Callable[[], None]:
    """Posts `call`, unless it is on its way already: a thousand leases are renewed at once."""
    waiting = threading.Event()

    def run() -> None:
        waiting.clear()
        call()

    def post() -> None:
        if not waiting.is_set():
            waiting.set()
            delivery.post(run)

    return post
