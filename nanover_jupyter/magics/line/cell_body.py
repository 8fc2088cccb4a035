"""The body of a `%%nanover update` cell: a JSON object, or one `key = value` a line."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from nanover_jupyter.magics.line.tokenizer import (
    MagicSyntaxError,
    UnfinishedToken,
    finite_number,
    pair,
    refuse_constant,
)

__all__ = ["read_body"]


def read_body(body: str, read_value: Callable[[str], Any]) -> dict[str, Any]:
    """The values by key.

    Args:
        body: What stands in the cell. Empty lines and lines that begin with # mean nothing.
        read_value: Reads what stands behind a `=`.

    Raises:
        MistakenLine: It is neither of the two forms; the message names the line.
    """
    if body.lstrip().startswith("{"):
        return _object(body)
    values: dict[str, Any] = {}
    at: dict[str, int] = {}
    # Not `splitlines`, which also takes signs for line breaks that JSON has in its texts.
    for number, line in enumerate(body.split("\n"), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        key, value = _pair(text, number)
        if key in at:
            raise MagicSyntaxError(f"{key!r} stands in line {at[key]} and in line {number}")
        at[key] = number
        try:
            values[key] = read_value(value)
        except MagicSyntaxError as error:
            raise MagicSyntaxError(f"line {number}: {error}") from error
    return values


def _pair(text: str, number: int) -> tuple[str, str]:
    try:
        found = pair(text)
    except UnfinishedToken as error:
        raise MagicSyntaxError(f"line {number}: {error.reason}") from error
    if found is None or not all(found):
        raise MagicSyntaxError(f"line {number}: write KEY = VALUE, not {text!r}")
    return found


def _object(body: str) -> dict[str, Any]:
    twice: list[str] = []

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(pairs)
        if len(values) < len(pairs):
            names = [name for name, _ in pairs]
            twice.append(next(name for name in names if names.count(name) > 1))
        return values

    try:
        values: dict[str, Any] = json.loads(
            body,
            object_pairs_hook=once,
            parse_constant=refuse_constant,
            parse_float=finite_number,
        )
    except json.JSONDecodeError as error:
        raise MagicSyntaxError(
            f"the body begins as a JSON object, but is none: {error.msg.lower()} "
            f"(line {error.lineno}, column {error.colno})"
        ) from error
    except RecursionError as error:
        raise MagicSyntaxError("the body is nested too deep") from error
    except ValueError as error:  # NaN, or a number of thousands of digits
        raise MagicSyntaxError(f"the body begins as a JSON object, but is none: {error}") from error
    if twice:
        raise MagicSyntaxError(f"{twice[0]!r} stands twice in one object of the body")
    return values
