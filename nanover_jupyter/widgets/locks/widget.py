"""The lock manager widget."""

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
    """Acquire, renew, watch and release locks on keys of the shared state.

        manager = LockManager(connection)
        manager.observe(lambda change: print(change.new), "leases")
        manager.watch("scene", "selection.root")

    `leases` and `watched` are updated on the kernel's main thread or, while a cell is
    running, on `nanover-traits`.

    Args:
        source: A Connection or a NanoverClient.
        height: Height of the content in CSS pixels.
    """

    _esm = asset("locks.js")
    _css = asset("panel.css")
    tools = (LocksController,)

    leases = traitlets.Tuple(
        (), read_only=True, help="The locks of this client by key, a tuple of LeaseRow."
    )
    watched = traitlets.Tuple(
        (), read_only=True, help="The watched keys and who holds them, a tuple of WatchedKey."
    )

    def __init__(self, source: Connection | BaseClient, **options: Any) -> None:
        self._unsubscribe: list[Callable[[], None]] = []
        super().__init__(source, **options)

    def watch(self, *keys: str) -> None:
        """Check every two seconds whether keys are free, ours, or held by another client.

        Raises:
            NotSupported: The server has no locks.
            InvalidArgument: (a ValueError) No keys, or more than fifty.
        """
        self.connection.client.locks.watch_keys(keys)

    def unwatch(self, *keys: str) -> None:
        """Stop watching keys."""
        self.connection.client.locks.watched.remove(keys)

    def close(self) -> None:
        """Close all views of the widget. Locks are kept."""
        self._unsubscribe_all()
        super().close()

    def _bind(self, connection: Connection) -> None:
        super()._bind(connection)
        self._unsubscribe_all()
        client, dispatcher = connection.client, MainThreadDispatcher.of(connection)
        self._unsubscribe = [
            client.leases.subscribe(_coalesced(dispatcher, self._update_leases)),
            client.locks.watched.subscribe(_coalesced(dispatcher, self._update_watched)),
        ]
        dispatcher.post(self._update_leases)
        dispatcher.post(self._update_watched)

    # Read the current connection: the dispatcher of an earlier one may still call these.

    def _update_leases(self) -> None:
        self.set_trait("leases", tuple(self.connection.client.leases.rows()))

    def _update_watched(self) -> None:
        self.set_trait("watched", tuple(self.connection.client.locks.watched.all()))

    def _unsubscribe_all(self) -> None:
        callbacks, self._unsubscribe = self._unsubscribe, []
        for unsubscribe in callbacks:
            unsubscribe()


def _coalesced(dispatcher: MainThreadDispatcher, call: Callable[[], None]) -> Callable[[], None]:
    """Return a callback that posts `call` unless it is already queued."""
    is_queued = threading.Event()

    def run() -> None:
        is_queued.clear()
        call()

    def post() -> None:
        if not is_queued.is_set():
            is_queued.set()
            dispatcher.post(run)

    return post
