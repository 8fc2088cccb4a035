"""The current frame, merged from the messages that a client receives."""

from __future__ import annotations

import threading
from collections import deque
from typing import Final

from nanover_jupyter.client.frames.series import FrameSeries
from nanover_jupyter.wire.frames.field import FrameField, MaybeField
from nanover_jupyter.wire.frames.frame import Frame
from nanover_jupyter.wire.frames.message import FrameFields, FrameMessage

__all__ = ["FrameCursor", "FrameMirror"]

# Limits of the messages that wait to be merged. The newest is kept whatever its size.
_PENDING_MESSAGES: Final = 64
_PENDING_BYTES: Final = 1_000_000
# A server that keeps inventing keys must not fill the memory.
_FIELDS_LIMIT: Final = 10_000
# The number of arrivals that the frame rate is computed from, and their age in seconds.
_ARRIVALS: Final = 100
_RATE_SECONDS: Final = 2.0


class FrameCursor:
    """The keys that changed since one reader last took a frame."""

    __slots__ = ("changed",)

    def __init__(self) -> None:
        self.changed: set[str] = set()


class FrameMirror:
    """Merges frame messages into the current frame when it is read. Thread-safe.

    A message is kept as bytes until then, so that a client that reads no frames pays next to
    nothing for them. When too many wait they are merged, which reads their keys but decodes
    no array.

    Attributes:
        series: Records the numbers of every frame, once it is set.
    """

    def __init__(self) -> None:
        # Guards everything below.
        self._lock = threading.Lock()
        self._pending: list[FrameMessage] = []
        self._pending_bytes = 0
        self._fields: dict[str, MaybeField] = {}
        self._frame: Frame | None = None
        self._generation = -1
        self._cursors: tuple[FrameCursor, ...] = ()
        self.series: FrameSeries | None = None
        # The times at which messages were received. Written by one thread at a time.
        self._arrivals: deque[float] = deque(maxlen=_ARRIVALS)

    def add(self, message: FrameMessage) -> None:
        """Add a received message."""
        self._arrivals.append(message.received_at)
        with self._lock:
            self._pending.append(message)
            self._pending_bytes += len(message.data)
            if len(self._pending) > _PENDING_MESSAGES or self._pending_bytes > _PENDING_BYTES:
                self._merge()

    def current(self) -> Frame | None:
        """Return the current frame; None before the first."""
        with self._lock:
            self._merge()
            return self._frame

    def rate(self, now: float) -> float:
        """Return the frames per second received in the last two seconds.

        Args:
            now: The current monotonic time.
        """
        recent = [at for at in tuple(self._arrivals) if now - at <= _RATE_SECONDS]
        if len(recent) < 2:  # noqa: PLR2004 - an interval needs two
            return 0.0
        return (len(recent) - 1) / max(now - recent[0], 1e-3)

    @property
    def last_received_at(self) -> float | None:
        """When the last frame was received, in monotonic seconds; None before the first."""
        return self._arrivals[-1] if self._arrivals else None

    def open_cursor(self) -> FrameCursor:
        """Return a cursor for which all keys of the current frame have changed."""
        cursor = FrameCursor()
        with self._lock:
            self._merge()
            cursor.changed.update(self._fields)
            self._cursors = (*self._cursors, cursor)
        return cursor

    def close_cursor(self, cursor: FrameCursor) -> None:
        """Stop collecting changes for a cursor."""
        with self._lock:
            self._cursors = tuple(each for each in self._cursors if each is not cursor)

    def take(self, cursor: FrameCursor) -> tuple[Frame, frozenset[str]] | None:
        """Return the current frame and the keys that changed since the last call.

        Returns None if nothing has changed. Keys that a reset removed are among the changed.
        """
        with self._lock:
            self._merge()
            if not cursor.changed or self._frame is None:
                return None
            changed = frozenset(cursor.changed)
            cursor.changed.clear()
            return self._frame, changed

    def record(self, series: FrameSeries) -> FrameSeries:
        """Start recording into a series, from the current frame on; returns the one in use."""
        with self._lock:
            self._merge()
            if self.series is None:
                self.series = series
                if self._frame is not None:
                    series.append(self._frame.received_at, self._fields, is_reset=False)
            return self.series

    def _merge(self) -> None:
        """Merge the waiting messages. Call with the lock."""
        if not self._pending:
            return
        messages, self._pending = self._pending, []
        self._pending_bytes = 0
        last = messages[-1]
        newest = last.read()
        is_recorded = self.series is not None
        merged = [
            self._add(message, newest if message is last else message.read())
            for message in messages
            if is_recorded or message is last or not last.replaces(message)
        ]
        if not any(merged):
            return
        for key, field in self._fields.items():
            if isinstance(field, FrameField):
                self._fields[key] = field.without(last.data)
        generation = max(self._generation, 0)
        self._frame = Frame(self._fields, generation=generation, received_at=last.received_at)

    def _add(self, message: FrameMessage, content: FrameFields | None) -> bool:
        """Merge one message; returns False if it is malformed. Call with the lock."""
        if content is None:
            return False
        changed = set(content.fields)
        if content.resets:
            changed.update(self._fields)
            self._fields.clear()
            self._generation += 1
        self._fields.update(content.fields)
        while len(self._fields) > _FIELDS_LIMIT:
            key, _ = self._fields.popitem()  # the latest new key
            changed.discard(key)
        for cursor in self._cursors:
            cursor.changed |= changed
        if self.series is not None:
            self.series.append(message.received_at, self._fields, is_reset=content.resets)
        return True
