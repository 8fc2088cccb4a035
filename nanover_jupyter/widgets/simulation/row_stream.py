"""Sends the numbers of frames to views, in batches and with credit."""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np

from nanover_jupyter.client.frames.series import FrameSeries, SeriesRows
from nanover_jupyter.widgets.simulation.messages import FrameRowsBody
from nanover_jupyter.widgets.sync.view_stream import StreamMessage

__all__ = ["RowStream", "SeriesSource"]

# The period at which plots move. Each message costs the page about 2 ms.
_PERIOD: Final = 0.1
# A page acknowledges about three times a second, so four batches are normally outstanding.
_CREDIT_MESSAGES: Final = 12
_STALLED_SECONDS: Final = 5.0
# Rows of one message while a view catches up: with a dozen numbers, about 400 kB.
_PART_ROWS: Final = 4_000
_MAX_KEYS: Final = 64
# Numbers that plots show at first, and that are sent whatever else a frame has.
_FIRST_KEYS: Final = (
    "system.simulation.time",
    "system.temperature",
    "energy.potential",
    "energy.kinetic",
    "energy.total",
    "energy.user.total",
    "forces.user.work_done",
)
# Numbers that say nothing over time.
_HIDDEN_KEYS: Final = frozenset({"frame.index", "server.timestamp"})


class SeriesSource(Protocol):
    """The part of a client that the stream needs."""

    @property
    def frame_series(self) -> FrameSeries:
        """The numbers of all frames; the first use starts the recording."""


@dataclass(slots=True)
class _Watcher:
    """A view that wants rows."""

    # The number of the first row that was not sent to the view.
    next_row: int
    # Messages that are not acknowledged: the row after their last, and the time sent.
    outstanding: deque[tuple[int, float]] = field(default_factory=deque)

    @property
    def has_credit(self) -> bool:
        return len(self.outstanding) < _CREDIT_MESSAGES

    def is_stalled(self, now: float) -> bool:
        return bool(self.outstanding) and now - self.outstanding[0][1] > _STALLED_SECONDS


