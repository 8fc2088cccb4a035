"""All keys with one prefix as a mapping that tells what comes, changes and goes."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Literal, Self

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.connection import Connection
from nanover_jupyter.client.listeners import Listeners, Unsubscribe
from nanover_jupyter.client.state.key_changes import KeyChange, KeyTracker
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
        avatars.on_added(lambda change: print(change.value["name"], "came"))

    What is read is what is known at that moment, on any thread, as copies. Observers are
    called through the client's `MainThreadDispatcher`: on the kernel's main thread, or on
    the thread `nanover-traits` while a cell keeps that one busy. Who is slower than the server gets
    the last word on each key; what was said again and is the same is no change.

    It lasts until `close`, the end of its `with` block, or the client's end.

    Args:
        source: A Connection, or a client.
        prefix: What the keys begin with; all keys by default. They are given whole.

    Raises:
        ClosedError: The client was closed.
        TypeError: `source` is something else.
    """

    def __init__(self, source: Connection | BaseClient, prefix: str = "") -> None:
        connection = _open_connection(source)
        super().__init__(connection.client, prefix)
        self._connection = connection
        self._delivery = MainThreadDispatcher.of(connection)
        self._observers: dict[Kind, Listeners[KeyChange]] = {
            "added": Listeners(),
            "changed": Listeners(),
            "removed": Listeners(),
        }
        # Guards what has not been told yet, and the tracker of what was; never held
        # while an observer runs.
        self._lock = threading.Lock()
        self._news = DictionaryChange()
        with self._lock:
            self._tracker = self._follow_locked()
        # A mapping is no member of sets; this stands for it.
        self._dependent = _Dependent(self)
        connection.dependents.add(self._dependent)

    @property
    def prefix(self) -> str:
        """What the keys begin with."""
        return self._prefix

    def on_added(self, callback: Observer, *, present: bool = False) -> Unsubscribe:
        """Call `callback(change)` for every key that comes; returns what ends that.

        Args:
            callback: Called with a `KeyChange`.
            present: Whether to call it for the keys that are there already, too.
        """
        added = self._observers["added"]
        if not present:
            return added.subscribe(callback)
        first: Listeners[KeyChange] = Listeners()
        ends = [first.subscribe(callback)]

        def begin() -> None:
            # Where the tracker lives, so that no key is told twice or left out.
            with self._lock:
                known = list(self._tracker.known.items())
            for key, value in known:
                first.notify(KeyChange("added", key, value, None))
            ends.append(added.subscribe(first.notify))

        def end_all() -> None:
            for end in ends:
                end()

        self._delivery.post(begin)
        return end_all

    def on_changed(self, callback: Observer) -> Unsubscribe:
        """Call `callback(change)` for every key that gets another value."""
        return self._observers["changed"].subscribe(callback)

    def on_removed(self, callback: Observer) -> Unsubscribe:
        """Call `callback(change)` for every key that goes; `change.old` is what it was."""
        return self._observers["removed"].subscribe(callback)

    def rebind(self, source: Connection | BaseClient) -> None:
        """Show the keys of another connection from now on; observers hear what differs.

        Raises:
            ClosedError: The client was closed.
            TypeError: `source` is something else.
        """
        connection = _open_connection(source)
        self.close()
        self._connection, self._client = connection, connection.client
        self._delivery = MainThreadDispatcher.of(connection)
        connection.dependents.add(self._dependent)
        with self._lock:
            here = self._follow_locked().known
            self._news = DictionaryChange(here, self._tracker.known.keys() - here.keys())
        self._delivery.post(self._tell)

    def _follow_locked(self) -> KeyTracker:
        """Hear of changes, and look up what is there: what comes in between waits for the lock."""
        prefix = self._prefix
        self._unsubscribe = self._client.on_change(self._on_change)
        return KeyTracker(self._client, lambda key: key.startswith(prefix))

    def close(self) -> None:
        """Call nobody any more; it can still be read. Idempotent."""
        self._unsubscribe()
        self._connection.dependents.discard(self._dependent)
        with self._lock:
            self._news = DictionaryChange()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _on_change(self, change: DictionaryChange) -> None:
        """Called on the thread `nanover-changes`."""
        with self._lock:
            waiting = bool(self._news)
            self._news.merge(change)
        if not waiting:
            self._delivery.post(self._tell)

    def _tell(self) -> None:
        with self._lock:
            news, self._news = self._news, DictionaryChange()
            changes = list(self._tracker.changes(news))
        for change in changes:
            self._observers[change.kind].notify(change)


class _Dependent:
    """Lets a SharedPrefix, which it does not keep alive, follow its connection's name."""

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
    """The keys that begin with `prefix`, as a mapping that can be observed: a SharedPrefix.

    Raises:
        ClosedError: The client was closed.
        TypeError: `source` is something else.
    """
    return SharedPrefix(source, prefix)
