"""Reads values out of protobuf's own objects: slow, and right about all that it parses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from nanover_jupyter.wire.values import Value

__all__ = ["holds_unset", "read_fields", "read_value"]


def read_fields(struct: Any) -> dict[str, Value]:
    """The fields of a protobuf `Struct`."""
    return {key: read_value(item) for key, item in struct.fields.items()}


def read_value(value: Any) -> Value:
    """What a protobuf `Value` holds."""
    kind = value.WhichOneof("kind")
    if kind is None:
        return None  # a Value with nothing set; upstream's Rust server reads it as null too
    return _READERS[kind](value)


def holds_unset(message: Any) -> bool:
    """Whether a `Value` of no kind is anywhere in a protobuf message."""
    if message.DESCRIPTOR.name == "Value" and message.WhichOneof("kind") is None:
        return True
    return any(map(holds_unset, _inner_messages(message)))


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


def _read_items(value: Any) -> Value:
    return [read_value(item) for item in value.list_value.values]


_READERS: Final[dict[str, Callable[[Any], Value]]] = {
    "null_value": lambda _: None,
    "number_value": lambda value: value.number_value,
    "string_value": lambda value: value.string_value,
    "bool_value": lambda value: value.bool_value,
    "struct_value": lambda value: read_fields(value.struct_value),
    "list_value": _read_items,
}
