"""Changes of single keys, and an async iterator over them."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, Self

from nanover_jupyter.client.state.key_pattern import key_pattern
from nanover_jupyter.client.state.live_state import StateSource
from nanover_jupyter.client.status import Status
from nanover_jupyter.errors import ClosedError
from nanover_jupyter.wire.lazy import read
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import ABSENT, Value, same_value

__all__ = ["ChangeStream", "KeyChange", "KeyTracker"]


@dataclass(frozen=True, slots=True)
class KeyChange:
    """A change of one key.

    Attributes:
        kind: Whether the key was added, changed or removed.
        key: The key.
        value: Its new value; None if it was removed. Shared, do not modify it.
        old: Its previous value; None if it was added. Shared, do not modify it.
    """

    kind: Literal["added", "changed", "removed"]
    key: str
    value: Value
    old: Value


class KeyTracker:
    """Splits updates of the state into changes of keys. Used by one thread.

    Args:
        client: The client, whose current state is the basis of the first comparison.
        matches: Selects the keys.
    """

    def __init__(self, client: StateSource, matches: Callable[[str], bool]) -> None:
        self._matches = matches
        self.known: dict[str, Value] = {}
        for key in filter(matches, client.keys()):
            value = client.peek(key, ABSENT)
            if value is not ABSENT:
                self.known[key] = value

    def changes(self, update: DictionaryChange) -> Iterator[KeyChange]:
        """Return the changes of an update. A value that was sent unchanged is none."""
        for key, received in update.lazy_updates.items():
            if not self._matches(key):
                continue
            value = read(received)
            old = self.known.get(key, ABSENT)
            self.known[key] = value
            if old is ABSENT:
                yield KeyChange("added", key, value, None)
            elif not same_value(old, value):
                yield KeyChange("changed", key, value, old)
        for key in sorted(update.removals & self.known.keys()):
            yield KeyChange("removed", key, None, self.known.pop(key))


class ChangeStream:
    """An async iterator over changes of keys since it was made.

        async for change in client.changes("avatar.*"):
            print(change.kind, change.key)

    A slow reader gets only the last change of each key, so the queue is never larger than
    the state. The stream continues after a reconnection, and ends with the client, with
    `close` or with its `async with` block. One task may read it, in any event loop.

    Args:
        client: The client.
        pattern: Selects the keys; `*` matches any text, `?` one character.

    Raises:
        ClosedError: The client was closed.
    """

    def __init__(self, client: StateSource, pattern: str = "*") -> None:
        if client.status.state == "closed":
            raise ClosedError(client.address)
        client.ensure_subscribed()
        queue = self._queue = _UpdateQueue()
        unsubscribe = (client.on_change(queue.put), client.on_status(queue.on_status))
        self._tracker = KeyTracker(client, key_pattern(pattern))
        self._ready: deque[KeyChange] = deque()
        # A loop that ends with `break` does not close the stream. The finalizer may run
        # anywhere, and only marks both subscriptions as ended.
        self._finish = weakref.finalize(self, lambda: [end() for end in unsubscribe])
        queue.on_status(client.status)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> KeyChange:
        while not self._ready:
            update = await self._queue.get()
            if update is None:
                raise StopAsyncIteration
            self._ready.extend(self._tracker.changes(update))
        return self._ready.popleft()

    def close(self) -> None:
        """End the stream, also for a task that waits for the next change."""
        self._finish()
        self._ready.clear()
        self._queue.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


class _UpdateQueue:
    """Merges updates from any thread, and passes them to one task."""

    def __init__(self) -> None:
        # Guards the fields below.
        self._lock = threading.Lock()
        self._pending = DictionaryChange()
        self._closed = False
        self._waiter: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    def put(self, update: DictionaryChange) -> None:
        with self._lock:
            self._pending.merge(update)
            self._wake_locked()

    def on_status(self, status: Status) -> None:
        if status.state == "closed":
            self.close()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._wake_locked()

    async def get(self) -> DictionaryChange | None:
        """Wait for updates and return them merged; None if the queue is closed and empty."""
        while True:
            with self._lock:
                if self._pending:
                    update, self._pending = self._pending, DictionaryChange()
                    return update
                if self._closed:
                    return None
                event = asyncio.Event()
                self._waiter = (asyncio.get_running_loop(), event)
            await event.wait()

    def _wake_locked(self) -> None:
        if self._waiter is not None:
            loop, event = self._waiter
            self._waiter = None
            with suppress(RuntimeError):  # the loop was closed
                loop.call_soon_threadsafe(event.set)
