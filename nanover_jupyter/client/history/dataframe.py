"""Recorded samples as a pandas DataFrame. Imports pandas only when needed."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from nanover_jupyter.client.history.key_history import Sample

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["has_pandas", "to_frame"]


def has_pandas() -> bool:
    """Return whether pandas is installed."""
    return find_spec("pandas") is not None


def to_frame(samples: Sequence[Sample]) -> DataFrame:
    """Return a `pandas.DataFrame` with a row for each sample.

    Columns: `time` (in UTC, with time zone), `key`, `value` (any object) and `exists`,
    which is False if the key was removed.
    """
    import pandas as pd  # noqa: PLC0415 - optional, and slow to import

    values = pd.Series([sample.value for sample in samples], dtype=object)
    return pd.DataFrame(
        {
            "time": pd.to_datetime([sample.at for sample in samples], unit="s", utc=True),
            "key": pd.Series([sample.key for sample in samples], dtype=object),
            "value": values,
            "exists": pd.Series([sample.exists for sample in samples], dtype=bool),
        }
    )
