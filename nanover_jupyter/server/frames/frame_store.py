"""The merged current frame of a simulation, from which subscribers catch up.

A subscriber has no queue, only a cursor with the revision that it has received. Its next
delta holds the latest value of every field that was published since. A slow subscriber
therefore uses no memory. Subscribers that want every frame share a short history.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from nanover_jupyter.errors import InvalidValue
from nanover_jupyter.wire.frames.field import FrameValue
from nanover_jupyter.wire.frames.fields import FIELDS
from nanover_jupyter.wire.frames.message import FRAME_INDEX, resets

__all__ = [
    "FIELDS_LIMIT",
    "HISTORY_LIMIT",
    "SIZE_LIMIT",
    "FrameCursor",
    "FrameDelta",
    "FrameEntry",
    "FrameStore",
]

# A subscriber that wants every frame and is further behind receives one merged frame.
HISTORY_LIMIT: Final = 32
# The limits of the merged frame. Clients close the connection on messages of more than 128 MiB,
# and lists of numbers take up to 9 bytes for each.
FIELDS_LIMIT: Final = 10_000
SIZE_LIMIT: Final = 100 * 1024 * 1024

_SERVER_TIMESTAMP: Final = "server.timestamp"
_SIMULATION_COUNTER: Final = "system.simulation.counter"

# The approximate size of a number, and of any item besides its content, in a message.
_NUMBER_SIZE: Final = 9
_ITEM_SIZE: Final = 5


class FrameEntry:
    """The value of a field at one revision.

    Attributes:
        size: The approximate size of the field in a message, in bytes.
        encodings: A cache of the encoded field by the name of the protocol. None if that
            protocol cannot carry the value. Guarded by the encoder of that protocol.
    """

    __slots__ = ("encodings", "revision", "size", "value")

    def __init__(self, revision: int, value: FrameValue, size: int) -> None:
        self.revision = revision
        self.value = value
        self.size = size
        self.encodings: dict[str, bytes | None] = {}


class FrameDelta:
    """The fields published between two revisions, shared by all subscribers that need the same.

    Attributes:
        entries: The latest entry of each field. Read-only.
        index: The index of the latest frame, or 0 if receivers must discard earlier fields.
        is_first: Whether this is the subscriber's first delta, the merged frame.
        messages: A cache of the encoded delta by the name of the protocol. Guarded by the
            encoder of that protocol.
    """

    __slots__ = ("entries", "index", "is_first", "messages")

    def __init__(self, entries: Mapping[str, FrameEntry], *, index: int, is_first: bool) -> None:
        self.entries = entries
        self.index = index
        self.is_first = is_first
        self.messages: dict[str, bytes] = {}


class FrameCursor:
    """The position of one subscriber. Guarded by the store's lock.

    Attributes:
        ended: Set when no more frames will be added.
        revision: The revision up to which the subscriber has received frames, or None before
            its first delta, the merged frame.
        every_frame: Whether pending frames are not merged, as far as the history goes back.
        has_pending: Whether there is a delta to take.
    """

    __slots__ = ("ended", "every_frame", "has_pending", "revision")

    def __init__(self, *, every_frame: bool, has_pending: bool) -> None:
        self.ended = threading.Event()
        self.revision: int | None = None
        self.every_frame = every_frame
        self.has_pending = has_pending


class FrameStore:
    """The merged current frame and its subscribers. Thread-safe.

    One condition guards everything. It is held briefly and notified when a frame is published
    or a cursor ends.

    Args:
        clock: Returns monotonic seconds, for `server.timestamp`.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._changed = threading.Condition(threading.Lock())
        self._revision = 0
        self._index = 0
        # The revision of the latest frame with index 0, and how many there were.
        self._reset_revision = 0
        self._resets = 0
        self._entries: dict[str, FrameEntry] = {}
        # Merged deltas to the current revision, by start revision.
        self._deltas: dict[int | None, FrameDelta] = {}
        # The latest frames, up to the current revision, while a cursor wants every frame.
        self._history: deque[FrameDelta] = deque(maxlen=HISTORY_LIMIT)
        self._cursors: set[FrameCursor] = set()
        self._closed = False

    @property
    def subscribers(self) -> int:
        """The number of open cursors."""
        return len(self._cursors)

    @property
    def closed(self) -> bool:
        """Whether no more frames are accepted."""
        return self._closed

    def publish(
        self, fields: Mapping[str, FrameValue], *, reset: bool = False, share: float = 1.0
    ) -> bool:
        """Merge a frame into the current one and notify subscribers.

        The first frame, and one with `reset` or the index 0, discards the fields of earlier
        frames and has the index 0. The following frames are numbered from 1. As NanoVer's
        server, this counts the resets in `system.simulation.counter`, which a frame may
        replace, and sets `server.timestamp`.

        Args:
            fields: Values in the types of `sendable`, which must not change any more.
            reset: Whether to discard the fields of earlier frames.
            share: The part of the limits that the merged frame may have.

        Returns:
            False if the store is closed.

        Raises:
            InvalidValue: The merged frame would be too large.
        """
        reset = reset or resets(fields)
        # Large lists take a while, so before the lock is held.
        sizes = {key: _field_size(key, value) for key, value in fields.items()}
        with self._changed:
            if self._closed:
                return False
            reset = reset or not self._revision
            self._add(self._stamped(fields, reset=reset), sizes, reset=reset, share=share)
            for cursor in self._cursors:
                cursor.has_pending = True
            self._changed.notify_all()
            return True

    def open(self, *, every_frame: bool = False) -> FrameCursor:
        """Return a cursor whose first delta is the merged frame, if there is one.

        Args:
            every_frame: Whether to receive pending frames one by one, unless more than
                `HISTORY_LIMIT` are pending.
        """
        with self._changed:
            cursor = FrameCursor(every_frame=every_frame, has_pending=self._revision > 0)
            if self._closed:
                cursor.ended.set()
            else:
                self._cursors.add(cursor)
            return cursor

    def end(self, cursor: FrameCursor) -> None:
        """End a cursor and any wait in `take`. Idempotent."""
        with self._changed:
            cursor.ended.set()
            self._cursors.discard(cursor)
            self._trim_history()
            self._changed.notify_all()

    def close(self) -> None:
        """Accept no more frames and end all cursors, including those opened later."""
        with self._changed:
            self._closed = True
            for cursor in self._cursors:
                cursor.ended.set()
            self._cursors.clear()
            self._history.clear()
            self._changed.notify_all()

    def take(self, cursor: FrameCursor, timeout: float | None = 0.0) -> FrameDelta | None:
        """Wait for a frame and move a cursor past it.

        Args:
            cursor: The position of the subscriber.
            timeout: The maximum wait in seconds, or None for no limit.

        Returns:
            None after the timeout, or if the cursor has ended.
        """
        with self._changed:
            if timeout != 0.0:
                self._changed.wait_for(lambda: cursor.has_pending or cursor.ended.is_set(), timeout)
            if cursor.ended.is_set() or not cursor.has_pending:
                return None
            return self._take(cursor)

    def _stamped(self, fields: Mapping[str, FrameValue], *, reset: bool) -> dict[str, FrameValue]:
        stamped = {key: value for key, value in fields.items() if key != FRAME_INDEX}
        if reset:
            stamped.setdefault(_SIMULATION_COUNTER, self._resets)
        stamped[_SERVER_TIMESTAMP] = self._clock()
        return stamped

    def _add(
        self,
        fields: Mapping[str, FrameValue],
        sizes: Mapping[str, int],
        *,
        reset: bool,
        share: float,
    ) -> None:
        revision = self._revision + 1
        added = {
            key: FrameEntry(revision, value, sizes.get(key, _NUMBER_SIZE))
            for key, value in fields.items()
        }
        merged = added if reset else {**self._entries, **added}
        size = sum(entry.size for entry in merged.values())
        fields_limit, size_limit = int(FIELDS_LIMIT * share), int(SIZE_LIMIT * share)
        if len(merged) > fields_limit or size > size_limit:
            raise InvalidValue(
                (),
                f"the frame would have {len(merged)} fields and {size} bytes; "
                f"the limits are {fields_limit} and {size_limit}",
            )
        self._revision = revision
        self._entries = merged
        self._index = 0 if reset else self._index + 1
        if reset:
            self._reset_revision = revision
            self._resets += 1
        self._deltas.clear()
        if any(cursor.every_frame for cursor in self._cursors):
            self._history.append(FrameDelta(added, index=self._index, is_first=False))

    def _take(self, cursor: FrameCursor) -> FrameDelta:
        start = cursor.revision
        pending = self._revision - (start or 0)
        if cursor.every_frame and start is not None and pending <= len(self._history):
            delta = self._history[-pending]
            cursor.revision = start + 1
        else:
            delta = self._merged_since(start)
            cursor.revision = self._revision
        cursor.has_pending = cursor.revision < self._revision
        if cursor.every_frame:
            self._trim_history()
        return delta

    def _merged_since(self, start: int | None) -> FrameDelta:
        delta = self._deltas.get(start)
        if delta is None:
            discards = start is not None and start < self._reset_revision
            entries = {
                key: entry
                for key, entry in self._entries.items()
                if start is None or entry.revision > start
            }
            index = 0 if discards else self._index
            delta = FrameDelta(entries, index=index, is_first=start is None)
            self._deltas[start] = delta
        return delta

    def _trim_history(self) -> None:
        """Drop the frames that every cursor has received."""
        starts = [
            cursor.revision
            for cursor in self._cursors
            if cursor.every_frame and cursor.revision is not None
        ]
        pending = self._revision - min(starts, default=self._revision)
        while len(self._history) > pending:
            self._history.popleft()


def _field_size(key: str, value: FrameValue) -> int:
    """Return the approximate size of a field in a message."""
    if isinstance(value, np.ndarray) and key not in FIELDS:
        return len(key) + _NUMBER_SIZE * value.size
    return len(key) + _size(value)


def _size(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, str | bytes):
        return _ITEM_SIZE + len(value)
    if isinstance(value, list):
        return _ITEM_SIZE + sum(map(_size, value))
    if isinstance(value, dict):
        return _ITEM_SIZE + sum(len(key) + _size(item) for key, item in value.items())
    return _NUMBER_SIZE
