"""The latest value of every key in the order of change, from which subscribers catch up.

A subscriber keeps no queue, only the revision that it has received. Recording a change
copies nothing for it, and its next delta covers everything since. A slow subscriber costs
the removals that it has not received, up to a limit.
"""

from __future__ import annotations

import threading
from typing import Final

from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import ABSENT, Absent, Value

__all__ = ["PENDING_REMOVALS_LIMIT", "ChangeLog", "Cursor", "Delta", "Entry"]

# Pending updates can never outnumber the keys of the state, but removals can: keys that
# come and go leave one each. A subscriber that far behind is disconnected.
PENDING_REMOVALS_LIMIT = 100_000

_FEW_REMOVALS: Final = 64


class Entry:
    """A value of a key, or ABSENT where the key was removed, as of one revision.

    Attributes:
        encodings: The entry as each wire sends it, by the name of the wire; None where
            that wire cannot carry it. Filled by those who encode.
    """

    __slots__ = ("encodings", "revision", "value")

    def __init__(self, revision: int, value: Value | Absent) -> None:
        self.revision = revision
        self.value = value
        self.encodings: dict[str, bytes | None] = {}


class Delta:
    """What changed between two revisions, shared by all subscribers between the same two.

    Attributes:
        entries: The latest entry of each key, in the order of change; not to be altered.
        is_first: Whether the receiver knows no state yet.
        messages: The delta as each wire sends it, by the name of the wire. Filled by
            those who encode.
    """

    __slots__ = ("entries", "is_first", "messages")

    def __init__(self, entries: dict[str, Entry], *, is_first: bool) -> None:
        self.entries = entries
        self.is_first = is_first
        self.messages: dict[str, bytes] = {}

    @property
    def change(self) -> DictionaryChange:
        """The values and removals; the values are shared, not to be altered."""
        entries = self.entries.items()
        return DictionaryChange(
            {key: entry.value for key, entry in entries if entry.value is not ABSENT},
            {key for key, entry in entries if entry.value is ABSENT},
        )


class Cursor:
    """How far one subscriber has followed a log, which guards all fields.

    Attributes:
        ended: Set when nothing will be added any more.
        revision: The revision up to which the subscriber knows the removals.
        knows_state: Whether it has received a first delta, and so the values too.
        has_news: Whether there is a delta to take.
        lagging: Whether it ended because too many removals were pending.
    """

    __slots__ = ("ended", "has_news", "knows_state", "lagging", "revision")

    def __init__(self, revision: int, *, has_news: bool) -> None:
        self.ended = threading.Event()
        self.revision = revision
        self.knows_state = False
        self.has_news = has_news
        self.lagging = False


class ChangeLog:
    """The entries of a state in the order of their last change.

    All methods may be called from any thread. One condition guards everything, is held
    briefly, and is notified of every change and every end.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition(threading.Lock())
        self._revision = 0
        # Recorded entries move to the end, so the latest are found from there.
        self._entries: dict[str, Entry] = {}
        self._removals = 0
        self._prune_above = _FEW_REMOVALS
        # Deltas up to the current revision, by where they start.
        self._deltas: dict[tuple[int, bool], Delta] = {}
        self._cursors: set[Cursor] = set()
        self._closed = False

    @property
    def subscribers(self) -> int:
        """How many cursors are open."""
        return len(self._cursors)

    def record(self, change: DictionaryChange) -> None:
        """Append a change; all of it has one revision, so subscribers see it whole."""
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
                cursor.has_news = True
            self._changed.notify_all()

    def open(self) -> Cursor:
        """Return a cursor whose first delta is the whole state."""
        with self._changed:
            has_values = len(self._entries) > self._removals
            cursor = Cursor(self._revision, has_news=has_values)
            if self._closed:
                cursor.ended.set()
            else:
                self._cursors.add(cursor)
            return cursor

    def end(self, cursor: Cursor) -> None:
        """Add nothing more for this cursor; what is pending can still be taken. Idempotent."""
        with self._changed:
            cursor.ended.set()
            self._cursors.discard(cursor)
            self._changed.notify_all()

    def close(self) -> None:
        """End all cursors, and those that are opened later."""
        with self._changed:
            self._closed = True
            for cursor in self._cursors:
                cursor.ended.set()
            self._cursors.clear()
            self._changed.notify_all()

    def take(self, cursor: Cursor, timeout: float | None = 0.0) -> Delta | None:
        """Wait for something new and move a cursor to the latest revision.

        Args:
            cursor: Where the subscriber is.
            timeout: The longest wait in seconds; None for as long as it takes.

        Returns:
            None when nothing came in time, or when the cursor has ended and
            everything was taken.
        """
        with self._changed:
            if timeout != 0.0:
                self._changed.wait_for(lambda: cursor.has_news or cursor.ended.is_set(), timeout)
            return self._take(cursor) if cursor.has_news else None

    def _take(self, cursor: Cursor) -> Delta:
        start = (cursor.revision, cursor.knows_state)
        delta = self._deltas.get(start)
        if delta is None:
            delta = self._deltas[start] = self._delta(*start)
        cursor.revision = self._revision
        cursor.knows_state = True
        cursor.has_news = False
        return delta

    def _append(self, key: str, value: Value | Absent) -> None:
        old = self._entries.pop(key, None)
        self._removals += (value is ABSENT) - (old is not None and old.value is ABSENT)
        self._entries[key] = Entry(self._revision, value)

    def _delta(self, revision: int, knows_state: bool) -> Delta:  # noqa: FBT001 - from a key
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
        """Forget the removals that every cursor has passed, and end cursors far behind."""
        removed = [entry.revision for entry in self._entries.values() if entry.value is ABSENT]
        if len(removed) > PENDING_REMOVALS_LIMIT:
            oldest = removed[-PENDING_REMOVALS_LIMIT - 1]
            # Not for the newest change alone, however many keys it removes.
            behind = min(oldest, self._revision - 1)
            for cursor in [each for each in self._cursors if each.revision < behind]:
                cursor.lagging, cursor.has_news = True, False
                cursor.ended.set()
                self._cursors.discard(cursor)
        passed = min((cursor.revision for cursor in self._cursors), default=self._revision)
        self._entries = {
            key: entry
            for key, entry in self._entries.items()
            if entry.value is not ABSENT or entry.revision > passed
        }
        self._removals = sum(revision > passed for revision in removed)
        # Seldom enough that going over all entries costs little per removal.
        self._prune_above = min(
            max(2 * self._removals + _FEW_REMOVALS, len(self._entries) // 4),
            PENDING_REMOVALS_LIMIT,
        )
