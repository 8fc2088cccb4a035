"""The state feed: encodes the shared state as snapshot parts and deltas for the page.

It records which keys changed at which revision, and assigns an integer id to every key, so
that the key itself is sent once. Values are read when a message is encoded, so a message
never contains an older value than the one before it.
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

from nanover_jupyter.widgets.sync.messages import DeltaBody, SnapshotBody
from nanover_jupyter.widgets.sync.value_encoding import encode_with_size
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import ABSENT

__all__ = ["SnapshotCursor", "StateFeed", "StateMessage", "StateSource"]

# The first part is slightly more than a screenful, so that it appears quickly.
_FIRST_PART: Final = 200
# Sorting this many keys takes up to a tenth of a second.
_MAX_SORTED: Final = 100_000
_PART_BYTES: Final = 400_000
_DELTA_KEYS: Final = 3_000
_MAX_REMOVED: Final = 10_000


class StateSource(Protocol):
    """The source of keys and values: a client."""

    def keys(self) -> list[str]:
        """Return all keys."""

    def peek(self, key: str, default: Any = None) -> Any:
        """Return the value of a key."""


@dataclass(frozen=True, slots=True)
class StateMessage:
    """A snapshot part or delta: its body and its two buffers."""

    op: str
    body: SnapshotBody | DeltaBody
    buffers: tuple[bytes, bytes]

    @property
    def size(self) -> int:
        """The size of the buffers in bytes."""
        return len(self.buffers[0]) + len(self.buffers[1])


@dataclass(slots=True)
class SnapshotCursor:
    """The progress of the snapshot for one view."""

    keys: Sequence[str]
    rev: int
    position: int = 0
    part: int = 0

    @property
    def done(self) -> bool:
        """Whether the last part was encoded."""
        return self.part > 0 and self.position >= len(self.keys)


class StateFeed:
    """Encodes changes of the state as messages. Thread-safe.

    `record_change` is called on the client's thread, all other methods by the publisher.

    Args:
        source: The source of keys and values.
    """

    def __init__(self, source: StateSource) -> None:
        self.epoch = secrets.token_hex(8)
        self._source = source
        self._lock = threading.Lock()
        # `_rev` counts changes; `_sent` is the revision of the last broadcast delta.
        self._rev = 0
        self._sent = 0
        self._seq = 0
        self._dirty: dict[str, None] = {}
        self._changed_at: dict[str, int] = {}
        # Revisions of removed keys, oldest first, complete after `_removed_since`.
        self._removed: dict[str, int] = {}
        self._removed_since = 0
        self._ids: dict[str, int] = {}
        self._last_id = 0
        # Keys whose id was broadcast to every view.
        self._announced: set[str] = set()
        # Bytes of each value as last encoded, and their sum.
        self._sizes: dict[str, int] = {}
        self._size = 0

    @property
    def rev(self) -> int:
        """The revision of views that have handled all messages."""
        return self._sent

    @property
    def seq(self) -> int:
        """The number of the last state message."""
        return self._seq

    @property
    def has_changes(self) -> bool:
        """Whether there are changes to broadcast."""
        return bool(self._dirty)

    @property
    def size(self) -> int:
        """The size of all values as JSON in bytes, as last encoded."""
        return self._size

    def continue_from(self, seq: int) -> None:
        """Continue the message numbers of the previous feed of the same widget."""
        with self._lock:
            self._seq = max(self._seq, seq)

    def record_change(self, change: DictionaryChange) -> None:
        """Record which keys changed; their values are read later."""
        with self._lock:
            self._rev += 1
            for key in change.lazy_updates:
                self._dirty[key] = None
                self._changed_at[key] = self._rev
                self._removed.pop(key, None)
            for key in change.removals:
                self._dirty[key] = None
                self._changed_at.pop(key, None)
                self._removed.pop(key, None)
                self._removed[key] = self._rev
            while len(self._removed) > _MAX_REMOVED:
                oldest = next(iter(self._removed))
                self._removed_since = self._removed.pop(oldest)

    def skip_if_long(self) -> None:
        """Call `skip` if there are too many pending changes to be sent as deltas."""
        if len(self._dirty) > _MAX_REMOVED:
            self.skip()

    def skip(self) -> None:
        """Discard pending changes while no view needs them as deltas."""
        with self._lock:
            for key in self._dirty:
                self._release_id(key)
            self._dirty.clear()
            self._sent = self._rev
            self._announced.clear()

    def begin_snapshot(self) -> SnapshotCursor:
        """Start a snapshot of all keys, beginning with those at the top of the tree."""
        keys = _snapshot_order(self._source.keys())
        with self._lock:
            return SnapshotCursor(keys, self._sent)

    def next_part(self, cursor: SnapshotCursor) -> StateMessage:
        """Encode the next part of a snapshot and advance its cursor."""
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
                continue  # removed since; the later delta has no effect
            encoded, full_size = encode_with_size(value)
            keys.append(key)
            values.append(encoded)
            sizes.append(full_size)
            size += len(encoded) + len(key)
        with self._lock:
            self._record_sizes(zip(keys, sizes, strict=True))
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
        return StateMessage("snapshot", body, (_pack_ids(ids), _json(data)))

    def next_delta(self) -> StateMessage | None:
        """Encode the changes since the last delta, up to the limit of one message."""
        with self._lock:
            keys = list(islice(self._dirty, _DELTA_KEYS))
            for key in keys:
                del self._dirty[key]
            target = self._rev if not self._dirty else self._sent
        if not keys:
            return None
        encoded = self._encode(keys)
        with self._lock:
            new = [key for key in encoded if key not in self._announced]
            ids = {key: self._id_of(key) for key in encoded}
            self._announced.update(new)
            removed = [key for key in keys if key not in encoded and self._release_id(key)]
            start, self._sent = self._sent, target
            return self._delta((start, target), ids, encoded, new, removed)

    def catch_up(self, rev: int) -> StateMessage | None:
        """Return the changes after `rev` in one message; None if a snapshot is needed."""
        with self._lock:
            if not self._removed_since <= rev <= self._sent:
                return None
            keys = [key for key, at in self._changed_at.items() if at > rev]
            removed = [key for key, at in self._removed.items() if at > rev]
        if len(keys) > _DELTA_KEYS:
            return None
        encoded = self._encode(keys)
        with self._lock:
            ids = {key: self._id_of(key) for key in encoded}
            return self._delta((rev, self._sent), ids, encoded, ids, removed)

    def _encode(self, keys: Iterable[str]) -> dict[str, bytes]:
        """Return the encoded values of the keys that exist."""
        encoded: dict[str, bytes] = {}
        sizes: dict[str, int] = {}
        for key in keys:
            value = self._source.peek(key, ABSENT)
            if value is not ABSENT:
                encoded[key], sizes[key] = encode_with_size(value)
        with self._lock:
            self._record_sizes(sizes.items())
        return encoded

    def _record_sizes(self, sizes: Iterable[tuple[str, int]]) -> None:
        known = self._sizes
        for key, size in sizes:
            self._size += size - known.get(key, 0)
            known[key] = size

    def _delta(
        self,
        revs: tuple[int, int],
        ids: dict[str, int],
        encoded: dict[str, bytes],
        new: Iterable[str],
        removed: list[str],
    ) -> StateMessage:
        self._seq += 1
        start, target = revs
        body: DeltaBody = {"epoch": self.epoch, "from": start, "to": target, "seq": self._seq}
        data = {
            "values": [orjson.Fragment(value) for value in encoded.values()],
            "new": [(ids[key], key) for key in new],
            "removed": removed,
        }
        return StateMessage("delta", body, (_pack_ids(ids.values()), _json(data)))

    def _id_of(self, key: str) -> int:
        known = self._ids.get(key)
        if known is None:
            self._last_id += 1
            known = self._ids[key] = self._last_id
        return known

    def _release_id(self, key: str) -> bool:
        """Release the id of a removed key; return False if its removal is not recorded yet.

        The client's state can be ahead of the recorded changes, so a value may be missing
        before its removal is recorded.
        """
        if key in self._changed_at:
            return False
        self._announced.discard(key)
        self._ids.pop(key, None)
        self._size -= self._sizes.pop(key, 0)
        return True


def _snapshot_order(keys: list[str]) -> list[str]:
    """Sort the keys, or only the first part of very many: sorting holds the GIL."""
    if len(keys) <= _MAX_SORTED:
        return sorted(keys)
    first = heapq.nsmallest(_FIRST_PART, keys)
    taken = set(first)
    return first + [key for key in keys if key not in taken]


def _pack_ids(ids: Iterable[int]) -> bytes:
    return array("I", ids).tobytes()


def _json(data: dict[str, Any]) -> bytes:
    return orjson.dumps(data)
