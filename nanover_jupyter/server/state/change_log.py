"""The latest change of every key, from which subscribers catch up.

A subscriber has no queue, only a cursor with the revision that it has received. Its next
delta covers everything since. A slow subscriber therefore uses memory only for the removals
that it has not received, up to a limit.
"""

from __future__ import annotations

import threading
from typing import Final

from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import ABSENT, Absent, Value

__all__ = ["PENDING_REMOVALS_LIMIT", "ChangeLog", "Cursor", "Delta", "Entry"]

# Pending updates never outnumber the keys of the state, but each key that was added and
# removed leaves a pending removal. A subscriber beyond this limit is disconnected.
PENDING_REMOVALS_LIMIT = 100_000

_MIN_PRUNE_THRESHOLD: Final = 64


class Entry:
    """The value of a key at one revision, or ABSENT if the key was removed.

    Attributes:
        encodings: A cache of the encoded entry by the name of the protocol. None if that
            protocol cannot carry the value.
    """

    __slots__ = ("encodings", "revision", "value")

    def __init__(self, revision: int, value: Value | Absent) -> None:
        self.revision = revision
        self.value = value
        self.encodings: dict[str, bytes | None] = {}


class Delta:
    """The changes between two revisions, shared by all subscribers that need the same.

    Attributes:
        entries: The latest entry of each key, in the order of change. Read-only.
        is_first: Whether this is the subscriber's first delta, the full state.
        messages: A cache of the encoded delta by the name of the protocol.
    """

    __slots__ = ("entries", "is_first", "messages")

    def __init__(self, entries: dict[str, Entry], *, is_first: bool) -> None:
        self.entries = entries
        self.is_first = is_first
        self.messages: dict[str, bytes] = {}

    @property
    def change(self) -> DictionaryChange:
        """The updates and removals. The values are shared and read-only."""
        entries = self.entries.items()
        return DictionaryChange(
            {key: entry.value for key, entry in entries if entry.value is not ABSENT},
            {key for key, entry in entries if entry.value is ABSENT},
        )


class Cursor:
    """The position of one subscriber in a change log. Guarded by the log's lock.

    Attributes:
        ended: Set when no more changes will be added.
        revision: The revision up to which the subscriber has received removals.
        knows_state: Whether the subscriber has received its first delta, the full state.
        has_pending: Whether there is a delta to take.
        lagging: Whether the cursor ended because too many removals were pending.
    """

    __slots__ = ("ended", "has_pending", "knows_state", "lagging", "revision")

    def __init__(self, revision: int, *, has_pending: bool) -> None:
        self.ended = threading.Event()
        self.revision = revision
        self.knows_state = False
        self.has_pending = has_pending
        self.lagging = False


class ChangeLog:
    """The entries of a state in the order of their last change. Thread-safe.

    One condition guards everything. It is held briefly and notified when a change is
    recorded or a cursor ends.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition(threading.Lock())
        self._revision = 0
        # Recorded entries move to the end, so a delta is found by reading backwards.
        self._entries: dict[str, Entry] = {}
        self._removals = 0
        self._prune_above = _MIN_PRUNE_THRESHOLD
        # Deltas to the current revision, by start revision and `knows_state`.
        self._deltas: dict[tuple[int, bool], Delta] = {}
        self._cursors: set[Cursor] = set()
        self._closed = False

    @property
    def subscribers(self) -> int:
        """The number of open cursors."""
        return len(self._cursors)

    def record(self, change: DictionaryChange) -> None:
        """Append a change as one revision, so that subscribers receive all of it at once."""
        with self._changed:
            self._revision += 1
            self._deltas.clear()
            for key, value in change.updates.items():
                self._append(key, value)
            for key in change.removals:
                self._append(key, ABSENT)
            if self._removals > self._prune_above:
                self._prune()
            for cursor in self._cursors:
                cursor.has_pending = True
            self._changed.notify_all()

    def open(self) -> Cursor:
        """Return a cursor whose first delta is the full state."""
        with self._changed:
            has_values = len(self._entries) > self._removals
            cursor = Cursor(self._revision, has_pending=has_values)
            if self._closed:
                cursor.ended.set()
            else:
                self._cursors.add(cursor)
            return cursor

    def end(self, cursor: Cursor) -> None:
        """End a cursor. Pending changes can still be taken. Idempotent."""
        with self._changed:
            cursor.ended.set()
            self._cursors.discard(cursor)
            self._changed.notify_all()

    def close(self) -> None:
        """End all cursors, including those opened later."""
        with self._changed:
            self._closed = True
            for cursor in self._cursors:
                cursor.ended.set()
            self._cursors.clear()
            self._changed.notify_all()

    def take(self, cursor: Cursor, timeout: float | None = 0.0) -> Delta | None:
        """Wait for changes and move a cursor to the latest revision.

        Args:
            cursor: The position of the subscriber.
            timeout: The maximum wait in seconds, or None for no limit.

        Returns:
            None after the timeout, or if the cursor has ended and no changes are left.
        """
        with self._changed:
            if timeout != 0.0:
                self._changed.wait_for(lambda: cursor.has_pending or cursor.ended.is_set(), timeout)
            return self._take(cursor) if cursor.has_pending else None

    def _take(self, cursor: Cursor) -> Delta:
        start = (cursor.revision, cursor.knows_state)
        delta = self._deltas.get(start)
        if delta is None:
            delta = self._deltas[start] = self._build_delta(*start)
        cursor.revision = self._revision
        cursor.knows_state = True
        cursor.has_pending = False
        return delta

    def _append(self, key: str, value: Value | Absent) -> None:
        old = self._entries.pop(key, None)
        self._removals += (value is ABSENT) - (old is not None and old.value is ABSENT)
        self._entries[key] = Entry(self._revision, value)

    def _build_delta(self, revision: int, knows_state: bool) -> Delta:  # noqa: FBT001
        found: list[tuple[str, Entry]] = []
        for key in reversed(self._entries):
            entry = self._entries[key]
            if entry.revision <= revision:
                if knows_state:
                    break
                if entry.value is ABSENT:
                    continue
            found.append((key, entry))
        found.reverse()
        return Delta(dict(found), is_first=not knows_state)

    def _prune(self) -> None:
        """Drop removals that every cursor has received, and end cursors that lag too far behind."""
        removed = [entry.revision for entry in self._entries.values() if entry.value is ABSENT]
        if len(removed) > PENDING_REMOVALS_LIMIT:
            oldest = removed[-PENDING_REMOVALS_LIMIT - 1]
            # A single change may remove any number of keys.
            limit = min(oldest, self._revision - 1)
            for cursor in [each for each in self._cursors if each.revision < limit]:
                cursor.lagging, cursor.has_pending = True, False
                cursor.ended.set()
                self._cursors.discard(cursor)
        received = min((cursor.revision for cursor in self._cursors), default=self._revision)
        self._entries = {
            key: entry
            for key, entry in self._entries.items()
            if entry.value is not ABSENT or entry.revision > received
        }
        self._removals = sum(revision > received for revision in removed)
        # Prune rarely enough that a pass over all entries costs little per removal.
        self._prune_above = min(
            max(2 * self._removals + _MIN_PRUNE_THRESHOLD, len(self._entries) // 4),
            PENDING_REMOVALS_LIMIT,
        )
