"""Two-way synchronization of single keys of the shared state."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final
from weakref import WeakValueDictionary

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.listeners import Listeners, Unsubscribe, WeakCallback
from nanover_jupyter.client.per_client import PerClient
from nanover_jupyter.client.state.paths import Changes, Path, apply_changes, get_at, set_at
from nanover_jupyter.errors import ClosedError, InvalidValue, NanoverJupyterError, UpdateRefused
from nanover_jupyter.traits.dispatcher import MainThreadDispatcher
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import ABSENT, Absent, Value, alike

__all__ = ["KeySync", "KeySyncs"]

# How long the echo of an accepted write may take, in addition to the interval of the
# subscription. Without acknowledgements the echo is the only reply.
_ECHO_SECONDS: Final = 0.5
_UNANSWERED_SECONDS: Final = 2.0
_LONGEST_SECONDS: Final = 5.0


class KeySync:
    """Reads and writes one key on behalf of all traits that share it.

    A new value is visible here at once, and one write at a time carries it to the server.
    Values set during a write are queued, the last one for each path, and sent with the next
    write. Until a write was accepted and its echo received, the value here stays what was
    set, even if older changes arrive. If no echo is received in time, because other clients
    overwrote it, the value is the server's again. The same holds for a write that fails or
    is refused.

    A part of a value is written by sending the full value with that part changed, since the
    protocol has no partial updates. A change that another client makes to the same value
    during the round trip is lost; hold a lock on the key to prevent this.

    Any thread may call any method. One lock guards everything; it is never held during a
    call to the client, whose `lock_state` users may hold, or to a listener. Listeners are
    called through the dispatcher.

    Args:
        client: The client, which follows the state.
        key: The key.
        dispatcher: Calls the listeners.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        client: BaseClient,
        key: str,
        dispatcher: MainThreadDispatcher,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.key = key
        self._client = client
        self._dispatcher = dispatcher
        self._clock = clock
        self._listeners: Listeners[()] = Listeners()
        self._lock = threading.Lock()
        # Values set here, from newest to oldest: not sent; sent; accepted without an echo.
        self._queued: dict[Path, Value | Absent] = {}
        self._sent: dict[Path, Value | Absent] = {}
        self._unconfirmed: dict[Path, Value | Absent] = {}
        self._is_sending = False
        # Whether the echo of the write arrived before its reply.
        self._has_echo = False
        self._sent_at = 0.0
        self._echo_deadline = 0.0
        self._has_timer = False
        self._error = ""
        self._is_notifying = False

    # reading -------------------------------------------------------------------------

    def value(self) -> Value | Absent:
        """Return the value, including values set here. Shared; do not modify."""
        with self._lock:
            ours = (dict(self._unconfirmed), dict(self._sent), dict(self._queued))
        # Read after that: a change that is echoed in between is applied twice, not missed.
        value = self._server_value()
        for changes in ours:
            value = apply_changes(value, changes)
        return value

    @property
    def is_pending(self) -> bool:
        """Whether a value that was set here is not accepted yet."""
        with self._lock:
            return bool(self._queued) or self._is_blocked_locked()

    @property
    def error(self) -> str:
        """Why the last write failed; empty if it succeeded."""
        return self._error

    def subscribe(self, listener: Callable[[], object]) -> Unsubscribe:
        """Call `listener()` through the dispatcher after every change."""
        return self._listeners.subscribe(listener)

    # writing -------------------------------------------------------------------------

    def set(self, changes: Changes) -> None:
        """Set values at paths, together; returns at once.

        Raises:
            InvalidValue: A path does not exist in the value.
            ClosedError: The client was closed.
        """
        if self._client.status.state == "closed":
            raise ClosedError(self._client.address)
        value = self.value()
        for path, new in changes.items():
            try:
                value = set_at(value, path, new)
            except InvalidValue as error:
                raise error.within(self.key) from None
        with self._lock:
            for path, new in changes.items():
                _add(self._queued, path, new)
        self._write()
        self._notify()

    def on_server_change(self) -> None:
        """Handle a change of the key on the server. Called on the thread `nanover-changes`."""
        value = self._server_value()
        with self._lock:
            if self._is_sending and _contains(value, self._sent):
                self._has_echo = True
            if self._unconfirmed and _contains(value, self._unconfirmed):
                self._unconfirmed = {}
        self._write()
        self._notify()

    def _write(self) -> None:
        """Send queued values, if no write is in flight."""
        with self._lock:
            if not self._queued or self._is_blocked_locked():
                return
            unconfirmed, self._sent, self._queued = dict(self._unconfirmed), self._queued, {}
            self._is_sending, self._has_echo = True, False
            self._sent_at = self._clock()
        try:
            before = apply_changes(self._server_value(), unconfirmed)
            value = apply_changes(before, self._sent)
            if not unconfirmed and alike(before, value):
                with self._lock:
                    self._is_sending, self._sent = False, {}
                # Another thread may have queued values in the meantime.
                self._write()
                return
            if value is ABSENT:
                change = DictionaryChange(removals=[self.key])
            else:
                change = DictionaryChange({self.key: value})
            call = self._client.update_state_async(change)
        except NanoverJupyterError as error:
            self._on_failed(str(error))
        except BaseException:  # Ctrl-C: without this, no further value would be sent
            self._on_failed(f"writing {self.key!r} was interrupted")
            raise
        else:
            call.add_done_callback(self._on_reply)

    def _on_reply(self, call: Future[bool]) -> None:
        """Handle the reply of the server. Called on a thread of the transport."""
        if call.cancelled():
            self._on_failed(f"writing {self.key!r} was cancelled")
        elif (error := call.exception()) is not None:
            self._on_failed(str(error) or type(error).__name__)
        elif not call.result():
            self._on_failed(str(UpdateRefused([self.key])))
        else:
            self._on_accepted()

    def _on_accepted(self) -> None:
        now = self._clock()
        # A slow reply suggests a slow echo.
        expected = min(2 * (now - self._sent_at), _LONGEST_SECONDS)
        is_acknowledged = self._client.capabilities.acknowledged_updates
        timeout = max(_ECHO_SECONDS, expected) if is_acknowledged else _UNANSWERED_SECONDS
        timeout += self._client.interval
        with self._lock:
            self._is_sending = False
            self._error = ""
            for path, value in self._sent.items():
                _add(self._unconfirmed, path, value)
            self._sent = {}
            if self._has_echo:
                self._unconfirmed = {}
            self._echo_deadline = now + timeout
            start_timer = bool(self._unconfirmed) and not self._has_timer
            self._has_timer = self._has_timer or start_timer
        if start_timer:
            self._dispatcher.post_later(timeout, self._on_timer)
        self._write()
        self._notify()

    def _on_failed(self, reason: str) -> None:
        with self._lock:
            self._is_sending = False
            self._sent = {}
            self._error = reason
        self._write()
        self._notify()

    def _on_timer(self) -> None:
        """Stop waiting for an echo if its deadline has passed."""
        with self._lock:
            left = self._echo_deadline - self._clock()
            self._has_timer = bool(self._unconfirmed) and left > 0
            if not self._has_timer:
                self._unconfirmed = {}
        if self._has_timer:
            self._dispatcher.post_later(left, self._on_timer)
            return
        self._write()
        self._notify()

    def _notify(self) -> None:
        with self._lock:
            if self._is_notifying:
                return
            self._is_notifying = True
        try:
            self._dispatcher.post(self._notify_now)
        except BaseException:  # Ctrl-C: without this, listeners would never be called again
            with self._lock:
                self._is_notifying = False
            raise

    def _notify_now(self) -> None:
        with self._lock:
            self._is_notifying = False
        self._listeners.notify()

    def _server_value(self) -> Value | Absent:
        """Return the last value received from the server."""
        return self._client.peek(self.key, ABSENT)

    def _is_blocked_locked(self) -> bool:
        """Return whether the next write has to wait for the previous one."""
        if self._is_sending:
            return True
        return bool(self._unconfirmed) and not self._client.capabilities.acknowledged_updates


