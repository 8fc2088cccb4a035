"""What the page must be told of the shared state: bookkeeping without a thread.

Keeps which keys changed at which revision, gives every key a small number so that
its text travels once, and writes snapshot parts and deltas. Values are read when a
message is written, so a message never says anything older than one before it.
"""

from __future__ import annotations

import heapq
import secrets
import threading
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Protocol

import orjson

from nanover_jupyter.widgets.sync import page_values as _page_values
from nanover_jupyter.widgets.sync.messages import DeltaBody, SnapshotBody
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import ABSENT

__all__ = ["SnapshotCursor", "StateFeed", "StateMessage", "StateSource"]

# The first part is a screenful and a bit, to be on screen at once.
_FIRST_PART: Final = 200
# For a tenth of a second, in the worst order.
_MOST_SORTED: Final = 100_000
_PART_BYTES: Final = 400_000
_DELTA_KEYS: Final = 3_000
_GONE_KEPT: Final = 10_000


class StateSource(Protocol):
    """Where values are read: a client."""

    def keys(self) -> list[str]:
        """All keys."""

    def peek(self, key: str, default: Any = None) -> Any:
        """The value of one key."""


@dataclass(frozen=True, slots=True)
class StateMessage:
    """A message with state in it: its body and its two buffers."""

    op: str
    body: SnapshotBody | DeltaBody
    buffers: tuple[bytes, bytes]

    @property
    def size(self) -> int:
        """Bytes in the buffers."""
        return len(self.buffers[0]) + len(self.buffers[1])


@dataclass(slots=True)
class SnapshotCursor:
    """How far the snapshot for one view has come."""

    keys: Sequence[str]
    rev: int
    position: int = 0
    part: int = 0

    @property
    def done(self) -> bool:
        """Whether the last part was written."""
        return self.part > 0 and self.position >= len(self.keys)


