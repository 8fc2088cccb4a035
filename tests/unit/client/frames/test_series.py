from __future__ import annotations

import sys

import numpy as np
import pytest

from nanover_jupyter.client.frames import series as series_module
from nanover_jupyter.client.frames.mirror import FrameMirror
from nanover_jupyter.client.frames.series import FrameSeries
from tests.support.frames import positions, received_frame


@pytest.fixture
def mirror() -> FrameMirror:
    return FrameMirror()


@pytest.fixture
def series(mirror: FrameMirror) -> FrameSeries:
    return mirror.record(FrameSeries(mirror.current))


@pytest.fixture
def short_series(monkeypatch: pytest.MonkeyPatch, mirror: FrameMirror) -> FrameSeries:
    monkeypatch.setattr(series_module, "_ROWS", 4)
    return mirror.record(FrameSeries(mirror.current))


def test_every_number_of_every_frame_is_a_row(mirror: FrameMirror, series: FrameSeries) -> None:
    mirror.add(received_frame(0, energy__kinetic=1.0, particle__positions=positions(1)))
    mirror.add(received_frame(1, energy__kinetic=2.0, system__temperature=300.0))
    mirror.add(received_frame(2, energy__kinetic=3.0, system__simulation__name="x", flag=True))

    rows = series.read()

    assert (rows.first, rows.stop, rows.resets) == (0, 3, [0])
    assert series.keys() == ["energy.kinetic", "frame.index", "system.temperature"]
    assert rows.columns["energy.kinetic"].tolist() == [1, 2, 3]
    # A frame keeps the numbers of earlier ones.
    np.testing.assert_array_equal(rows.columns["system.temperature"], [np.nan, 300, 300])
    assert np.all(np.diff(rows.seconds) >= 0)


def test_recording_begins_with_the_current_frame(mirror: FrameMirror) -> None:
    mirror.add(received_frame(0, a=1.0))
    mirror.add(received_frame(1, a=2.0))
    series = mirror.record(FrameSeries(mirror.current))
    mirror.add(received_frame(2, a=3.0))

    assert series.read(["a"]).columns["a"].tolist() == [2, 3]
    assert mirror.record(FrameSeries(mirror.current)) is series


def test_rows_can_be_read_from_where_the_last_read_ended(
    mirror: FrameMirror, series: FrameSeries
) -> None:
    mirror.add(received_frame(0, a=1.0))
    stop = series.read().stop
    mirror.add(received_frame(1, a=2.0))
    mirror.add(received_frame(0, b=3.0))

    rows = series.read(["a", "absent"], since=stop)

    assert (rows.first, rows.stop, rows.resets) == (1, 3, [2])
    np.testing.assert_array_equal(rows.columns["a"], [2, np.nan])
    assert np.isnan(rows.columns["absent"]).all()
    assert series.read(since=99).seconds.size == 0


def test_old_rows_fall_off(mirror: FrameMirror, short_series: FrameSeries) -> None:
    for index in range(10):
        mirror.add(received_frame(index, a=float(index)))

    rows = short_series.read(["a"])
    later = short_series.read(["a"], since=8)

    assert (rows.first, rows.stop, rows.resets) == (6, 10, [])
    assert rows.columns["a"].tolist() == [6, 7, 8, 9]
    assert later.columns["a"].tolist() == [8, 9]


def test_a_hostile_number_of_keys_is_bounded(mirror: FrameMirror, series: FrameSeries) -> None:
    mirror.add(received_frame(0, **{f"key{number}": 1.0 for number in range(300)}))

    assert len(series.keys()) == 256


def test_discarded_rows_count(mirror: FrameMirror, short_series: FrameSeries) -> None:
    for index in range(20):
        mirror.add(received_frame(index))

    assert short_series.count() == 20


def test_a_new_simulation_replaces_columns_of_an_earlier_one(
    mirror: FrameMirror, series: FrameSeries
) -> None:
    mirror.add(received_frame(0, **{f"key{number}": 1.0 for number in range(300)}))
    mirror.add(received_frame(0, energy__kinetic=2.0))

    assert series.read(["energy.kinetic"]).columns["energy.kinetic"].tolist()[-1] == 2.0


def test_the_table_has_the_matching_keys(mirror: FrameMirror, series: FrameSeries) -> None:
    mirror.add(received_frame(0, energy__kinetic=1.0, energy__potential=2.0, other=3.0))

    table = series.table(["energy.*"])

    assert list(table.columns) == ["energy.kinetic", "energy.potential"]
    assert table.index.name == "time"
    assert str(table.index.tz) == "UTC"


def test_without_pandas_the_table_is_a_dict(
    mirror: FrameMirror, series: FrameSeries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    mirror.add(received_frame(0, a=1.0))

    table = series.table(["a"])

    assert list(table) == ["time", "a"]
    assert table["a"].tolist() == [1.0]
