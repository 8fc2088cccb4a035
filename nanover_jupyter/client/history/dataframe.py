"""Recorded moments as a pandas DataFrame. Imports pandas only when it is used."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from nanover_jupyter.client.history.key_history import Sample

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["has_pandas", "to_frame"]


def has_pandas() -> bool:
    """Whether pandas is installed."""
    return find_spec("pandas") is not None


def to_frame(moments: Sequence[Sample]) -> DataFrame:
    """A `pandas.DataFrame`, a row for each moment.

    Columns: `time` (with time zone, UTC), `key`, `value` (any object) and `exists`,
    which is False where the key was removed.
    """
    import pandas as pd  # noqa: PLC0415 - takes a second, and need not be installed

    values = pd.Series([moment.value for moment in moments], dtype=object)
    return pd.DataFrame(
        {
            "time": pd.to_datetime([moment.at for moment in moments], unit="s", utc=True),
            "key": pd.Series([moment.key for moment in moments], dtype=object),
            "value": values,
            "exists": pd.Series([moment.exists for moment in moments], dtype=bool),
        }
    )
