"""Finds values on the wire that have no kind set, which NanoVer's server refuses.

The codec reads them as null, as clients should; only a server has to tell the two
apart, and only in requests that seem to hold a null at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nanover_jupyter.wire.values import Value

__all__ = ["holds_unset_value"]


def holds_unset_value(decoded: Iterable[Value], kind: Any, request: bytes) -> bool:
    """Whether a request holds a value of no kind.

    Args:
        decoded: What the codec read: looked at first, because it is cheap.
        kind: The protobuf class of the request.
        request: Bytes that the codec has parsed without error.
    """
    return _holds_null(list(decoded)) and _holds_unset(kind.FromString(request))


def _holds_null(value: Value) -> bool:
    if type(value) is dict:
        items: Iterable[Value] = value.values()
    elif type(value) is list:
        items = value
    else:
        return value is None
    # `in` compares in C, and nearly all values lie flat in their containers.
    return None in items or any(_holds_null(item) for item in items if type(item) in (list, dict))


def _holds_unset(message: Any) -> bool:
    if message.DESCRIPTOR.name == "Value" and message.WhichOneof("kind") is None:
        return True
    return any(_holds_unset(inner) for inner in _inner_messages(message))


def _inner_messages(message: Any) -> Iterable[Any]:
    for field, content in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            yield from content.values()
        elif hasattr(content, "add"):
            yield from content
        else:
            yield content
