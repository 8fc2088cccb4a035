"""Values on their way to a page and back: JSON that hides nothing.

JSON has no NaN, no infinities and no bytes; JavaScript has no large integers; and
a page should not be sent a million numbers that nobody looks at. Such values
become an object with the single telling key `$nvj`:

    {"$nvj": "nan"}  {"$nvj": "inf"}  {"$nvj": "-inf"}
    {"$nvj": "int", "text": "9007199254740993"}     an integer beyond 2**53
    {"$nvj": "float", "text": "1.0"}                a number that was meant with its point
    {"$nvj": "bytes", "length": 12, "hex": "00ff…"} at most 64 bytes of it
    {"$nvj": "cut", "kind": "list", "length": 100000, "bytes": 1899000, "head": [...]}
    {"$nvj": "esc", "value": {...}}                 a real object with such a key

`kind` of a cut is "list", "object" or "string"; `bytes` is the size of the whole value
as JSON, roughly for long lists; `head` holds the first items, fields or characters,
themselves in page form. The float stands only in arguments: JavaScript's own numbers
forget whether 1 or 1.0 was typed.
"""

from __future__ import annotations

import math
from itertools import islice
from typing import Any, Final

import orjson

from nanover_jupyter.wire.values import Value

__all__ = [
    "CUT_LIMIT",
    "WHOLE_LIMIT",
    "encode",
    "from_page",
    "measured",
    "to_page",
    "to_page_as_typed",
]

_TAG: Final = "$nvj"
_TAG_BYTES: Final = b'"$nvj"'

# A value whose JSON is longer travels cut; 16 kB is some screenfuls of text.
CUT_LIMIT: Final = 16 * 1024
# Longer lists are cut without being written out first.
_CUT_ITEMS: Final = 2_000
_HEAD_ITEMS: Final = 50
_HEAD_TEXT: Final = 2_000
_HEAD_BYTES: Final = 64
_LEAST_PART: Final = 100
_DEEPEST: Final = 100
_SAMPLE: Final = 200

# What `to_page` lets pass when somebody asked for the whole value.
WHOLE_LIMIT: Final = 8 * 1024 * 1024

# One of many items that somebody asked for is cut beyond this.
ITEM_LIMIT: Final = 4 * 1024

_SAFE_INTEGER: Final = 2**53


def encode(value: Value, limit: int = CUT_LIMIT) -> bytes:
    """A value as the JSON of its page form, cut when it is longer than `limit` bytes."""
    return measured(value, limit)[0]


def measured(value: Value, limit: int = CUT_LIMIT) -> tuple[bytes, int]:
    """The same, and how many bytes the whole of it takes; roughly for long lists."""
    if type(value) is list and len(value) > _CUT_ITEMS and limit == CUT_LIMIT:
        size = _estimate(value)
        return orjson.dumps(_cut(value, size, limit)), size
    try:
        written = orjson.dumps(value, option=orjson.OPT_STRICT_INTEGER)
    except TypeError:
        # orjson gives up on large integers, bytes, lone surrogates and great depth.
        written = orjson.dumps(_tagged(value, 0))
    else:
        # orjson writes NaN and infinity as null, and would pass a tag of somebody else's.
        if b"null" in written or _TAG_BYTES in written:
            written = orjson.dumps(_tagged(value, 0))
    size = len(written)
    return (orjson.dumps(_cut(value, size, limit)) if size > limit else written), size


def to_page(value: Value, limit: int = WHOLE_LIMIT) -> Any:
    """A value in page form as Python objects that any JSON writer takes."""
    return orjson.loads(encode(value, limit))


def from_page(value: Any) -> Value:
    """The value that a page sent in page form.

    Raises:
        ValueError: A tag that a page has no business to send.
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
    """A value in page form in which 1.0 stays apart from 1, as arguments need it."""
    if isinstance(value, float) and value.is_integer():
        return {_TAG: "float", "text": repr(value)}
    if isinstance(value, list):
        return [to_page_as_typed(item) for item in value]
    if isinstance(value, dict):
        fields = {_text(key): to_page_as_typed(item) for key, item in value.items()}
        return {_TAG: "esc", "value": fields} if _TAG in fields else fields
    return to_page(value)


def _tagged(value: Any, depth: int) -> Any:
    """The page form of one value, whole."""
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
        if depth >= _DEEPEST:
            return {_TAG: "cut", "kind": "list", "length": len(value), "bytes": 0, "head": []}
        return [_tagged(item, depth + 1) for item in value]
    if isinstance(value, dict):
        if depth >= _DEEPEST:
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


def _cut(value: Any, size: int, limit: int) -> Any:
    """The head of a value that is too long, its parts cut in turn."""
    if isinstance(value, str):
        head: Any = _text(value[: min(_HEAD_TEXT, limit)])
        kind = "string"
    elif isinstance(value, dict):
        items, room = _room(limit)
        fields = islice(value.items(), items)
        head = {_text(str(key)): orjson.Fragment(encode(item, room)) for key, item in fields}
        kind = "object"
        if _TAG in head:
            head = {_TAG: "esc", "value": head}
    elif isinstance(value, list | tuple):
        items, room = _room(limit)
        head = [orjson.Fragment(encode(item, room)) for item in value[:items]]
        kind = "list"
    else:
        return _tagged(value, 0)
    return {_TAG: "cut", "kind": kind, "length": len(value), "bytes": size, "head": head}


def _room(limit: int) -> tuple[int, int]:
    """How many parts of a value that is cut are shown, and the bytes for each.

    The room shrinks level by level: in lists of lists of lists, heads of a fixed size would
    add up to nearly the whole value.
    """
    if limit >= CUT_LIMIT:
        return _HEAD_ITEMS, _HEAD_TEXT
    items = max(1, min(_HEAD_ITEMS, limit // _LEAST_PART))
    return items, max(_LEAST_PART, limit // items)


def _estimate(items: list[Any]) -> int:
    """Roughly how many bytes a long list takes as JSON, from samples along it."""
    step = max(1, len(items) // _SAMPLE)
    sample = items[::step]
    return len(orjson.dumps([orjson.Fragment(encode(item)) for item in sample])) * step
