"""Follows the shared state of a server, one run of the subscription after another."""

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
# Seconds after which a mark in the stream is set again, and doubled from then on.
_MARK_AGAIN: Final = 1.0
# How long a state is waited for before a mark is set, and how long the mark may take to go out.
_FIRST_MARK: Final = 0.5
_MARK_SECONDS: Final = 60.0
# How often the status says how much has come.
_LOADING_TICK: Final = 0.5
_LOADING: Final = "loading the state"


class _Run:
    """Hears one run of the subscription, and passes on with it which run it was.

    What a run says that has been replaced by another does not count.
    """

    def __init__(
        self,
        on_change: Callable[[_Run, DictionaryChange], None],
        on_closed: Callable[[_Run, NanoverJupyterError | None], None],
    ) -> None:
        self._on_change = on_change
        self._on_closed = on_closed
        self.first = True

    def on_change(self, change: DictionaryChange) -> None:
        self._on_change(self, change)

    def on_closed(self, reason: NanoverJupyterError | None) -> None:
        self._on_closed(self, reason)


class StateSubscription:
    """Keeps the copy of the state up to date, and knows where the connection stands.

    Any thread may call any method.

    Args:
        transport: The way to the server.
        on_arrival: Called with each change after the first of a run, which is the whole
            state, on the reader's thread, before subscribers to the feed hear of it.

    Attributes:
        mirror: The copy of the state.
        feed: Tells subscribers of changes.
        status_listeners: Told of every change of the status, on any thread.
        interval: Seconds between updates at the least, as last asked for.
    """

    def __init__(
        self, transport: Transport, on_arrival: Callable[[DictionaryChange], object]
    ) -> None:
        self.mirror = StateMirror()
        self.feed = ChangeFeed()
        self.status_listeners: Listeners[Status] = Listeners()
        self._transport = transport
        self._on_arrival = on_arrival
        self._barrier = StateBarrier()
        # Guards the fields below; never held during a call to the server or a callback.
        self._guard = threading.Lock()
        self._run: _Run | None = None
        self.interval = DEFAULT_INTERVAL
        self._status = Status("connecting", "", 0, time.monotonic())
        self._heard_at = self._status.since
        # Held while a change arrives, so that the last one of an earlier run is never applied
        # to the state of the next.
        self._arrival = threading.Lock()
        # Set when the state of the current run is here, be it empty, or the run is over.
        self._synced = threading.Event()

    @property
    def status(self) -> Status:
        """Where the connection stands."""
        return self._status

    def record_traffic(self) -> None:
        """The server said something, be it by another call."""
        self._heard_at = time.monotonic()

    def start(self, interval: float | None = None) -> None:
        """Subscribe, unless a subscription runs; returns at once.

        Args:
            interval: Seconds between updates at the least; as last time by default.

        Raises:
            ClosedError: The client was closed.
        """
        with self._guard:
            if self._run is not None:
                return
            if interval is not None:
                self.interval = interval
            interval = self.interval
            run = self._run = _Run(self._on_change, self._on_closed)
            self._synced.clear()
        try:
            self._transport.start(run, interval)
        except BaseException:  # Ctrl-C too: nobody reads then
            with self._guard:
                self._run = None
            raise

    def load(self, timeout: float, stop: Callable[[], bool] = lambda: False) -> None:
        """See `BaseClient.load_state`."""
        self.start()
        with self._guard:
            run = self._run
        if run is not None:
            self._await_state(run, timeout, stop)
            if self._synced.is_set():
                # The status may say lost, although someone else has subscribed meanwhile.
                self._set_connected(run)
        status = self._status
        if status.state == "closed":
            raise ClosedError(self._transport.address)
        if status.state == "lost":
            raise ConnectionLost(self._transport.address, _LOADING, status.reason)

    def catch_up(self, timeout: float | None) -> None:
        """See `BaseClient.catch_up`."""
        self.start()
        key, arrival = self._barrier.mark()
        ends_at = math.inf if timeout is None else time.monotonic() + timeout
        pause = _MARK_AGAIN
        try:
            while not arrival.done():
                left = ends_at - time.monotonic()
                if left <= 0:
                    raise TimedOut("catching up with the state", timeout or 0.0)
                # Again and again: a mark that the server takes in before it knows of our
                # subscription is never sent to us.
                self.write(DictionaryChange(removals={key}), None if math.isinf(left) else left)
                wait([arrival], min(pause, max(0.0, ends_at - time.monotonic())))
                pause *= 2
            arrival.result()
        finally:
            self._barrier.forget(key)

    def keys(self) -> list[str]:
        """The keys of the state."""
        return self.mirror.keys()

    def peek(self, key: str) -> Value:
        """The value of one key, shared: not to be altered."""
        return self.mirror.get(key)

    def write(self, change: DictionaryChange, timeout: float | None) -> bool:
        """Change the state; False when a key is locked elsewhere."""
        return self._transport.update_state(change, timeout)

    def subscribe(self, callback: ChangeCallback) -> Unsubscribe:
        """Follow the state, and call `callback(change)` as `BaseClient.on_change` does."""
        self.start()
        return self.feed.subscribe(callback)

    def set_retrying(self, attempt: int, reason: str) -> None:
        """The lost connection, if it still is lost, is tried for the `attempt`th time."""
        with self._guard:
            status = None
            if self._status.state == "lost":
                status = self._next_status_locked("lost", reason, attempt)
        self._announce(status)

    @property
    def last_received_at(self) -> float:
        """When the server last sent anything, in monotonic seconds."""
        return max(self._heard_at, self._transport.last_received_at)

    def mark_lost(self, reason: str) -> None:
        """Call the connection lost, although its stream has not ended."""
        with self._guard:
            self._run = None
            status = self._next_status_locked("lost", reason, 0)
            self._synced.set()
        lost = ConnectionLost(self._transport.address, "following the state", reason)
        self._barrier.broken(lost)
        self._announce(status)

    def set_closed(self) -> None:
        """The transport is about to be closed."""
        self._set_status("closed", "it was closed here")

    def close(self) -> None:
        """Tell nobody anything any more, once the transport is closed. Idempotent."""
        self.feed.close()
        self._synced.set()

    # called by the transport's reader --------------------------------------------

    def _on_change(self, run: _Run, change: DictionaryChange) -> None:
        with self._arrival:
            with self._guard:
                if run is not self._run:
                    return
                first, run.first = run.first, False
            self.record_traffic()
            if first:
                changed = self.mirror.replace(change.lazy_updates)
            else:
                changed = change
                self.mirror.apply(change)
                self._on_arrival(change)
            if changed:
                self.feed.publish(changed)
            self._barrier.passed(change)
        if first:
            self._set_connected(run)

    def _on_closed(self, run: _Run, reason: NanoverJupyterError | None) -> None:
        with self._guard:
            if run is not self._run:
                return
            # Together, or a run that is started in between would be called lost.
            self._run = None
            why = "" if reason is None else getattr(reason, "reason", "") or str(reason)
            status = None if reason is None else self._next_status_locked("lost", why, 0)
        self._synced.set()
        self._barrier.broken(reason or ClosedError(self._transport.address))
        self._announce(status)

    # inside -----------------------------------------------------------------------

    def _await_state(self, run: _Run, timeout: float, stop: Callable[[], bool]) -> None:
        """Wait until the state of a run is here, or the run is over, or the server is silent.

        A server without any state sends no first message. The removal of a key that never
        was comes back behind the state, or alone where there is none.
        """
        begun = time.monotonic()
        mark_at, pause = begun + min(_FIRST_MARK, timeout / 4), _MARK_AGAIN
        mark: PendingCall[bool] | None = None
        while not self._synced.is_set() and not stop():
            now = time.monotonic()
            silent_since = max(begun, self._transport.last_received_at)
            if now - silent_since > timeout:
                self.mark_lost(f"it sent nothing for {timeout:g} s")
                return
            if now >= mark_at:
                # Again and again: see `catch_up`.
                mark_at, pause = now + pause, pause * 2
                mark = self._mark()
            if mark is not None and mark.done() and mark.exception() is not None:
                # A subscription that was lost in a server's shutdown does not end.
                self.mark_lost(str(mark.exception()))
                return
            self._set_loading(run)
            due = min(mark_at, silent_since + timeout)
            self._synced.wait(min(_LOADING_TICK, max(0.0, due - now)))

    def _mark(self) -> PendingCall[bool] | None:
        """Have the server send a change that changes nothing."""
        key, _ = self._barrier.mark()
        self._barrier.forget(key)
        with suppress(NanoverJupyterError):
            return self._transport.start_update(DictionaryChange(removals={key}), _MARK_SECONDS)
        return None

    def _set_loading(self, run: _Run) -> None:
        with self._guard:
            status = None
            if run is self._run and not self._synced.is_set():
                received = self._transport.received_bytes
                status = self._next_status_locked("loading", "", 0, received)
        self._announce(status)

    def _set_connected(self, run: _Run) -> None:
        """The state of a run is here, unless that run is over by now."""
        with self._guard:
            # Together, or one that ends in between would be called connected for good.
            status = None
            if run is self._run:
                status = self._next_status_locked("connected", "", 0)
                self._synced.set()
        self._announce(status)

    def _set_status(self, state: ConnectionState, reason: str = "", attempt: int = 0) -> None:
        with self._guard:
            status = self._next_status_locked(state, reason, attempt)
        self._announce(status)

    def _announce(self, status: Status | None) -> None:
        """Notify listeners of a change of the status; None: it has not changed."""
        if status is not None:
            self.status_listeners.notify(status)

    def _next_status_locked(
        self, state: ConnectionState, reason: str, attempt: int, received: int | None = None
    ) -> Status | None:
        """Set the status; None if nothing changed."""
        old = self._status
        since = old.since if state == old.state else time.monotonic()
        new = Status(state, reason, attempt, since, received)
        if old.state == "closed" or new == old:
            return None
        self._status = new
        return new
