"""A summary of each value of a frame: type, shape, unit, range and a preview."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from nanover_jupyter.text_format import preview, visible
from nanover_jupyter.wire.frames.field import FrameValue
from nanover_jupyter.wire.frames.frame import Frame

__all__ = ["MAX_FIELDS", "FieldSummary", "FrameSummarizer", "range_text"]

MAX_FIELDS: Final = 200
"""The number of fields that are summarized; a hostile server may send more."""

# Larger arrays are sampled: a million numbers take about a millisecond.
_MAX_NUMBERS: Final = 1_000_000
_PREVIEW_ITEMS: Final = 8
_PREVIEW_CHARACTERS: Final = 80
_MAX_TEXT: Final = 200

_UNITS: Final = {
    "particle.positions": "nm",
    "particle.velocities": "nm/ps",
    "particle.forces": "kJ/mol/nm",
    "particle.forces.system": "kJ/mol/nm",
    "forces.user.sparse": "kJ/mol/nm",
    "forces.user.work_done": "kJ/mol",
    "system.box.vectors": "nm",
    "system.simulation.time": "ps",
    "system.temperature": "K",
    "energy.kinetic": "kJ/mol",
    "energy.potential": "kJ/mol",
    "energy.total": "kJ/mol",
    "energy.user.total": "kJ/mol",
    "server.timestamp": "s",
}


@dataclass(frozen=True, slots=True)
class FieldSummary:
    """What a table shows of one value of a frame.

    Attributes:
        key: The key.
        shape: The shape of an array as text, the length of a list, empty for a single value.
        dtype: The type of an array's elements, or of the value.
        unit: The unit, empty if it has none or is unknown.
        minimum: The least finite number; None without one.
        maximum: The greatest finite number; None without one.
        sampled: Whether only a part of a large array was searched for its range.
        preview: The beginning of the value.
        problem: What is wrong with the value; empty if nothing.
    """

    key: str
    shape: str
    dtype: str
    unit: str
    minimum: float | None
    maximum: float | None
    sampled: bool
    preview: str
    problem: str


class FrameSummarizer:
    """Summarizes frames; values that did not change are summarized once.

    Not thread-safe.
    """

    def __init__(self) -> None:
        # The value is kept so that its identity is not reused.
        self._known: dict[str, tuple[object, FieldSummary]] = {}

    def summarize(self, frame: Frame) -> list[FieldSummary]:
        """Return the first fields of a frame, sorted by key; at most `MAX_FIELDS`."""
        known: dict[str, tuple[object, FieldSummary]] = {}
        for key in sorted(frame)[:MAX_FIELDS]:
            value = frame[key]
            earlier = self._known.get(key)
            if earlier is not None and earlier[0] is value:
                known[key] = earlier
            else:
                known[key] = (value, _summarize(key, value, frame.problem(key)))
        self._known = known
        return [summary for _, summary in known.values()]


def range_text(summary: FieldSummary) -> str:
    """Return the range as text, for example "-0.71 to 2.3"; empty without one."""
    if summary.minimum is None or summary.maximum is None:
        return ""
    low, high = f"{summary.minimum:.5g}", f"{summary.maximum:.5g}"
    text = low if low == high else f"{low} to {high}"
    return f"about {text}" if summary.sampled else text


def _summarize(key: str, value: FrameValue, problem: str | None) -> FieldSummary:
    shape, dtype, low, high, sampled = "", type(value).__name__, None, None, False
    if isinstance(value, np.ndarray):
        shape = " \u00d7 ".join(map(str, value.shape))
        dtype = value.dtype.name
        low, high, sampled = _range(value)
        text = _array_preview(value)
    elif isinstance(value, list | dict | bytes):
        shape = str(len(value))
        if isinstance(value, list) and value and isinstance(value[0], str):
            dtype = "list of str"
        text = preview(_head(value), _PREVIEW_CHARACTERS)
    elif isinstance(value, str):
        text = visible(value, _PREVIEW_CHARACTERS)
    else:
        text = "—" if value is None else preview(value, _PREVIEW_CHARACTERS)
    return FieldSummary(
        key=key,
        shape=shape,
        dtype=dtype,
        unit=_UNITS.get(key, ""),
        minimum=low,
        maximum=high,
        sampled=sampled,
        preview=text,
        problem="" if problem is None else visible(problem, _MAX_TEXT),
    )


def _range(array: npt.NDArray[Any]) -> tuple[float | None, float | None, bool]:
    """Return the least and greatest finite number, and whether the array was sampled."""
    if array.size == 0 or array.dtype.kind not in "iufb":
        return None, None, False
    step = -(-array.size // _MAX_NUMBERS)
    numbers = array.reshape(-1)[::step]
    low, high = float(numbers.min()), float(numbers.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        numbers = numbers[np.isfinite(numbers)]
        if numbers.size == 0:
            return None, None, step > 1
        low, high = float(numbers.min()), float(numbers.max())
    return low, high, step > 1


def _array_preview(array: npt.NDArray[Any]) -> str:
    rows = array[:_PREVIEW_ITEMS].reshape(-1)[:_PREVIEW_ITEMS]
    items = ", ".join(
        f"{item:.4g}" if isinstance(item, float) else visible(str(item), _PREVIEW_CHARACTERS)
        for item in rows.tolist()
    )
    return f"{items}, …" if array.size > len(rows) else items


def _head(value: list[Any] | dict[str, Any] | bytes) -> Any:
    """Return the first items, as the preview visits no more of them."""
    if isinstance(value, dict):
        return dict(islice(value.items(), _PREVIEW_CHARACTERS))
    return value[:_PREVIEW_CHARACTERS]
