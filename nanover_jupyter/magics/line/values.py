"""Read values: JSON or text in a line, and the body of a `%%nanover update` cell."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, Final, NoReturn

from nanover_jupyter.magics.errors import MagicError
from nanover_jupyter.magics.line.tokenizer import UnfinishedToken, split_assignment
from nanover_jupyter.wire.values import Value

__all__ = ["read_body", "read_value"]

_PYTHON_CONSTANTS: Final = {"True": "true", "False": "false", "None": "null"}


def read_value(raw: str) -> Value:
    """Return the value of a token as typed: JSON if it is valid JSON, else text.

    Nothing is evaluated. Single quotes are removed first, as a shell does. Text that looks
    like another JSON value needs double quotes: `"5"` is a string.

    Raises:
        MagicError: It begins like JSON but is not valid, or it is a Python constant.
    """
    in_quotes = len(raw) > 1 and raw[0] == raw[-1] == "'"
    text = raw[1:-1] if in_quotes else raw
    try:
        value: Value = _load_json(text)
    except (ValueError, RecursionError) as error:
        if in_quotes:
            return text
        if text in _PYTHON_CONSTANTS:
            raise MagicError(
                f"Values are JSON: write {_PYTHON_CONSTANTS[text]} instead of {text}, or "
                f"'\"{text}\"' for the string."
            ) from error
        if isinstance(error, _NumberTooLarge):
            raise MagicError(f"{error}. Use single quotes to send it as text.") from error
        if text[:1] in {"{", "[", '"'}:
            raise MagicError(
                f"{_shorten(text)} is not valid JSON: {_problem(error)}. "
                "Use single quotes to send it as text."
            ) from error
        return text
    return value


def read_body(body: str, read: Callable[[str], Any]) -> dict[str, Any]:
    """Return the values by key of a cell: a JSON object, or one `KEY = VALUE` per line.

    Args:
        body: The text of the cell. Empty lines and lines that begin with # are ignored.
        read: Reads the text after a `=`.

    Raises:
        MagicError: The body has neither form; the message contains the line number.
    """
    if body.lstrip().startswith("{"):
        return _read_object(body)
    values: dict[str, Any] = {}
    lines: dict[str, int] = {}
    # Not `splitlines`, which also splits at characters that JSON allows in strings.
    for number, line in enumerate(body.split("\n"), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        key, value = _read_assignment(text, number)
        if key in lines:
            raise MagicError(f"Line {number}: {key!r} is already set in line {lines[key]}.")
        lines[key] = number
        try:
            values[key] = read(value)
        except MagicError as error:
            raise MagicError(f"Line {number}: {error}") from error
    return values


def _read_assignment(text: str, number: int) -> tuple[str, str]:
    try:
        found = split_assignment(text)
    except UnfinishedToken as error:
        raise MagicError(f"Line {number}: {error.reason}") from error
    if found is None or not all(found):
        raise MagicError(f"Line {number}: write KEY = VALUE, not {text!r}.")
    return found


def _read_object(body: str) -> dict[str, Any]:
    duplicates: list[str] = []

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(pairs)
        if len(values) < len(pairs):
            names = [name for name, _ in pairs]
            duplicates.append(next(name for name in names if names.count(name) > 1))
        return values

    try:
        values: dict[str, Any] = _load_json(body, collect)
    except json.JSONDecodeError as error:
        raise MagicError(
            f"The cell body is not a valid JSON object: {error.msg.lower()} "
            f"(line {error.lineno}, column {error.colno})."
        ) from error
    except (ValueError, RecursionError) as error:
        raise MagicError(f"The cell body is not a valid JSON object: {_problem(error)}.") from error
    if duplicates:
        raise MagicError(f"The cell body sets {duplicates[0]!r} twice in one object.")
    return values


class _NumberTooLarge(ValueError):
    """A number that would be read as infinity."""


def _load_json(
    text: str, object_pairs_hook: Callable[[list[tuple[str, Any]]], Any] | None = None
) -> Any:
    """Load JSON strictly: without NaN and Infinity, which Python's reader accepts."""
    return json.loads(
        text,
        object_pairs_hook=object_pairs_hook,
        parse_constant=_refuse_constant,
        parse_float=_finite_number,
    )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def _finite_number(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise _NumberTooLarge(f"The number {_shorten(digits)} is beyond the range of a double")
    return number


def _shorten(text: str, limit: int = 40) -> str:
    return text if len(text) <= limit else f"{text[:limit]} …"


def _problem(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg[0].lower()}{error.msg[1:]} at character {error.pos + 1}"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
