"""The subscription to the shared state, renewed after each reconnection."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import wait
from contextlib import suppress
from typing import Final

from nanover_jupyter.client.listeners import Listeners, Unsubscribe
from nanover_jupyter.client.state.barrier import StateBarrier
from nanover_jupyter.client.state.change_feed import ChangeCallback, ChangeFeed
from nanover_jupyter.client.state.mirror import StateMirror
from nanover_jupyter.client.status import ConnectionState, Status
from nanover_jupyter.errors import ClosedError, ConnectionLost, NanoverJupyterError, TimedOut
from nanover_jupyter.transport.base import Transport
from nanover_jupyter.transport.pending import PendingCall
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import Value

__all__ = ["DEFAULT_INTERVAL", "StateSubscription"]

DEFAULT_INTERVAL: Final = 1 / 30
# Seconds until a marker is sent again; doubled each time.
_MARKER_RETRY: Final = 1.0
# Seconds to wait for a state before a marker is sent, and the timeout of that request.
_FIRST_MARKER_DELAY: Final = 0.5
_MARKER_TIMEOUT: Final = 60.0
# Seconds between updates of the status while loading.
_LOADING_TICK: Final = 0.5
_LOADING: Final = "loading the state"


class _StreamListener:
    """Receives the events of one stream, and passes itself on with them.

    Events of a stream that was replaced by a later one are ignored.
    """

    def __init__(
        self,
        on_change: Callable[[_StreamListener, DictionaryChange], None],
        on_closed: Callable[[_StreamListener, NanoverJupyterError | None], None],
    ) -> None:
        self._on_change = on_change
        self._on_closed = on_closed
        self.is_first = True

    def on_change(self, change: DictionaryChange) -> None:
        self._on_change(self, change)

    def on_closed(self, reason: NanoverJupyterError | None) -> None:
        self._on_closed(self, reason)


class StateSubscription:
    """Keeps the copy of the state and the status of the connection up to date.

    Any thread may call any method.

    Args:
        transport: The transport of the client.

    Attributes:
        mirror: The copy of the state.
        feed: Delivers changes to subscribers.
        status_listeners: Called after every change of the status, on any thread.
        interval: The last requested minimum of seconds between updates.
    """

    def __init__(self, transport: Transport) -> None:
        self.mirror = StateMirror()
        self.feed = ChangeFeed()
        self.status_listeners: Listeners[Status] = Listeners()
        self._transport = transport
        self._observers: list[Callable[[DictionaryChange, bool], object]] = []
        self._barrier = StateBarrier()
        # Guards the fields below; never held during a call to the server or a callback.
        self._guard = threading.Lock()
        self._listener: _StreamListener | None = None
        self.interval = DEFAULT_INTERVAL
        self._status = Status("connecting", "", 0, time.monotonic())
        self._traffic_at = self._status.since
        # Held while a change is applied, so that the last change of one stream is not applied
        # to the state of the next.
        self._apply_lock = threading.Lock()
        # Set when the state of the current stream is loaded, or the stream has ended.
        self._synced = threading.Event()

    @property
    def status(self) -> Status:
        """The status of the connection."""
        return self._status

    def observe(self, callback: Callable[[DictionaryChange, bool], object]) -> None:
        """Call `callback(change, is_full)` on the reader's thread, before the subscribers.

        For the parts of the client, before it is used. It must be fast and take no lock that is
        held during a call to the server. `is_full` is set for the first change of a stream,
        which is the full state.
        """
        self._observers.append(callback)

    def record_traffic(self) -> None:
        """Record traffic from the server that is not part of the stream."""
        self._traffic_at = time.monotonic()

    def start(self, interval: float | None = None) -> None:
        """Subscribe, if not subscribed; returns at once.

        Args:
            interval: Minimum seconds between updates; the previous value by default.

        Raises:
            ClosedError: The client was closed.
        """
        with self._guard:
            if self._listener is not None:
                return
            if interval is not None:
                self.interval = interval
            interval = self.interval
            listener = self._listener = _StreamListener(self._on_change, self._on_closed)
            self._synced.clear()
        try:
            self._transport.start(listener, interval)
        except BaseException:  # also Ctrl-C: nothing reads the stream then
            with self._guard:
                self._listener = None
            raise

    def load(self, timeout: float, stop: Callable[[], bool] = lambda: False) -> None:
        """See `BaseClient.load_state`."""
        self.start()
        with self._guard:
            listener = self._listener
        if listener is not None:
            self._wait_for_state(listener, timeout, stop)
            if self._synced.is_set():
                # The status may still be lost from an earlier stream.
                self._set_connected(listener)
        status = self._status
        if status.state == "closed":
            raise ClosedError(self._transport.address)
        if status.state == "lost":
            raise ConnectionLost(self._transport.address, _LOADING, status.reason)

    def catch_up(self, timeout: float | None) -> None:
        """See `BaseClient.catch_up`."""
        self.start()
        key, arrival = self._barrier.add_marker()
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        delay = _MARKER_RETRY
        try:
            while not arrival.done():
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimedOut("catching up with the state", timeout or 0.0)
                # Repeated, because a marker that the server receives before it knows our
                # subscription is never sent to us.
                self.write(DictionaryChange(removals={key}), None if math.isinf(left) else left)
                wait([arrival], min(delay, max(0.0, deadline - time.monotonic())))
                delay *= 2
            arrival.result()
        finally:
            self._barrier.discard_marker(key)

    def keys(self) -> list[str]:
        """Return the keys of the state."""
        return self.mirror.keys()

    def peek(self, key: str) -> Value:
        """Return the value of a key. The value is shared, do not modify it."""
        return self.mirror.get(key)

    def write(self, change: DictionaryChange, timeout: float | None) -> bool:
        """Change the state; returns False if another client holds a lock on a key."""
        return self._transport.update_state(change, timeout)

    def subscribe(self, callback: ChangeCallback) -> Unsubscribe:
        """Subscribe to the state; calls `callback(change)` like `BaseClient.on_change`."""
        self.start()
        return self.feed.subscribe(callback)

    def set_retrying(self, attempt: int, reason: str) -> None:
        """Set the number of the current attempt to reconnect, if the status is lost."""
        with self._guard:
            status = None
            if self._status.state == "lost":
                status = self._next_status_locked("lost", reason, attempt)
        self._notify_status(status)

    @property
    def last_received_at(self) -> float:
        """The monotonic time of the last traffic from the server."""
        return max(self._traffic_at, self._transport.last_received_at)

    def mark_lost(self, reason: str) -> None:
        """Set the status to lost, although the stream has not ended."""
        with self._guard:
            self._listener = None
            status = self._next_status_locked("lost", reason, 0)
            self._synced.set()
        lost = ConnectionLost(self._transport.address, "following the state", reason)
        self._barrier.fail(lost)
        self._notify_status(status)

    def set_closed(self) -> None:
        """Set the status to closed, before the transport is closed."""
        with self._guard:
            status = self._next_status_locked("closed", "closed by this client", 0)
        self._notify_status(status)

    def close(self) -> None:
        """Stop notifying subscribers, after the transport was closed. Idempotent."""
        self.feed.close()
        self._synced.set()

    # called by the transport's reader ------------------------------------------------

    def _on_change(self, listener: _StreamListener, change: DictionaryChange) -> None:
        with self._apply_lock:
            with self._guard:
                if listener is not self._listener:
                    return
                is_first, listener.is_first = listener.is_first, False
            self.record_traffic()
            if is_first:
                changed = self.mirror.replace(change.lazy_updates)
            else:
                changed = change
                self.mirror.apply(change)
            for observe in self._observers:
                observe(change, is_first)
            if changed:
                self.feed.publish(changed)
            self._barrier.on_change(change)
        if is_first:
            self._set_connected(listener)

    def _on_closed(self, listener: _StreamListener, reason: NanoverJupyterError | None) -> None:
        with self._guard:
            if listener is not self._listener:
                return
            # In one step, or a stream that is started in between would be set to lost.
            self._listener = None
            text = "" if reason is None else getattr(reason, "reason", "") or str(reason)
            status = None if reason is None else self._next_status_locked("lost", text, 0)
        self._synced.set()
        self._barrier.fail(reason or ClosedError(self._transport.address))
        self._notify_status(status)

    # internals -----------------------------------------------------------------------

    def _wait_for_state(
        self, listener: _StreamListener, timeout: float, stop: Callable[[], bool]
    ) -> None:
        """Wait until the state is loaded, the stream has ended, or the server is silent.

        A server with an empty state sends no first message. A marker is therefore sent; it
        comes back after the state, or alone if the state is empty.
        """
        started_at = time.monotonic()
        marker_at, delay = started_at + min(_FIRST_MARKER_DELAY, timeout / 4), _MARKER_RETRY
        marker: PendingCall[bool] | None = None
        while not self._synced.is_set() and not stop():
            now = time.monotonic()
            silent_since = max(started_at, self._transport.last_received_at)
            if now - silent_since > timeout:
                self.mark_lost(f"it sent nothing for {timeout:g} s")
                return
            if now >= marker_at:
                # Repeated: see `catch_up`.
                marker_at, delay = now + delay, delay * 2
                marker = self._send_marker()
            if marker is not None and marker.done() and marker.exception() is not None:
                # A stream that the server dropped while shutting down does not end.
                self.mark_lost(str(marker.exception()))
                return
            self._set_loading(listener)
            due = min(marker_at, silent_since + timeout)
            self._synced.wait(min(_LOADING_TICK, max(0.0, due - now)))

    def _send_marker(self) -> PendingCall[bool] | None:
        """Make the server send a change without effect."""
        key, _ = self._barrier.add_marker()
        self._barrier.discard_marker(key)
        with suppress(NanoverJupyterError):
            return self._transport.start_update(DictionaryChange(removals={key}), _MARKER_TIMEOUT)
        return None

    def _set_loading(self, listener: _StreamListener) -> None:
        with self._guard:
            status = None
            if listener is self._listener and not self._synced.is_set():
                received = self._transport.received_bytes
                status = self._next_status_locked("loading", "", 0, received)
        self._notify_status(status)

    def _set_connected(self, listener: _StreamListener) -> None:
        """Set the status to connected, unless the stream has ended."""
        with self._guard:
            # In one step, or a stream that ends in between would stay connected.
            status = None
            if listener is self._listener:
                status = self._next_status_locked("connected", "", 0)
                self._synced.set()
        self._notify_status(status)

    def _notify_status(self, status: Status | None) -> None:
        """Notify listeners of a new status, if it has changed."""
        if status is not None:
            self.status_listeners.notify(status)

    def _next_status_locked(
        self, state: ConnectionState, reason: str, attempt: int, received: int | None = None
    ) -> Status | None:
        """Set the status; returns None if it has not changed."""
        old = self._status
        since = old.since if state == old.state else time.monotonic()
        new = Status(state, reason, attempt, since, received)
        if old.state == "closed" or new == old:
            return None
        self._status = new
        return new
