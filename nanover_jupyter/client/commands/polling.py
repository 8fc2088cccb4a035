"""Polls the list of commands, since servers do not announce changes of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

from nanover_jupyter.client.background_calls import BoundedExecutor
from nanover_jupyter.client.listeners import Listeners, Unsubscribe, WeakCallback
from nanover_jupyter.client.status import Status
from nanover_jupyter.errors import NanoverJupyterError
from nanover_jupyter.wire.command_info import CommandInfo

__all__ = ["CommandLister", "CommandPoll"]

_MIN_INTERVAL: Final = 5.0
_MAX_INTERVAL: Final = 30.0
_GROWTH: Final = 1.5
# A list of thousands takes long to fetch: spend at most this fraction of the time on it.
_MAX_LOAD: Final = 0.02


class CommandLister(Protocol):
    """The part of a client that the poll needs."""

    @property
    def status(self) -> Status:
        """The status of the connection."""

    @property
    def available_commands(self) -> dict[str, CommandInfo]:
        """The last known commands by name."""

    def update_available_commands(self) -> dict[str, CommandInfo]:
        """Fetch the commands from the server."""

    def on_status(self, callback: Callable[[Status], object]) -> Unsubscribe:
        """Call `callback(status)` after every change of the status."""


class CommandPoll:
    """Fetches the commands regularly, on behalf of all views of one client.

    While views are open, the list is fetched after 5 s. The interval grows to 30 s while
    the list stays the same; a change, a reconnection or a new view resets it. The client
    notifies its own listeners of a changed list; the callbacks here are about errors.

    Thread-safe. Requests run on `nanover-call` threads.

    Args:
        client: Fetches the commands.
        calls: Runs the requests.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        client: CommandLister,
        calls: BoundedExecutor,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._calls = calls
        self._clock = clock
        # Guards the fields below; never held while the client or a listener is called.
        self._lock = threading.Lock()
        self._is_fetching = False
        self._fetched_at = clock()
        self._interval = _MIN_INTERVAL
        self._error: str | None = None
        self._listeners: Listeners[()] = Listeners()
        self._unsubscribe = client.on_status(WeakCallback(self._on_status))

    def close(self) -> None:
        """Unsubscribe from the client."""
        self._unsubscribe()

    @property
    def error(self) -> str | None:
        """Why the last fetch failed; None if it succeeded."""
        with self._lock:
            return self._error

    def on_error(self, callback: Callable[[], object]) -> Unsubscribe:
        """Call `callback()` when `error` has changed, on the thread of the fetch."""
        return self._listeners.subscribe(callback)

    def on_view_opened(self) -> None:
        """Fetch a list that is missing or old, and reset the interval."""
        with self._lock:
            self._interval = _MIN_INTERVAL
        if self._client.status.state != "closed" and not self._client.available_commands:
            self._submit()
        else:
            self.tick()

    def tick(self) -> None:
        """Fetch the list if it is due. Call about once a second while views are open."""
        with self._lock:
            is_due = self._clock() - self._fetched_at >= self._interval
        if is_due and self._client.status.state == "connected":
            self._submit()

    def refresh(self) -> int:
        """Fetch the list now; returns the number of commands.

        Raises:
            NanoverJupyterError: The fetch failed.
        """
        before, started_at = self._client.available_commands, self._clock()
        try:
            found = self._client.update_available_commands()
        except NanoverJupyterError as error:
            self._finish(str(error), _MIN_INTERVAL)
            raise
        minimum = (self._clock() - started_at) / _MAX_LOAD
        with self._lock:
            longer = min(_MAX_INTERVAL, self._interval * _GROWTH)
        self._finish(None, max(minimum, longer if found == before else _MIN_INTERVAL))
        return len(found)

    def _submit(self) -> None:
        with self._lock:
            if self._is_fetching:
                return
            self._is_fetching = True
        if not self._calls.submit(self._fetch):
            self._set_idle()

    def _fetch(self) -> None:
        try:
            self.refresh()
        except NanoverJupyterError:
            pass  # `error` has the reason
        finally:
            self._set_idle()

    def _set_idle(self) -> None:
        with self._lock:
            self._is_fetching = False

    def _finish(self, error: str | None, interval: float) -> None:
        with self._lock:
            changed, self._error = error != self._error, error
            self._interval, self._fetched_at = interval, self._clock()
        if changed:
            self._listeners.notify()

    def _on_status(self, status: Status) -> None:
        # The reconnector has fetched the list already; only clear an old error.
        if status.state != "connected":
            return
        with self._lock:
            self._interval = _MIN_INTERVAL
            failed = self._error is not None
        if failed:
            self._submit()
