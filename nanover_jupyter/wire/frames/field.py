"""One value of a frame: undecoded, or as an array of the type and shape that its key has."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from nanover_jupyter.errors import ProtocolError
from nanover_jupyter.wire.frames.fields import FIELDS, INTEGERS, NAMES, FieldType

__all__ = ["Decoded", "FrameField", "FrameValue", "MaybeField", "conform", "view"]

FrameValue = npt.NDArray[Any] | int | float | str | bytes | bool | list[Any] | dict[str, Any] | None
"""A value of a frame: an array for most keys, otherwise as received."""

_EXACT_INTEGERS: Final = 2**53
_LONGEST_TEXT: Final = 40


class Decoded(NamedTuple):
    """A decoded value, and what is wrong with it, or None."""

    value: FrameValue
    problem: str | None = None


class FrameField:
    """A value in a received message, decoded when it is first read. Any thread may read it.

    Args:
        data: The message, or a part of it.
        start: Where the value starts in `data`.
        end: Where it ends.
        load: Called as `load(data, start, end, type)` with the type of the field, or None for
            an unknown key; returns the value before it is given a shape. May raise ProtocolError.
    """

    __slots__ = ("_decoded", "_load", "data", "end", "start")

    def __init__(
        self,
        data: bytes,
        start: int,
        end: int,
        load: Callable[[bytes, int, int, FieldType | None], object],
    ) -> None:
        self.data = data
        self.start = start
        self.end = end
        self._load = load
        # Two threads may both decode the bytes; either result is valid.
        self._decoded: Decoded | None = None

    def decode(self, key: str) -> Decoded:
        """Return the value as the field `key`. All readers share it."""
        decoded = self._decoded
        if decoded is None:
            try:
                raw = self._load(self.data, self.start, self.end, FIELDS.get(key))
            except ProtocolError as error:
                decoded = Decoded(None, f"it cannot be decoded: {error}")
            else:
                decoded = conform(key, raw)
            self._decoded = decoded
        return decoded

    def without(self, message: bytes) -> FrameField:
        """Return this field, or a copy of its bytes if it keeps a larger message in memory.

        Args:
            message: The current message, which is in memory anyway.
        """
        size = self.end - self.start
        if self.data is message or 2 * size >= len(self.data):
            return self
        return FrameField(self.data[self.start : self.end], 0, size, self._load)


MaybeField = FrameField | FrameValue
"""A value that may be undecoded."""


def view(data: bytes, start: int, end: int, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return a read-only array of bytes of a message, copied only where they are misaligned.

    Bytes that do not make a whole element at the end are left out.
    """
    count = (end - start) // dtype.itemsize
    array = np.frombuffer(data, dtype, count, start) if count else np.empty(0, dtype)
    if not array.flags.aligned:
        array = array.copy()
    array.flags.writeable = False
    return array


def conform(key: str, raw: object) -> Decoded:
    """Return a received value with the type and shape of its key.

    A value that does not fit is returned as received, with a description of the problem.

    Args:
        key: The key.
        raw: An array of one dimension, bytes, or a plain value.
    """
    field = FIELDS.get(key)
    if field is not None:
        return _conform_array(field, raw)
    if key in NAMES:
        return _conform_names(raw)
    if key in INTEGERS and isinstance(raw, float):
        if math.isfinite(raw) and raw.is_integer() and abs(raw) <= _EXACT_INTEGERS:
            return Decoded(int(raw))
        return Decoded(raw, f"{raw!r} is not an integer")
    return Decoded(raw)  # type: ignore[arg-type]  # plain values of the wire formats


def _conform_array(field: FieldType, raw: object) -> Decoded:
    array = _array(field, raw)
    if array is None:
        return Decoded(raw, f"{_described(raw)} is not an array of numbers")  # type: ignore[arg-type]
    if isinstance(raw, bytes) and len(raw) != array.nbytes:
        problem = f"{len(raw)} bytes are not a multiple of {field.dtype.itemsize}"
        return Decoded(array, problem)
    if array.dtype != field.dtype:
        return Decoded(array, f"its numbers do not fit into {field.dtype.name}")
    if field.columns > 1:
        if array.size % field.columns:
            problem = f"{array.size} numbers are not a multiple of {field.columns}"
            return Decoded(array, problem)
        array = array.reshape(-1, field.columns)
    return Decoded(array)


def _array(field: FieldType, raw: object) -> npt.NDArray[Any] | None:
    """Return a read-only array of one dimension, of the field's type if the numbers fit."""
    if isinstance(raw, bytes):
        return view(raw, 0, len(raw), field.dtype)
    if isinstance(raw, np.ndarray):
        array = raw
    elif isinstance(raw, list):
        try:
            array = np.asarray(raw)
        except (ValueError, OverflowError):  # rows of different lengths
            return None
    else:
        return None
    if array.size == 0:
        array = np.empty(0, field.dtype)
    elif array.dtype.kind not in "iuf":
        return None
    return _cast(array.reshape(-1), field.dtype)


def _cast(array: npt.NDArray[Any], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return the array as another type if no number changes by more than its precision."""
    if array.dtype != dtype:
        with np.errstate(invalid="ignore", over="ignore"):
            cast = array.astype(dtype)
        if dtype.kind == "f" or np.array_equal(cast, array):
            array = cast
    if array.flags.writeable:
        array = array.view()
        array.flags.writeable = False
    return array


def _conform_names(raw: object) -> Decoded:
    if isinstance(raw, list):
        if all(type(name) is str for name in raw):
            return Decoded(raw)
        return Decoded([str(name) for name in raw], "not all of its items are strings")
    return Decoded(raw, f"{_described(raw)} is not a list of strings")  # type: ignore[arg-type]


def _described(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_TEXT else f"a value of type {type(value).__name__}"
