"""Moments as a table."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd

from nanover_jupyter.client.history.dataframe import has_pandas, to_frame
from nanover_jupyter.client.history.key_history import TOMBSTONE, KeyHistory, Sample


def samples() -> list[Sample]:
    history = KeyHistory("avatar.a", 10, 1_000_000)
    history.add(1_700_000_000.25, {"name": "Anna"})
    history.add(1_700_000_001.0, [1, 2])
    history.add(1_700_000_002.0, TOMBSTONE)
    return list(history)


def test_each_sample_is_a_row() -> None:
    frame = to_frame(samples())

    assert list(frame.columns) == ["time", "key", "value", "exists"]
    assert frame["time"][0] == pd.Timestamp("2023-11-14T22:13:20.25Z")
    assert list(frame["value"]) == [{"name": "Anna"}, [1, 2], None]
    assert list(frame["exists"]) == [True, True, False]


def test_no_samples_are_an_empty_table() -> None:
    frame = to_frame([])

    assert len(frame) == 0
    assert str(frame["time"].dtype).endswith("UTC]")


def test_pandas_is_found_without_importing_it() -> None:
    program = (
        "import sys; from nanover_jupyter.client.history.dataframe import has_pandas; "
        "print(has_pandas(), 'pandas' in sys.modules)"
    )

    said = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    assert has_pandas()
    assert said.stdout.split() == ["True", "False"]