class StateFeed:
    """Turns changes of the state into messages. Thread-safe; one lock guards it all.

    `changed` is called on the client's thread, everything else by the publisher's.

    Args:
        source: Where values are read.
    """

    def __init__(self, source: StateSource) -> None:
        self.epoch = secrets.token_hex(8)
        self._source = source
        self._lock = threading.Lock()
        # Counts changes; `_sent` is the revision that the broadcast deltas reached.
        self._rev = 0
        self._sent = 0
        self._seq = 0
        self._dirty: dict[str, None] = {}
        self._changed_at: dict[str, int] = {}
        # Removed keys by revision, oldest first, back to `_gone_floor`.
        self._gone: dict[str, int] = {}
        self._gone_floor = 0
        self._ids: dict[str, int] = {}
        self._last_id = 0
        # Keys whose number was broadcast to every view.
        self._announced: set[str] = set()
        # Bytes of each value as it was last written, and of all of them.
        self._sizes: dict[str, int] = {}
        self._size = 0

    @property
    def rev(self) -> int:
        """The revision that views have when they took in everything sent."""
        return self._sent

    @property
    def seq(self) -> int:
        """The number of the last bulk message."""
        return self._seq

    @property
    def has_changes(self) -> bool:
        """Whether there is anything to broadcast."""
        return bool(self._dirty)

    @property
    def size(self) -> int:
        """Bytes of all values as JSON, as they were last written."""
        return self._size

    def number_from(self, seq: int) -> None:
        """Count on from the messages of the feed that this one follows in the same widget."""
        with self._lock:
            self._seq = max(self._seq, seq)

    def changed(self, change: DictionaryChange) -> None:
        """Note that keys changed; what they changed to is read later."""
        with self._lock:
            self._rev += 1
            for key in change.lazy_updates:
                self._dirty[key] = None
                self._changed_at[key] = self._rev
                self._gone.pop(key, None)
            for key in change.removals:
                self._dirty[key] = None
                self._changed_at.pop(key, None)
                self._gone.pop(key, None)
                self._gone[key] = self._rev
            while len(self._gone) > _GONE_KEPT:
                oldest = next(iter(self._gone))
                self._gone_floor = self._gone.pop(oldest)

    def skip_if_long(self) -> None:
        """As `skip`, once so much waits that no view would take it as deltas."""
        if len(self._dirty) > _GONE_KEPT:
            self.skip()

    def skip(self) -> None:
        """Count everything so far as sent: no view is left that would need it as a delta."""
        with self._lock:
            for key in self._dirty:
                self._retire(key)
            self._dirty.clear()
            self._sent = self._rev
            self._announced.clear()

    def begin_snapshot(self) -> SnapshotCursor:
        """Start a snapshot of everything, with what a tree shows first at its beginning."""
        keys = _first_ones_first(self._source.keys())
        with self._lock:
            return SnapshotCursor(keys, self._sent)

    def next_part(self, cursor: SnapshotCursor) -> StateMessage:
        """Write the next part of a snapshot and move its cursor on."""
        limit = _FIRST_PART if cursor.part == 0 else len(cursor.keys)
        keys: list[str] = []
        values: list[bytes] = []
        sizes: list[int] = []
        size = 0
        for key in islice(cursor.keys, cursor.position, None):
            if len(keys) >= limit or size >= _PART_BYTES:
                break
            cursor.position += 1
            value = self._source.peek(key, ABSENT)
            if value is ABSENT:
                continue  # removed since; the delta that says so finds nothing to remove
            written, whole = _page_values.measured(value)
            keys.append(key)
            values.append(written)
            sizes.append(whole)
            size += len(written) + len(key)
        with self._lock:
            self._note_sizes(zip(keys, sizes, strict=True))
            ids = [self._id_of(key) for key in keys]
            self._seq += 1
            body = SnapshotBody(
                epoch=self.epoch,
                rev=cursor.rev,
                seq=self._seq,
                part=cursor.part,
                last=cursor.position >= len(cursor.keys),
                keys=len(cursor.keys),
            )
        cursor.part += 1
        data = {"keys": keys, "values": [orjson.Fragment(value) for value in values]}
        return StateMessage("snapshot", body, (_numbers(ids), _json(data)))

    def next_delta(self) -> StateMessage | None:
        """Write what changed since the last delta, or as much of it as one message takes."""
        with self._lock:
            keys = list(islice(self._dirty, _DELTA_KEYS))
            for key in keys:
                del self._dirty[key]
            target = self._rev if not self._dirty else self._sent
        if not keys:
            return None
        written = self._write(keys)
        with self._lock:
            new = [key for key in written if key not in self._announced]
            ids = {key: self._id_of(key) for key in written}
            self._announced.update(new)
            gone = [key for key in keys if key not in written and self._retire(key)]
            start, self._sent = self._sent, target
            return self._delta((start, target), ids, written, new, gone)

    def catch_up(self, rev: int) -> StateMessage | None:
        """What a view at `rev` missed, in one message; None when it needs a snapshot."""
        with self._lock:
            if not self._gone_floor <= rev <= self._sent:
                return None
            keys = [key for key, at in self._changed_at.items() if at > rev]
            gone = [key for key, at in self._gone.items() if at > rev]
        if len(keys) > _DELTA_KEYS:
            return None
        written = self._write(keys)
        with self._lock:
            ids = {key: self._id_of(key) for key in written}
            return self._delta((rev, self._sent), ids, written, ids, gone)

    def _write(self, keys: Iterable[str]) -> dict[str, bytes]:
        """The values of those keys that are there now."""
        written: dict[str, bytes] = {}
        sizes: dict[str, int] = {}
        for key in keys:
            value = self._source.peek(key, ABSENT)
            if value is not ABSENT:
                written[key], sizes[key] = _page_values.measured(value)
        with self._lock:
            self._note_sizes(sizes.items())
        return written

    def _note_sizes(self, sizes: Iterable[tuple[str, int]]) -> None:
        known = self._sizes
        for key, size in sizes:
            self._size += size - known.get(key, 0)
            known[key] = size

    def _delta(
        self,
        revs: tuple[int, int],
        ids: dict[str, int],
        written: dict[str, bytes],
        new: Iterable[str],
        gone: list[str],
    ) -> StateMessage:
        self._seq += 1
        start, target = revs
        body: DeltaBody = {"epoch": self.epoch, "from": start, "to": target, "seq": self._seq}
        data = {
            "values": [orjson.Fragment(value) for value in written.values()],
            "new": [(ids[key], key) for key in new],
            "removed": gone,
        }
        return StateMessage("delta", body, (_numbers(ids.values()), _json(data)))

    def _id_of(self, key: str) -> int:
        known = self._ids.get(key)
        if known is None:
            self._last_id += 1
            known = self._ids[key] = self._last_id
        return known

    def _retire(self, key: str) -> bool:
        """Take back the number of a key that is gone; False for one that is not.

        The state runs ahead of what we were told, so a value may be missing whose
        removal is still to be announced. That one is dealt with when it is.
        """
        if key in self._changed_at:
            return False
        self._announced.discard(key)
        self._ids.pop(key, None)
        self._size -= self._sizes.pop(key, 0)
        return True


def _first_ones_first(keys: list[str]) -> list[str]:
    """In order, or of very many keys the first part: to sort a million stops all threads."""
    if len(keys) <= _MOST_SORTED:
        return sorted(keys)
    first = heapq.nsmallest(_FIRST_PART, keys)
    taken = set(first)
    return first + [key for key in keys if key not in taken]


def _numbers(ids: Iterable[int]) -> bytes:
    return array("I", ids).tobytes()


def _json(data: dict[str, Any]) -> bytes:
    return orjson.dumps(data)
