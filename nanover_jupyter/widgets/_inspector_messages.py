"""What the inspector asks and is told; see `_messages.py` for the envelope around it."""

from __future__ import annotations

from typing import Any, Final, NotRequired, TypedDict


class ValueBody(TypedDict):
    """Asks for the whole value of a key, however large. Result: `ValueResult`."""

    key: str


class ValueResult(TypedDict):
    """The whole value in page form; `value` is absent when the key is gone."""

    key: str
    exists: bool
    value: NotRequired[Any]


BODIES: Final[dict[str, Any]] = {
    "value": ValueBody,
}
"""The type of each body by `op`."""
