"""What a client has open: it is closed by the client, or for one that was collected."""

from __future__ import annotations

import threading
from collections.abc import Callable

from nanover_jupyter.client.listeners import Listeners
from nanover_jupyter.client.locks.manager import LeaseManager
from nanover_jupyter.client.state.subscription import StateSubscription
from nanover_jupyter.transport.base import Transport

__all__ = ["ClientResources"]


class ClientResources:
    """The sockets, threads and locks of a client. Any thread may call any method.

    Threads refer to this object and never to the client, so that a client which nothing
    else refers to is collected. Three things refer to the client on its behalf, each for
    as long as it lasts: a subscription, a held lease, and `keep`.

    Args:
        transport: The way to the server.
        locks: The client's locks.
        stream: What follows the shared state.
    """

    def __init__(
        self, transport: Transport, locks: LeaseManager, stream: StateSubscription
    ) -> None:
        self._transport = transport
        self._locks = locks
        self._stream = stream
        self._closed_listeners: Listeners[()] = Listeners()
        self._also_close: list[Callable[[], object]] = []
        self._kept: object | None = None
        # Guards the field below; never held during a call to the server or a callback.
        self._guard = threading.Lock()
        # Closed, and all subscribers to the status have been notified.
        self._is_over = False

    def keep(self, client: object) -> None:
        """Refer to the client until it is closed: others use it, such as its commands."""
        self._kept = client

    def close_after(self, close: Callable[[], object]) -> None:
        """Call `close()` when everything else is closed. It must be idempotent."""
        self._also_close.append(close)

    def on_closed(self, callback: Callable[[], object]) -> None:
        """See `BaseClient.on_closed`."""
        with self._guard:
            if not self._is_over:
                self._closed_listeners.subscribe(callback)
                return
        callback()

    def close(self) -> None:
        """See `BaseClient.close`."""
        with self._guard:
            # Not the status, which changes first: Ctrl-C may interrupt a close, and the
            # next one has to complete it.
            if self._is_over:
                return
        self._locks.close(reachable=self._stream.status.state not in ("lost", "closed"))
        self._stream.closing()
        self._transport.close()
        self._stream.close()
        for close in self._also_close:
            close()
        with self._guard:
            is_first, self._is_over = not self._is_over, True
        if is_first:
            self._closed_listeners.notify()
        # What they refer to may be collected now, although someone keeps the client.
        self._closed_listeners.clear()
        self._stream.status_listeners.clear()
        self._kept = None
