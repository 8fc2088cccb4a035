"""Changes of the state for `async for`."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from nanover_jupyter.client.state.key_changes import KeyChange, KeyTracker
from nanover_jupyter.client.state.key_pattern import key_pattern
from nanover_jupyter.client.status import Status
from nanover_jupyter.errors import ClosedError
from nanover_jupyter.wire.messages import DictionaryChange

if TYPE_CHECKING:
    from nanover_jupyter.client.base_client import BaseClient

__all__ = ["ChangeStream"]


class ChangeStream:
    """The changes of some keys, one after the other, from the moment that it was made.

        async for change in client.changes("avatar.*"):
            print(change.kind, change.key)

    Who is slower than the server gets the last word on each key, so what waits never
    outgrows the state. It goes on when a lost connection is back, and ends with the
    client, with `close` or with its `async with` block. One task reads it, in whichever
    event loop that runs.

    Args:
        client: The client.
        pattern: Which keys; `*` stands for any text, `?` for one character.

    Raises:
        ClosedError: The client was closed.
    """

    def __init__(self, client: BaseClient, pattern: str = "*") -> None:
        if client.status.state == "closed":
            raise ClosedError(client.address)
        client.ensure_subscribed()
        inbox = self._inbox = _Inbox()
        unsubscribe = (client.on_change(inbox.take), client.on_status(inbox.note))
        self._tracker = KeyTracker(client, key_pattern(pattern))
        self._ready: deque[KeyChange] = deque()
        # Also when it is dropped without a word, as `break` does with it. The collector may
        # run that anywhere, so both only mark their subscription as ended.
        self._finish = weakref.finalize(self, lambda: [end() for end in unsubscribe])
        inbox.note(client.status)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> KeyChange:
        while not self._ready:
            change = await self._inbox.next()
            if change is None:
                raise StopAsyncIteration
            self._ready.extend(self._tracker.changes(change))
        return self._ready.popleft()

    def close(self) -> None:
        """Take no more changes; whoever waits for one is told that there is none."""
        self._finish()
        self._ready.clear()
        self._inbox.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


class _Inbox:
    """Takes changes on any thread, and gives them to one task, merged."""

    def __init__(self) -> None:
        # Guards what follows.
        self._lock = threading.Lock()
        self._change = DictionaryChange()
        self._closed = False
        self._waiter: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    def take(self, change: DictionaryChange) -> None:
        with self._lock:
            self._change.merge(change)
            self._wake_locked()

    def note(self, status: Status) -> None:
        if status.state == "closed":
            self.close()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._wake_locked()

    async def next(self) -> DictionaryChange | None:
        """What came since the last time; waits for something; None when that is over."""
        while True:
            with self._lock:
                if self._change:
                    change, self._change = self._change, DictionaryChange()
                    return change
                if self._closed:
                    return None
                event = asyncio.Event()
                self._waiter = (asyncio.get_running_loop(), event)
            await event.wait()

    def _wake_locked(self) -> None:
        if self._waiter is not None:
            loop, event = self._waiter
            self._waiter = None
            with suppress(RuntimeError):  # the loop was closed, and nobody waits any more
                loop.call_soon_threadsafe(event.set)