class RowStream:
    """Sends the rows of a client's `FrameSeries` to views; implements `ViewStream`.

    New rows are sent to all views in one message, ten times a second. A view that begins to
    watch first gets the recorded rows that it lacks, in parts. Rows that were not sent for
    want of credit are in the next message. A view that is hidden, or that does not acknowledge,
    is forgotten: it asks again when it is back.

    Recording starts with the first view that watches.

    Args:
        client: The client whose frames are recorded.
        on_rows: Called on the publisher's thread before new rows are sent to all views.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        client: SeriesSource,
        *,
        on_rows: Callable[[], object] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.epoch = secrets.token_hex(8)
        self._client = client
        self._on_rows = on_rows
        self._clock = clock
        # Guards the fields below; never held while the series is read.
        self._lock = threading.Lock()
        self._watchers: dict[str, _Watcher] = {}
        self._series: FrameSeries | None = None
        # All rows before this one were sent to the views that are up to date.
        self._head = 0
        self._next_batch = 0.0

    @property
    def series(self) -> FrameSeries | None:
        """The recorded numbers; None before a view has watched."""
        return self._series

    @property
    def is_watched(self) -> bool:
        """Whether a view wants rows."""
        return bool(self._watchers)

    def watch(self, client: str, epoch: str | None, row: int) -> None:
        """Send rows to a view, from number `row` on if its rows are of the current epoch."""
        series = self._client.frame_series
        stop = series.count()
        with self._lock:
            if self._series is None:
                self._series = series
            # A row that does not exist cannot be known.
            start = row if epoch == self.epoch and row <= stop else 0
            self._head = max(self._head, stop)
            self._watchers[client] = _Watcher(min(start, self._head))

    def unwatch(self, client: str) -> None:
        """Stop sending rows to a view."""
        with self._lock:
            self._watchers.pop(client, None)

    def connect(self, wake: Callable[[], None]) -> None:
        """Do nothing: rows wait for the next period."""

    def acknowledge(self, client: str, number: int) -> None:
        """Record that a view has handled all rows before `number`."""
        with self._lock:
            watcher = self._watchers.get(client)
            if watcher is not None:
                while watcher.outstanding and watcher.outstanding[0][0] <= number:
                    watcher.outstanding.popleft()

    def next_due(self, live: Collection[str]) -> float | None:
        """See `ViewStream.next_due`."""
        now = self._clock()
        with self._lock:
            self._forget_lost(live, now)
            watchers = self._watchers.values()
            if any(each.next_row < self._head and each.has_credit for each in watchers):
                # At once: any time in the past.
                return 0.0
            if watchers and all(each.has_credit for each in watchers):
                return self._next_batch
            return None

    def next_message(self, live: Collection[str]) -> StreamMessage | None:
        """See `ViewStream.next_message`."""
        now = self._clock()
        with self._lock:
            series = self._series
            self._forget_lost(live, now)
            behind = next(
                (
                    (client, watcher)
                    for client, watcher in self._watchers.items()
                    if watcher.next_row < self._head and watcher.has_credit
                ),
                None,
            )
        if series is None:
            return None
        if behind is None:
            return self._next_rows(series, now)
        client, watcher = behind
        start, stop = watcher.next_row, min(self._head, watcher.next_row + _PART_ROWS)
        rows = series.read(_keys(series), since=start)
        if rows.first >= stop:
            # The ring has lost the rows in between.
            stop = min(self._head, rows.first + _PART_ROWS)
        rows = _until(rows, stop)
        self._record_sent([watcher], rows.stop, now)
        return self._message(rows, start, client)

    def _next_rows(self, series: FrameSeries, now: float) -> StreamMessage | None:
        """Return the rows since the last message for all views."""
        with self._lock:
            start = self._head
            self._next_batch = now + _PERIOD
        rows = series.read(_keys(series), since=start)
        if rows.stop <= start:
            return None
        with self._lock:
            self._head = rows.stop
            current = [each for each in self._watchers.values() if each.next_row >= start]
        self._record_sent(current, rows.stop, now)
        self._on_rows()
        return self._message(rows, start, None)

    def _record_sent(self, watchers: list[_Watcher], stop: int, now: float) -> None:
        with self._lock:
            for watcher in watchers:
                watcher.next_row = stop
                watcher.outstanding.append((stop, now))

    def _forget_lost(self, live: Collection[str], now: float) -> None:
        """Forget views that are hidden or stalled. Call with the lock."""
        lost = [
            client
            for client, watcher in self._watchers.items()
            if client not in live or watcher.is_stalled(now)
        ]
        for client in lost:
            del self._watchers[client]

    def _message(self, rows: SeriesRows, start: int, client: str | None) -> StreamMessage:
        values = list(rows.columns.values())
        body: FrameRowsBody = {
            "epoch": self.epoch,
            "from": start,
            "first": rows.first,
            "stop": rows.stop,
            "keys": list(rows.columns),
            "resets": rows.resets,
        }
        matrix = np.concatenate(values) if values else np.empty(0)
        buffers = (rows.seconds.astype("<f8").tobytes(), matrix.astype("<f8").tobytes())
        return StreamMessage("frame_rows", body, buffers, client)


def _keys(series: FrameSeries) -> list[str]:
    """Return the keys that are sent, the usual ones first."""
    found = [key for key in series.keys() if key not in _HIDDEN_KEYS]  # noqa: SIM118 - no mapping
    first = [key for key in _FIRST_KEYS if key in found]
    return [*first, *(key for key in found if key not in _FIRST_KEYS)][:_MAX_KEYS]


def _until(rows: SeriesRows, stop: int) -> SeriesRows:
    """Return the rows before number `stop`."""
    if stop >= rows.stop:
        return rows
    count = max(0, stop - rows.first)
    return SeriesRows(
        first=rows.first,
        stop=rows.first + count,
        seconds=rows.seconds[:count],
        columns={key: column[:count] for key, column in rows.columns.items()},
        resets=[row for row in rows.resets if row < rows.first + count],
    )
