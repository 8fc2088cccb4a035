"""The resources of a client, closed by the client or after it was collected."""

from __future__ import annotations

import threading
from collections.abc import Callable

from nanover_jupyter.client.frames.subscription import FrameSubscription
from nanover_jupyter.client.listeners import Listeners
from nanover_jupyter.client.locks.manager import LeaseManager
from nanover_jupyter.client.simulation.interaction_registry import InteractionRegistry
from nanover_jupyter.client.state.subscription import StateSubscription
from nanover_jupyter.transport.base import Transport

__all__ = ["ClientResources"]


class ClientResources:
    """The sockets, threads and locks of a client. Any thread may call any method.

    Threads refer to this object and never to the client, so that an unused client can be
    collected. A subscription, a held lease and `keep` keep the client alive.

    Args:
        transport: The transport of the client.
        locks: The client's locks.
        stream: The subscription to the shared state.
        frames: The subscription to frames.
        interactions: The client's interactions.
    """

    def __init__(
        self,
        transport: Transport,
        locks: LeaseManager,
        stream: StateSubscription,
        frames: FrameSubscription,
        interactions: InteractionRegistry,
    ) -> None:
        self._transport = transport
        self._locks = locks
        self._stream = stream
        self._frames = frames
        self._interactions = interactions
        self._closed_listeners: Listeners[()] = Listeners()
        self._also_close: list[Callable[[], object]] = []
        self._kept: object | None = None
        # Guards the field below; never held during a call to the server or a callback.
        self._guard = threading.Lock()
        # Whether everything is closed and all subscribers were notified.
        self._is_closed = False

    def keep(self, client: object) -> None:
        """Keep the client alive until it is closed, because other clients use its commands."""
        self._kept = client

    def close_after(self, close: Callable[[], object]) -> None:
        """Call `close()` after everything else was closed. It must be idempotent."""
        self._also_close.append(close)

    def on_closed(self, callback: Callable[[], object]) -> None:
        """See `BaseClient.on_closed`."""
        with self._guard:
            if not self._is_closed:
                self._closed_listeners.subscribe(callback)
                return
        callback()

    def close(self) -> None:
        """See `BaseClient.close`."""
        with self._guard:
            # The status is not enough: it changes first, and Ctrl-C may interrupt a close,
            # which the next call then completes.
            if self._is_closed:
                return
        is_reachable = self._stream.status.state not in ("lost", "closed")
        self._interactions.close(reachable=is_reachable)
        self._locks.close(reachable=is_reachable)
        self._stream.set_closed()
        self._transport.close()
        self._stream.close()
        self._frames.close()
        for close in self._also_close:
            close()
        with self._guard:
            is_first, self._is_closed = not self._is_closed, True
        if is_first:
            self._closed_listeners.notify()
        # Release what the callbacks refer to, even if the client is kept.
        self._closed_listeners.clear()
        self._stream.status_listeners.clear()
        self._kept = None
