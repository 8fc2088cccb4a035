"""Remembers what the keys of the shared state were, within bounds of memory."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.history.key_history import Gone, KeyHistory, Sample, Totals
from nanover_jupyter.client.listeners import WeakCallback
from nanover_jupyter.client.status import Status
from nanover_jupyter.wire.lazy import MaybeLazy, read
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import Value

__all__ = ["PastState", "Recorder", "RecordingLimits"]

_GONE: Final = Gone()
# The queue of all moments is cleared of dropped ones when so many are in it.
_SLACK: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingLimits:
    """How much a recorder keeps, whichever is reached first; bytes are of memory.

    Attributes:
        items_per_key: A minute and a bit at 30 changes a second.
        bytes_per_key: So that one large value cannot drive out the rest.
        items: Of all keys.
        bytes: Of all keys.
    """

    items_per_key: int = 2_000
    bytes_per_key: int = 4_000_000
    items: int = 200_000
    bytes: int = 64_000_000


@dataclass(frozen=True, slots=True)
class PastState:
    """What the state was at a time, as what differs from now.

    Attributes:
        at: Seconds since the epoch.
        moments: What keys were then that have changed since, by key.
        absent: Keys of now or later that were not there then.
        unknown: Keys of which is not known any more what they were then.
    """

    at: float
    moments: Mapping[str, Sample]
    absent: frozenset[str]
    unknown: frozenset[str]


class Recorder:
    """Notes every change of a client's state. Thread-safe; one lock guards it all.

    Costs little while nobody asks: it hears changes on the thread `nanover-changes`, keeps
    values in the bytes they came in, and packs those that were read before. A client that is too
    slow for its server hears changes merged, and so does its recorder.

    Times are seconds since the epoch, counted on by the monotonic clock from when
    recording began: they never go back, whatever becomes of the machine's clock.

    Made by `Recorder.of`.

    Args:
        client: The client to listen to.
        limits: How much to keep.
        clock: Monotonic seconds.
        wall: Seconds since the epoch, asked once.
    """

    def __init__(
        self,
        client: BaseClient,
        limits: RecordingLimits | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.limits = limits or RecordingLimits()
        self._clock = clock
        self._offset = wall() - clock()
        self._lock = threading.Lock()
        self._tracks: dict[str, KeyHistory] = {}
        # Keys as they were at the beginning, until they change: shared with the client.
        self._first: dict[str, MaybeLazy] = {}
        # All moments in the order of time; also some that were dropped since.
        self._order: deque[Sample] = deque()
        self._totals = Totals()
        self.begun = self._dropped_until = self.now()
        # In this order: a change that comes in between is noted twice, and none is missed.
        self._unsubscribe = client.on_change(WeakCallback(self._on_change))
        with self._lock:
            received = client.received()
            self._first = {key: received[key] for key in received.keys() - self._tracks.keys()}

    @classmethod
    def of(cls, client: BaseClient) -> Recorder:
        """The one recorder of a client, which begins with the first call and ends with it."""
        with _making:
            known = _recorders.get(client)
            if known is None:
                known = _recorders[client] = cls(client)
                known._end_with(client)
            return known

    def close(self) -> None:
        """Record no more; what is recorded stays. Idempotent."""
        self._unsubscribe()

    def now(self) -> float:
        """The time on the recorder's clock."""
        return self._clock() + self._offset

    @property
    def items(self) -> int:
        """How many moments are kept."""
        return self._totals.items

    @property
    def bytes(self) -> int:
        """About how much memory they take."""
        return self._totals.size

    def all_keys(self) -> list[str]:
        """All keys that there are or were, as far as is remembered; sorted."""
        with self._lock:
            return sorted(self._tracks.keys() | self._first.keys())

    def moments(self, key: str) -> list[Sample]:
        """What is remembered of a key, oldest first."""
        with self._lock:
            return self._moments_locked(key)

    def counts(self, keys: Iterable[str]) -> dict[str, int]:
        """How many moments of each key are remembered."""
        with self._lock:
            return {
                key: len(self._tracks[key]) if key in self._tracks else int(key in self._first)
                for key in keys
            }

    def is_complete(self, key: str) -> bool:
        """Whether everything since the beginning of the recording is remembered of a key."""
        with self._lock:
            track = self._tracks.get(key)
            return track is None or track.complete

    @property
    def oldest(self) -> float:
        """From when on the whole state is remembered, but for keys that filled their share."""
        return self._dropped_until

    def state_at(self, at: float) -> PastState:
        """What the state was at a time, as the difference to the newest state."""
        moments: dict[str, Sample] = {}
        absent: set[str] = set()
        unknown: set[str] = set()
        with self._lock:
            for key, track in self._tracks.items():
                if track.last.at <= at:
                    continue
                moment = track.at(at)
                if moment is None and not track.complete:
                    unknown.add(key)
                elif moment is None or not moment.exists:
                    absent.add(key)
                else:
                    moments[key] = moment
        return PastState(at, moments, frozenset(absent), frozenset(unknown))

    def snapshot_at(self, at: float) -> dict[str, Value]:
        """The whole state as it was at a time; keys not known any more are left out."""
        with self._lock:
            untouched = dict(self._first)
            moments = [track.at(at) for track in self._tracks.values()]
        state = {key: read(value) for key, value in untouched.items()}
        for moment in moments:
            if moment is not None and moment.exists:
                state[moment.key] = moment.value
        return state

    def _moments_locked(self, key: str) -> list[Sample]:
        track = self._tracks.get(key)
        if track is not None:
            return list(track)
        if key not in self._first:
            return []
        alone = KeyHistory(key, 1, 0)
        alone.add(self.begun, self._first[key])
        return list(alone)

    def _on_change(self, change: DictionaryChange) -> None:
        at = self.now()
        with self._lock:
            tracks, order = self._tracks, self._order
            for key, value in change.lazy_updates.items():
                track = tracks.get(key)
                if track is None:
                    track = self._begin_locked(key)
                moment = track.add(at, value)
                if moment is not None:
                    order.append(moment)
            for key in change.removals:
                self._remove_locked(key, at)
            totals, limits = self._totals, self.limits
            while order and (totals.items > limits.items or totals.size > limits.bytes):
                self._drop_locked(order.popleft())
            if len(order) > 2 * totals.items + _SLACK:
                self._order = deque(moment for moment in self._order if moment.is_kept)

    def _begin_locked(self, key: str) -> KeyHistory:
        """Begin to remember a key, with what it was at the beginning if it was there."""
        limits = self.limits
        track = KeyHistory(key, limits.items_per_key, limits.bytes_per_key, self._totals)
        self._tracks[key] = track
        if key in self._first:
            self._add_locked(track, self.begun, self._first.pop(key))
        return track

    def _remove_locked(self, key: str, at: float) -> None:
        track = self._tracks.get(key)
        if track is None:
            if key not in self._first:
                return
            track = self._begin_locked(key)
        self._add_locked(track, at, _GONE)

    def _add_locked(self, track: KeyHistory, at: float, value: MaybeLazy | Gone) -> None:
        moment = track.add(at, value)
        if moment is not None:
            self._order.append(moment)

    def _drop_locked(self, moment: Sample) -> None:
        """Forget the oldest moment of all, unless it is its key's last and the key is there."""
        if not moment.is_kept:
            return
        key = moment.key
        track = self._tracks[key]
        if len(track) > 1:
            self._dropped_until = max(self._dropped_until, track.drop())
        elif not track.last.exists:
            self._dropped_until = max(self._dropped_until, track.last.at)
            track.drop()
            del self._tracks[key]

    def _end_with(self, client: BaseClient) -> None:
        client.on_status(WeakCallback(self._on_status))
        self._on_status(client.status)

    def _on_status(self, status: Status) -> None:
        if status.state == "closed":
            self.close()


_making = threading.Lock()
_recorders: WeakKeyDictionary[BaseClient, Recorder] = WeakKeyDictionary()
