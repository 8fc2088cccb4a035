"""Lossless JSON encoding of values for the page, with truncation of large values.

JSON has no NaN, infinities or bytes, and JavaScript has no large integers. Such values, and
values that are too large to send in full, are encoded as objects with the key `$nvj`:

    {"$nvj": "nan"}  {"$nvj": "inf"}  {"$nvj": "-inf"}
    {"$nvj": "int", "text": "9007199254740993"}     an integer beyond 2**53
    {"$nvj": "float", "text": "1.0"}                a float without a fractional part
    {"$nvj": "bytes", "length": 12, "hex": "00ff…"} bytes, of which at most 64 are sent
    {"$nvj": "cut", "kind": "list", "length": 100000, "bytes": 1899000, "head": [...]}
    {"$nvj": "esc", "value": {...}}                 an object that has a key `$nvj` itself

`kind` of a truncated value ("cut") is "list", "object" or "string"; `bytes` is the size of
the full value as JSON, estimated for long lists; `head` holds the first items, fields or
characters, encoded the same way. The float occurs only in arguments of commands, because
JavaScript numbers do not distinguish 1 and 1.0.
"""

from __future__ import annotations

import math
from itertools import islice
from typing import Any, Final

import orjson

from nanover_jupyter.wire.values import Value

__all__ = [
    "FULL_LIMIT",
    "INLINE_LIMIT",
    "ITEM_LIMIT",
    "encode",
    "encode_with_size",
    "from_page",
    "to_page",
    "to_page_as_typed",
]

_TAG: Final = "$nvj"
_TAG_BYTES: Final = b'"$nvj"'

# Values with longer JSON are truncated; 16 kB is a few screenfuls of text.
INLINE_LIMIT: Final = 16 * 1024
# Longer lists are truncated without encoding them in full first.
_MAX_ITEMS: Final = 2_000
_HEAD_ITEMS: Final = 50
_HEAD_CHARACTERS: Final = 2_000
_HEAD_BYTES: Final = 64
_MIN_PART_BYTES: Final = 100
_MAX_DEPTH: Final = 100
_SAMPLES: Final = 200

# For requests of a full value.
FULL_LIMIT: Final = 8 * 1024 * 1024

# For each item of a requested range of items.
ITEM_LIMIT: Final = 4 * 1024

_SAFE_INTEGER: Final = 2**53


def encode(value: Value, limit: int = INLINE_LIMIT) -> bytes:
    """Return the encoded value as JSON, truncated if it is longer than `limit` bytes."""
    return encode_with_size(value, limit)[0]


def encode_with_size(value: Value, limit: int = INLINE_LIMIT) -> tuple[bytes, int]:
    """Return the same, and the size of the full value in bytes, estimated for long lists."""
    if type(value) is list and len(value) > _MAX_ITEMS and limit == INLINE_LIMIT:
        size = _estimate(value)
        return orjson.dumps(_truncate(value, size, limit)), size
    try:
        encoded = orjson.dumps(value, option=orjson.OPT_STRICT_INTEGER)
    except TypeError:
        # orjson rejects large integers, bytes, lone surrogates and deep nesting.
        encoded = orjson.dumps(_tagged(value, 0))
    else:
        # orjson encodes NaN and infinity as null, and does not escape the tag.
        if b"null" in encoded or _TAG_BYTES in encoded:
            encoded = orjson.dumps(_tagged(value, 0))
    size = len(encoded)
    return (orjson.dumps(_truncate(value, size, limit)) if size > limit else encoded), size


def to_page(value: Value, limit: int = FULL_LIMIT) -> Any:
    """Return the encoded value as Python objects that any JSON encoder accepts."""
    return orjson.loads(encode(value, limit))


