"""Values of shared state, command arguments and results.

A value is a JSON value (null, bool, number, string, list, or dict with string keys);
NaN and the infinities are allowed. `normalize` converts other Python objects to this
form, or raises an error with the path to what it cannot convert.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from nanover_jupyter.errors import InvalidValue

__all__ = [
    "ABSENT",
    "NESTING_LIMIT",
    "Absent",
    "Value",
    "alike",
    "check_integer",
    "check_key",
    "check_nesting",
    "check_text",
    "copy_value",
    "normalize",
    "same_value",
    "to_plain",
    "with_article",
]


class _Absence(enum.Enum):
    ABSENT = "absent"

    def __repr__(self) -> str:
        return self.name


Absent = Literal[_Absence.ABSENT]
ABSENT: Final = _Absence.ABSENT
"""Marks a missing value, because None is a value."""

Value = None | bool | int | float | str | list["Value"] | dict[str, "Value"]

# protobuf parsers accept this many nested messages. A value in an update starts at
# level four; a list adds two levels, a dict three (wire-protocol G1: 48 nested lists
# or 32 nested dicts are accepted).
NESTING_LIMIT = 100
KEY_NESTING = 4

_PLAIN = (str, bool, int, float, type(None))


def normalize(value: object, nesting: int = KEY_NESTING) -> Value:
    """Return a deep copy of `value` that consists of plain Python types.

    Tuples and numpy arrays become lists, numpy scalars become Python numbers.

    Args:
        value: Any object. It is not modified.
        nesting: The number of protobuf messages around the value.

    Raises:
        InvalidValue: Part of the value cannot be sent; `path` locates it.
    """
    kind = type(value)
    if kind in _PLAIN:
        return _check_plain(value)
    if kind is list or kind is tuple:
        return _normalize_items(value, nesting)  # type: ignore[arg-type]
    if kind is dict:
        return _normalize_fields(value, nesting)  # type: ignore[arg-type]
    return normalize(to_plain(value), nesting)


def _check_plain(value: Any) -> Value:
    if type(value) is str:
        check_text(value)
    elif type(value) is int:
        check_integer(value)
    return value  # type: ignore[no-any-return]


def _normalize_items(items: Sequence[object], nesting: int) -> list[Value]:
    check_nesting(nesting + (2 if items else 1))
    result: list[Value] = []
    for index, item in enumerate(items):
        try:
            result.append(normalize(item, nesting + 2))
        except InvalidValue as error:
            raise error.within(index) from None
    return result


def _normalize_fields(fields: Mapping[Any, object], nesting: int) -> dict[str, Value]:
    check_nesting(nesting + (3 if fields else 1))
    result: dict[str, Value] = {}
    for key, item in fields.items():
        name = check_key(key)
        try:
            result[name] = normalize(item, nesting + 3)
        except InvalidValue as error:
            raise error.within(name) from None
    return result


def to_plain(value: object) -> object:
    """Return the plain equivalent of a value that is not a plain type.

    Supports subclasses of the plain types, mappings, and numpy scalars and arrays (which
    are recognized by their attributes, so that numpy is optional).

    Raises:
        InvalidValue: There is no plain equivalent.
    """
    if isinstance(value, str):
        return str.__str__(value)  # the subclass may override `__str__`
    for plain in (bool, int, float):
        if isinstance(value, plain):
            return plain(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, list | tuple):
        return list(value)
    if type(value).__module__.split(".")[0] == "numpy" and hasattr(value, "tolist"):
        plain_value: object = value.tolist()
        if isinstance(plain_value, (*_PLAIN, list)):
            return plain_value
    raise InvalidValue((), f"{with_article(type(value).__name__)} is not a JSON-like value")


def check_text(text: str) -> None:
    """Raise InvalidValue for a string with lone surrogates, which UTF-8 cannot encode."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise InvalidValue((), "the string contains lone surrogates (not UTF-8)") from None


def check_integer(number: int) -> None:
    """Raise InvalidValue for an integer outside the range of a double."""
    try:
        float(number)
    except OverflowError:
        raise InvalidValue((), "the number is outside the range of a double") from None


def check_key(key: object) -> str:
    """Return `key` as a plain string. Raises InvalidValue if it is not a string."""
    if not isinstance(key, str):
        raise InvalidValue(
            (), f"the key {key!r} is {with_article(type(key).__name__)}, not a string"
        )
    check_text(key)
    return str.__str__(key)


def check_nesting(nesting: int) -> None:
    """Raise InvalidValue if `nesting` exceeds what protobuf parsers accept."""
    if nesting > NESTING_LIMIT:
        raise InvalidValue((), "it is nested too deeply (at most 48 lists or 32 dicts)")


def same_value(left: object, right: object) -> bool:
    """Whether two plain values are identical: NaN is NaN, 0.0 is not -0.0, True is not 1.0.

    Values that are nested too deeply for Python to compare are not the same.
    """
    try:
        return _same(left, right)
    except RecursionError:
        return False


def _same(left: object, right: object) -> bool:
    if type(left) is not type(right):
        return False
    if isinstance(left, float) and isinstance(right, float):
        return left.hex() == right.hex()
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(
            _same(item, right[key]) for key, item in left.items()
        )
    return bool(left == right)


def alike(left: object, right: object) -> bool:
    """Whether two values are equal for users: 1 is 1.0, NaN is NaN, True is not 1.

    gRPC has only doubles, so what was sent as 1 comes back as 1.0. Values that are nested
    too deeply for Python to compare are not alike.
    """
    try:
        return _alike(left, right)
    except RecursionError:
        return False


def _alike(left: object, right: object) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        # NaN is the only number that differs from itself; `isnan` rejects large integers.
        return left == right or (left != left and right != right)  # noqa: PLR0124
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(_alike, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_alike(left[key], right[key]) for key in left)
    return type(left) is type(right) and bool(left == right)


def copy_value(value: Value) -> Value:
    """Return a deep copy of a plain value, several times faster than `copy.deepcopy`."""
    if type(value) is dict:
        fields = value.copy()
        for key, item in fields.items():
            kind = type(item)
            if kind is list or kind is dict:
                fields[key] = copy_value(item)
        return fields
    if type(value) is list:
        for item in value:
            kind = type(item)
            if kind is list or kind is dict:
                return [copy_value(item) for item in value]
        return value.copy()
    return value


def with_article(noun: str) -> str:
    """Return a noun with its indefinite article."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"
