"""Records past values of the shared state, within memory limits."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.history.key_history import (
    TOMBSTONE,
    KeyHistory,
    Sample,
    Tombstone,
    Totals,
)
from nanover_jupyter.client.listeners import WeakCallback
from nanover_jupyter.client.per_client import PerClient
from nanover_jupyter.client.status import Status
from nanover_jupyter.wire.lazy import MaybeLazy, read
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import Value

__all__ = ["PastState", "Recorder", "RecordingLimits"]

# Dropped samples are removed from the queue of all samples when it has this many extra ones.
_SLACK: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingLimits:
    """The limits of a recorder in samples and bytes of memory; the first one reached counts.

    Attributes:
        items_per_key: Samples of one key: over a minute at 30 changes per second.
        bytes_per_key: Memory of one key, so that a large value does not displace the others.
        items: Samples of all keys.
        bytes: Memory of all keys.
    """

    items_per_key: int = 2_000
    bytes_per_key: int = 4_000_000
    items: int = 200_000
    bytes: int = 64_000_000


@dataclass(frozen=True, slots=True)
class PastState:
    """The state at a past time, as the difference from the current state.

    Attributes:
        at: Seconds since the epoch.
        samples: The samples of keys that have changed since, by key.
        absent: Keys that were added later.
        unknown: Keys whose samples of that time were dropped.
    """

    at: float
    samples: Mapping[str, Sample]
    absent: frozenset[str]
    unknown: frozenset[str]


class Recorder:
    """Records every change of a client's state. Thread-safe; one lock guards everything.

    Changes are received on the thread `nanover-changes`. Values are kept encoded, and those
    that were decoded before are packed. If the client is too slow for its server, changes
    are merged before they are recorded.

    Times are seconds since the epoch, advanced by the monotonic clock since the recording
    started, so that changes of the system clock have no effect.

    Made by `Recorder.of`.

    Args:
        client: The client to record.
        limits: How much to keep.
        clock: Monotonic seconds.
        wall: Seconds since the epoch, read once.
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
        self._histories: dict[str, KeyHistory] = {}
        # Initial values of keys that have not changed, shared with the client.
        self._initial: dict[str, MaybeLazy] = {}
        # All samples in the order of time, including some that were dropped.
        self._order: deque[Sample] = deque()
        self._totals = Totals()
        self.started_at = self._dropped_until = self.now()
        # In this order: a change in between is recorded twice, but none is missed.
        self._unsubscribe = client.on_change(WeakCallback(self._on_change))
        with self._lock:
            received = client.received()
            self._initial = {key: received[key] for key in received.keys() - self._histories.keys()}

    @classmethod
    def of(cls, client: BaseClient) -> Recorder:
        """Return the recorder of a client. It starts with the first call."""
        return _recorders.get(client)

    def close(self) -> None:
        """Stop recording. Recorded samples are kept. Idempotent."""
        self._unsubscribe()

    def now(self) -> float:
        """The time on the recorder's clock."""
        return self._clock() + self._offset

    @property
    def items(self) -> int:
        """The number of samples."""
        return self._totals.items

    @property
    def bytes(self) -> int:
        """Their approximate memory in bytes."""
        return self._totals.size

    def all_keys(self) -> list[str]:
        """Return all current and recorded keys, sorted."""
        with self._lock:
            return sorted(self._histories.keys() | self._initial.keys())

    def samples(self, key: str) -> list[Sample]:
        """Return the samples of a key, oldest first."""
        with self._lock:
            return self._samples_locked(key)

    def counts(self, keys: Iterable[str]) -> dict[str, int]:
        """Return the number of samples of each key."""
        with self._lock:
            return {
                key: len(self._histories[key])
                if key in self._histories
                else int(key in self._initial)
                for key in keys
            }

    def is_complete(self, key: str) -> bool:
        """Return whether no sample of a key was dropped."""
        with self._lock:
            history = self._histories.get(key)
            return history is None or history.complete

    @property
    def oldest(self) -> float:
        """The time since which the full state is recorded, except for keys at their limits."""
        return self._dropped_until

    def state_at(self, at: float) -> PastState:
        """Return the state at a time, as the difference from the current state."""
        samples: dict[str, Sample] = {}
        absent: set[str] = set()
        unknown: set[str] = set()
        with self._lock:
            for key, history in self._histories.items():
                if history.last.at <= at:
                    continue
                sample = history.at(at)
                if sample is None and not history.complete:
                    unknown.add(key)
                elif sample is None or not sample.exists:
                    absent.add(key)
                else:
                    samples[key] = sample
        return PastState(at, samples, frozenset(absent), frozenset(unknown))

    def snapshot_at(self, at: float) -> dict[str, Value]:
        """Return the full state at a time, without keys whose samples were dropped."""
        with self._lock:
            unchanged = dict(self._initial)
            samples = [history.at(at) for history in self._histories.values()]
        state = {key: read(value) for key, value in unchanged.items()}
        for sample in samples:
            if sample is not None and sample.exists:
                state[sample.key] = sample.value
        return state

    def _samples_locked(self, key: str) -> list[Sample]:
        history = self._histories.get(key)
        if history is not None:
            return list(history)
        if key not in self._initial:
            return []
        single = KeyHistory(key, 1, 0)
        single.add(self.started_at, self._initial[key])
        return list(single)

    def _on_change(self, change: DictionaryChange) -> None:
        at = self.now()
        with self._lock:
            histories, order = self._histories, self._order
            for key, value in change.lazy_updates.items():
                history = histories.get(key)
                if history is None:
                    history = self._start_locked(key)
                sample = history.add(at, value)
                if sample is not None:
                    order.append(sample)
            for key in change.removals:
                self._remove_locked(key, at)
            totals, limits = self._totals, self.limits
            while order and (totals.items > limits.items or totals.size > limits.bytes):
                self._drop_locked(order.popleft())
            if len(order) > 2 * totals.items + _SLACK:
                self._order = deque(sample for sample in self._order if sample.is_kept)

    def _start_locked(self, key: str) -> KeyHistory:
        """Start the history of a key, with its initial value if it has one."""
        limits = self.limits
        history = KeyHistory(key, limits.items_per_key, limits.bytes_per_key, self._totals)
        self._histories[key] = history
        if key in self._initial:
            self._add_locked(history, self.started_at, self._initial.pop(key))
        return history

    def _remove_locked(self, key: str, at: float) -> None:
        history = self._histories.get(key)
        if history is None:
            if key not in self._initial:
                return
            history = self._start_locked(key)
        self._add_locked(history, at, TOMBSTONE)

    def _add_locked(self, history: KeyHistory, at: float, value: MaybeLazy | Tombstone) -> None:
        sample = history.add(at, value)
        if sample is not None:
            self._order.append(sample)

    def _drop_locked(self, sample: Sample) -> None:
        """Drop the oldest sample, unless it is the current value of its key."""
        if not sample.is_kept:
            return
        key = sample.key
        history = self._histories[key]
        if len(history) > 1:
            self._dropped_until = max(self._dropped_until, history.drop())
        elif not history.last.exists:
            self._dropped_until = max(self._dropped_until, history.last.at)
            history.drop()
            del self._histories[key]

    def on_status(self, status: Status) -> None:
        """Stop recording when the client is closed."""
        if status.state == "closed":
            self.close()


def _make(client: BaseClient) -> Recorder:
    recorder = Recorder(client)
    client.on_status(WeakCallback(recorder.on_status))
    recorder.on_status(client.status)
    return recorder


_recorders: Final = PerClient(_make)
