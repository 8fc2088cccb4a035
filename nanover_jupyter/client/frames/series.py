"""The numbers of all frames as time series: energies, temperature, time and others."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from nanover_jupyter.client.state.key_pattern import key_pattern
from nanover_jupyter.wire.frames.field import MaybeField

__all__ = ["FrameSeries", "SeriesRows"]

# Ten minutes at 30 frames per second.
_ROWS: Final = 18_000
# A simulation has about a dozen numbers; a hostile server may send more.
_COLUMNS: Final = 256

Column = npt.NDArray[np.float64]


class SeriesRows(NamedTuple):
    """Consecutive rows of a `FrameSeries`.

    Attributes:
        first: The number of the first row. Rows are numbered from 0, also those that were
            discarded since.
        stop: The number after that of the last row.
        seconds: When each frame was received, in seconds since the epoch.
        columns: The values by key. NaN where the frame has no such number.
        resets: The numbers of the rows whose frame began a new simulation.
    """

    first: int
    stop: int
    seconds: Column
    columns: dict[str, Column]
    resets: list[int]


class FrameSeries:
    """Records the numbers of every frame in a ring of ten minutes at 30 frames per second.

    Any thread may call any method.

    Args:
        update: Called before rows are read; appends those of frames that wait to be merged.
    """

    def __init__(self, update: Callable[[], object]) -> None:
        self._update = update
        # Guards everything below.
        self._lock = threading.Lock()
        self._stop = 0
        self._seconds: Column = np.full(_ROWS, np.nan)
        self._columns: dict[str, Column] = {}
        self._resets: deque[int] = deque()
        # Added to a monotonic time, gives seconds since the epoch.
        self._epoch = time.time() - time.monotonic()

    def append(
        self, received_at: float, fields: Mapping[str, MaybeField], *, is_reset: bool
    ) -> None:
        """Add a row with the numbers of a frame.

        Args:
            received_at: When the frame was received, in monotonic seconds.
            fields: The merged frame.
            is_reset: Whether it began a new simulation.
        """
        with self._lock:
            place = self._stop % _ROWS
            for column in self._columns.values():
                column[place] = np.nan
            for key, value in fields.items():
                if type(value) is float or type(value) is int:
                    column_of_key = self._column(key, fields)
                    if column_of_key is not None:
                        column_of_key[place] = _as_float(value)
            self._seconds[place] = self._epoch + received_at
            if is_reset:
                self._resets.append(self._stop)
            self._stop += 1
            while self._resets and self._resets[0] < self._stop - _ROWS:
                self._resets.popleft()

    def keys(self) -> list[str]:
        """Return the keys of the recorded numbers, sorted."""
        self._update()
        with self._lock:
            return sorted(self._columns)

    def count(self) -> int:
        """Return the number of rows recorded so far, including those that were discarded."""
        self._update()
        with self._lock:
            return self._stop

    def read(self, keys: Iterable[str] | None = None, since: int = 0) -> SeriesRows:
        """Return a copy of the rows.

        Args:
            keys: The columns, all by default. A key without a column gives NaN.
            since: The number of the first row to return. Earlier rows are left out.
        """
        self._update()
        with self._lock:
            stop = self._stop
            first = max(since, stop - _ROWS, 0)
            first = min(first, stop)
            wanted = sorted(self._columns) if keys is None else list(keys)
            columns = {
                key: _slice(self._columns[key], first, stop)
                if key in self._columns
                else np.full(stop - first, np.nan)
                for key in wanted
            }
            resets = [row for row in self._resets if row >= first]
            return SeriesRows(first, stop, _slice(self._seconds, first, stop), columns, resets)

    def table(self, patterns: Iterable[str]) -> Any:
        """See `BaseClient.series`."""
        matches = [key_pattern(pattern) for pattern in patterns]
        keys = [key for key in self.keys() if not matches or any(match(key) for match in matches)]
        rows = self.read(keys)
        columns: dict[str, Column] = {"time": rows.seconds, **rows.columns}
        try:
            import pandas as pd  # noqa: PLC0415 - optional, and slow to import
        except ModuleNotFoundError:
            return columns
        index = pd.to_datetime(columns.pop("time"), unit="s", utc=True).rename("time")
        return pd.DataFrame(columns, index=index)

    def _column(self, key: str, fields: Mapping[str, MaybeField]) -> Column | None:
        """Return the column of a key in `fields`; None if the frame has too many numbers."""
        column = self._columns.get(key)
        if column is None:
            if len(self._columns) >= _COLUMNS:
                unused = next((old for old in self._columns if old not in fields), None)
                if unused is None:
                    return None
                del self._columns[unused]
            column = self._columns[key] = np.full(_ROWS, np.nan)
        return column


def _slice(ring: Column, first: int, stop: int) -> Column:
    """Return a copy of the rows `first` to `stop` of a ring."""
    start, end = first % _ROWS, stop % _ROWS
    if first == stop:
        return np.empty(0)
    if start < end:
        return ring[start:end].copy()
    return np.concatenate((ring[start:], ring[:end]))


def _as_float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:  # an integer beyond the range of floats
        return np.nan