def from_page(value: Any) -> Value:
    """Decode a value from the page.

    Raises:
        ValueError: The value has a tag that a page must not send.
    """
    if isinstance(value, list):
        return [from_page(item) for item in value]
    if not isinstance(value, dict):
        return value  # type: ignore[no-any-return]
    if _TAG not in value:
        return {key: from_page(item) for key, item in value.items()}
    match value:
        case {"$nvj": "nan"}:
            return math.nan
        case {"$nvj": "inf"}:
            return math.inf
        case {"$nvj": "-inf"}:
            return -math.inf
        case {"$nvj": "int", "text": str(text)}:
            return int(text)
        case {"$nvj": "float", "text": str(text)}:
            return float(text)
        case {"$nvj": "esc", "value": dict(fields)}:
            return {key: from_page(item) for key, item in fields.items()}
    raise ValueError(f"a value tagged {value[_TAG]!r} cannot be sent back")


def to_page_as_typed(value: Value) -> Any:
    """Return the encoded value with 1.0 distinguished from 1, for arguments of commands."""
    if isinstance(value, float) and value.is_integer():
        return {_TAG: "float", "text": repr(value)}
    if isinstance(value, list):
        return [to_page_as_typed(item) for item in value]
    if isinstance(value, dict):
        fields = {_text(key): to_page_as_typed(item) for key, item in value.items()}
        return {_TAG: "esc", "value": fields} if _TAG in fields else fields
    return to_page(value)


def _tagged(value: Any, depth: int) -> Any:
    """Return the encoded value, not truncated."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) <= _SAFE_INTEGER else {_TAG: "int", "text": str(value)}
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, bytes | bytearray):
        return {_TAG: "bytes", "length": len(value), "hex": bytes(value[:_HEAD_BYTES]).hex()}
    if isinstance(value, list | tuple):
        if depth >= _MAX_DEPTH:
            return {_TAG: "cut", "kind": "list", "length": len(value), "bytes": 0, "head": []}
        return [_tagged(item, depth + 1) for item in value]
    if isinstance(value, dict):
        if depth >= _MAX_DEPTH:
            return {_TAG: "cut", "kind": "object", "length": len(value), "bytes": 0, "head": {}}
        fields = {_text(str(key)): _tagged(item, depth + 1) for key, item in value.items()}
        return {_TAG: "esc", "value": fields} if _TAG in fields else fields
    return _text(repr(value))


def _number(value: float) -> Any:
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return {_TAG: "nan"}
    return {_TAG: "inf" if value > 0 else "-inf"}


def _text(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _truncate(value: Any, size: int, limit: int) -> Any:
    """Return the head of a value that is too large, with its parts truncated in turn."""
    if isinstance(value, str):
        head: Any = _text(value[: min(_HEAD_CHARACTERS, limit)])
        kind = "string"
    elif isinstance(value, dict):
        items, part_limit = _head_limits(limit)
        fields = islice(value.items(), items)
        head = {_text(str(key)): orjson.Fragment(encode(item, part_limit)) for key, item in fields}
        kind = "object"
        if _TAG in head:
            head = {_TAG: "esc", "value": head}
    elif isinstance(value, list | tuple):
        items, part_limit = _head_limits(limit)
        head = [orjson.Fragment(encode(item, part_limit)) for item in value[:items]]
        kind = "list"
    else:
        return _tagged(value, 0)
    return {_TAG: "cut", "kind": kind, "length": len(value), "bytes": size, "head": head}


def _head_limits(limit: int) -> tuple[int, int]:
    """Return how many parts of a truncated value are sent, and the bytes for each.

    The limits shrink with each level: in nested lists, heads of a fixed size would add up to
    nearly the full value.
    """
    if limit >= INLINE_LIMIT:
        return _HEAD_ITEMS, _HEAD_CHARACTERS
    items = max(1, min(_HEAD_ITEMS, limit // _MIN_PART_BYTES))
    return items, max(_MIN_PART_BYTES, limit // items)


def _estimate(items: list[Any]) -> int:
    """Estimate the size of a long list as JSON in bytes from samples."""
    step = max(1, len(items) // _SAMPLES)
    sample = items[::step]
    return len(orjson.dumps([orjson.Fragment(encode(item)) for item in sample])) * step
