"""All keys with a prefix as an observable mapping."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Literal, Self

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.connection import Connection
from nanover_jupyter.client.listeners import Listeners, Unsubscribe
from nanover_jupyter.client.state.changes import KeyChange, KeyTracker
from nanover_jupyter.client.state.live_state import LiveState
from nanover_jupyter.errors import ClosedError
from nanover_jupyter.traits.dispatcher import MainThreadDispatcher
from nanover_jupyter.wire.messages import DictionaryChange

__all__ = ["SharedPrefix", "shared_prefix"]

Observer = Callable[[KeyChange], object]
Kind = Literal["added", "changed", "removed"]


class SharedPrefix(LiveState):
    """The keys of the shared state that begin with `prefix`, as a read-only mapping.

        avatars = shared_prefix(connection, "avatar.")
        len(avatars), list(avatars), avatars["avatar.me"]["name"]
        avatars.on_added(lambda change: print(change.value["name"], "joined"))

    Reading returns copies of the current values, on any thread. Observers are called
    through the client's `MainThreadDispatcher`: on the kernel's main thread, or on the
    thread `nanover-traits` while a cell keeps the main thread busy. A slow observer gets
    only the last change of each key. A value that is sent again unchanged is not a change.

    Observers are called until `close`, the end of the `with` block, or the client's end.

    Args:
        source: A Connection, or a client.
        prefix: What the keys begin with; all keys by default. The mapping has full keys.

    Raises:
        ClosedError: The client was closed.
        TypeError: `source` has another type.
    """

    def __init__(self, source: Connection | BaseClient, prefix: str = "") -> None:
        connection = _open_connection(source)
        super().__init__(connection.client, prefix)
        self._connection = connection
        self._dispatcher = MainThreadDispatcher.of(connection)
        self._observers: dict[Kind, Listeners[KeyChange]] = {
            "added": Listeners(),
            "changed": Listeners(),
            "removed": Listeners(),
        }
        # Guards the pending change, and the tracker of what observers have seen. Never held
        # while an observer runs.
        self._lock = threading.Lock()
        self._pending = DictionaryChange()
        with self._lock:
            self._tracker = self._subscribe_locked()
        # A mapping is not hashable; this represents it in `dependents`.
        self._dependent = _Dependent(self)
        connection.dependents.add(self._dependent)

    @property
    def prefix(self) -> str:
        """What the keys begin with."""
        return self._prefix

    def on_added(self, callback: Observer, *, present: bool = False) -> Unsubscribe:
        """Call `callback(change)` for every key that is added.

        Args:
            callback: Called with a `KeyChange`.
            present: Whether to call it for keys that already exist, too.

        Returns:
            A function that ends the subscription.
        """
        added = self._observers["added"]
        if not present:
            return added.subscribe(callback)
        first: Listeners[KeyChange] = Listeners()
        subscriptions = [first.subscribe(callback)]

        def begin() -> None:
            # Through the dispatcher, so that no key is reported twice or missed.
            with self._lock:
                known = list(self._tracker.known.items())
            for key, value in known:
                first.notify(KeyChange("added", key, value, None))
            subscriptions.append(added.subscribe(first.notify))

        def unsubscribe() -> None:
            for end in subscriptions:
                end()

        self._dispatcher.post(begin)
        return unsubscribe

    def on_changed(self, callback: Observer) -> Unsubscribe:
        """Call `callback(change)` for every key whose value changes."""
        return self._observers["changed"].subscribe(callback)

    def on_removed(self, callback: Observer) -> Unsubscribe:
        """Call `callback(change)` for every removed key; `change.old` is its last value."""
        return self._observers["removed"].subscribe(callback)

    def rebind(self, source: Connection | BaseClient) -> None:
        """Switch to another connection. Observers are called for the differences.

        Raises:
            ClosedError: The client was closed.
            TypeError: `source` has another type.
        """
        connection = _open_connection(source)
        self.close()
        self._connection, self._client = connection, connection.client
        self._dispatcher = MainThreadDispatcher.of(connection)
        connection.dependents.add(self._dependent)
        with self._lock:
            known = self._subscribe_locked().known
            self._pending = DictionaryChange(known, self._tracker.known.keys() - known.keys())
        self._dispatcher.post(self._notify)

    def _subscribe_locked(self) -> KeyTracker:
        """Subscribe, then read the keys. Changes in between wait for the lock."""
        prefix = self._prefix
        self._unsubscribe = self._client.on_change(self._on_change)
        return KeyTracker(self._client, lambda key: key.startswith(prefix))

    def close(self) -> None:
        """Stop calling observers. The mapping can still be read. Idempotent."""
        self._unsubscribe()
        self._connection.dependents.discard(self._dependent)
        with self._lock:
            self._pending = DictionaryChange()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _on_change(self, change: DictionaryChange) -> None:
        """Called on the thread `nanover-changes`."""
        with self._lock:
            is_posted = bool(self._pending)
            self._pending.merge(change)
        if not is_posted:
            self._dispatcher.post(self._notify)

    def _notify(self) -> None:
        with self._lock:
            pending, self._pending = self._pending, DictionaryChange()
            changes = list(self._tracker.changes(pending))
        for change in changes:
            self._observers[change.kind].notify(change)


class _Dependent:
    """Rebinds a SharedPrefix when its connection is replaced. Does not keep it alive."""

    def __init__(self, prefix: SharedPrefix) -> None:
        self._prefix = weakref.ref(prefix)

    def rebind(self, source: Connection) -> None:
        prefix = self._prefix()
        if prefix is not None:
            prefix.rebind(source)


def _open_connection(source: Connection | BaseClient) -> Connection:
    connection = Connection.of(source)
    if connection.client.status.state == "closed":
        raise ClosedError(connection.address)
    return connection


def shared_prefix(source: Connection | BaseClient, prefix: str = "") -> SharedPrefix:
    """Return the keys that begin with `prefix` as an observable mapping.

    Raises:
        ClosedError: The client was closed.
        TypeError: `source` has another type.
    """
    return SharedPrefix(source, prefix)
