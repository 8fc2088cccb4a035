"""The values that shared state, arguments and results are made of.

A value is what JSON knows (null, bool, number, string, list, dict with string
keys), with NaN and the infinities besides. `normalise` brings what people write
in Python to that form or says where it cannot.
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
    "normalise",
    "same_value",
    "unfamiliar",
    "with_article",
]


class _Absence(enum.Enum):
    ABSENT = "absent"

    def __repr__(self) -> str:
        return self.name


Absent = Literal[_Absence.ABSENT]
ABSENT: Final = _Absence.ABSENT
"""What stands where there is no value, as None is one."""

Value = None | bool | int | float | str | list["Value"] | dict[str, "Value"]

# protobuf parsers give up beyond this many messages inside one another. A value
# starts four deep in an update; a list adds two, a dict three (wire-protocol G1:
# 48 lists or 32 dicts pass, one more is refused).
NESTING_LIMIT = 100
NESTING_OF_A_KEY = 4

_PLAIN = (str, bool, int, float, type(None))


def normalise(value: object, nesting: int = NESTING_OF_A_KEY) -> Value:
    """A fresh copy of `value` made of plain Python types only.

    Tuples and numpy arrays become lists, numpy scalars become Python numbers.

    Args:
        value: Anything; nothing in it is changed.
        nesting: How many wire messages already surround the value.

    Raises:
        InvalidValue: Something in it cannot be sent; `path` leads there.
    """
    kind = type(value)
    if kind in _PLAIN:
        return _check_plain(value)
    if kind is list or kind is tuple:
        return _normalise_items(value, nesting)  # type: ignore[arg-type]
    if kind is dict:
        return _normalise_fields(value, nesting)  # type: ignore[arg-type]
    return normalise(unfamiliar(value), nesting)


def _check_plain(value: Any) -> Value:
    if type(value) is str:
        check_text(value)
    elif type(value) is int:
        check_integer(value)
    return value  # type: ignore[no-any-return]


def _normalise_items(items: Sequence[object], nesting: int) -> list[Value]:
    check_nesting(nesting + (2 if items else 1))
    result: list[Value] = []
    for index, item in enumerate(items):
        try:
            result.append(normalise(item, nesting + 2))
        except InvalidValue as error:
            raise error.within(index) from None
    return result


def _normalise_fields(fields: Mapping[Any, object], nesting: int) -> dict[str, Value]:
    check_nesting(nesting + (3 if fields else 1))
    result: dict[str, Value] = {}
    for key, item in fields.items():
        name = check_key(key)
        try:
            result[name] = normalise(item, nesting + 3)
        except InvalidValue as error:
            raise error.within(name) from None
    return result


def unfamiliar(value: object) -> object:
    """The plain equivalent of a value that is no plain type itself.

    Knows subclasses of the plain types, mappings, and numpy's scalars and arrays
    (by what they offer, so that numpy need not be installed).

    Raises:
        InvalidValue: There is no equivalent.
    """
    if isinstance(value, str):
        return str.__str__(value)  # not the subclass's own, which may say something else
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
    """Raise InvalidValue for text with lone surrogates, which UTF-8 cannot carry."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise InvalidValue((), "the text holds lone surrogates, which UTF-8 has not") from None


def check_integer(number: int) -> None:
    """Raise InvalidValue for an integer beyond the range of a double."""
    try:
        float(number)
    except OverflowError:
        raise InvalidValue((), "the number is beyond the range of a double") from None


def check_key(key: object) -> str:
    """`key` as a plain string; raises InvalidValue if it is none."""
    if not isinstance(key, str):
        raise InvalidValue(
            (), f"the key {key!r} is {with_article(type(key).__name__)}, not a string"
        )
    check_text(key)
    return str.__str__(key)


def check_nesting(nesting: int) -> None:
    """Raise InvalidValue when `nesting` messages are more than the wire allows."""
    if nesting > NESTING_LIMIT:
        raise InvalidValue((), "it is nested too deeply (48 lists or 32 dicts at the most)")


def same_value(left: object, right: object) -> bool:
    """Whether two plain values are the same to the last bit: NaN is NaN, 0.0 is not -0.0.

    `==` would call True and 1.0 alike, and a list with a NaN in it unlike itself. What is
    nested more deeply than Python can compare is not the same.
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
    """Whether two values are the same to people: 1 is 1.0, NaN is NaN, True is not 1.

    gRPC knows doubles only, so what was sent as 1 is seen back as 1.0. What is nested more
    deeply than Python can compare is not alike.
    """
    try:
        return _alike(left, right)
    except RecursionError:
        return False


def _alike(left: object, right: object) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        # Of numbers only NaN differs from itself; `isnan` does not take every integer.
        return left == right or (left != left and right != right)  # noqa: PLR0124
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(_alike, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_alike(left[key], right[key]) for key in left)
    return type(left) is type(right) and bool(left == right)


def copy_value(value: Value) -> Value:
    """A deep copy of a plain value; several times as fast as `copy.deepcopy`."""
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
    """A noun as one of many, in a message."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"