class KeySyncs:
    """The shared keys of one client, each with one KeySync.

    A KeySync exists while a trait uses it, or while it has something to write or wait for.
    """

    def __init__(self, client: BaseClient) -> None:
        # Guards _syncs.
        self._lock = threading.Lock()
        self._syncs: WeakValueDictionary[str, KeySync] = WeakValueDictionary()
        client.on_change(WeakCallback(self._on_change))

    @classmethod
    def sync(cls, client: BaseClient, key: str) -> KeySync:
        """Return the KeySync of a key.

        Raises:
            ClosedError: The client was closed.
        """
        keys = _key_syncs.get(client)
        if client.status.state == "closed":
            raise ClosedError(client.address)
        return keys._sync(client, key)  # noqa: SLF001 - of this class

    def _sync(self, client: BaseClient, key: str) -> KeySync:
        with self._lock:
            known = self._syncs.get(key)
            if known is None:
                known = self._syncs[key] = KeySync(client, key, MainThreadDispatcher.of(client))
            return known

    def _on_change(self, change: DictionaryChange) -> None:
        touched = change.lazy_updates.keys() | change.removals
        with self._lock:
            due = [sync for sync in self._syncs.values() if sync.key in touched]
        for sync in due:
            sync.on_server_change()


_key_syncs: Final = PerClient(KeySyncs)


def _add(changes: dict[Path, Value | Absent], path: Path, value: Value | Absent) -> None:
    """Add a value at a path, and drop earlier values inside it."""
    for other in [known for known in changes if known[: len(path)] == path]:
        del changes[other]
    changes[path] = value


def _contains(value: Value | Absent, changes: Changes) -> bool:
    """Return whether a value already has the changes."""
    return all(alike(get_at(value, path), new) for path, new in changes.items())
