"""Conversion of values to the types of a frame's fields, before they are encoded."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from nanover_jupyter.errors import InvalidValue
from nanover_jupyter.wire.frames.field import FrameValue, conform
from nanover_jupyter.wire.frames.fields import FIELDS, INTEGERS, NAMES
from nanover_jupyter.wire.values import check_text, normalize, with_article

__all__ = ["owned", "sendable"]

# Kinds of numpy types: booleans, integers, floats.
_NUMBERS: Final = "biuf"
_STRINGS: Final = "U"


def sendable(key: str, value: object) -> FrameValue:
    """Return the value of a field in the type of its key.

    Arrays get the type and the columns of their key (see `FIELDS`), names become lists of
    strings, and integers `int`. Values that have the type already are not copied. Values of
    other keys are returned as they are, except that numpy scalars become Python numbers.

    Args:
        key: The key of the field.
        value: A numpy array of any shape, a list, bytes, a number, a string or a dict.

    Raises:
        InvalidValue: The value does not fit the key. The path is the key.
    """
    plain: Any = _plain_container(value)
    if key in FIELDS or key in NAMES:
        decoded = conform(key, plain)
    elif key in INTEGERS:
        if isinstance(plain, bool) or not isinstance(plain, int | float):
            raise InvalidValue((key,), f"{_described(value)} is not an integer")
        decoded = conform(key, plain)
    else:
        if isinstance(plain, np.ndarray) and plain.dtype.kind not in _NUMBERS:
            raise InvalidValue((key,), f"arrays of {plain.dtype.name} cannot be sent")
        return plain  # type: ignore[no-any-return]
    if decoded.problem is not None:
        raise InvalidValue((key,), decoded.problem)
    return decoded.value


def owned(key: str, value: object) -> FrameValue:
    """Return a copy of a value as `sendable` does, which later changes by the caller cannot reach.

    Args:
        key: The key of the field.
        value: As in `sendable`.

    Raises:
        InvalidValue: The value does not fit the key, or part of it cannot be sent; the path
            starts with the key.
    """
    converted = sendable(key, value)
    if isinstance(converted, np.ndarray):
        return _frozen_copy(converted)
    if isinstance(converted, bytes):
        return converted
    try:
        if key in NAMES and isinstance(converted, list):
            check_text("".join(converted))
            return list(converted)
        return normalize(converted)
    except InvalidValue as error:
        raise error.within(key) from None


def _frozen_copy(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    copy = np.array(array, order="C")
    copy.flags.writeable = False
    return copy


def _plain_container(value: object) -> object:
    """Return tuples, scalars and arrays of strings, and buffers as the types of a frame."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray) and (value.ndim == 0 or value.dtype.kind == _STRINGS):
        return value.tolist()
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    return value


def _described(value: object) -> str:
    return with_article(type(value).__name__)
