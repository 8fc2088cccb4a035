"""Values to MessagePack and back: what it carries, and what NanoVer's server can bear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgpack

from nanover_jupyter.errors import InvalidValue, ProtocolError
from nanover_jupyter.wire.values import check_key, check_text, unfamiliar

__all__ = ["DEEPEST", "check_depth", "pack", "pack_map", "plain", "unpack"]

# How many containers may lie in one another. NanoVer's server reads more than it can
# write (1024 and 511): a value in between would end the state of every client.
DEEPEST: Final = 100

_HIGHEST: Final = 2**64 - 1
_LOWEST: Final = -(2**63)

_ATOMS: Final = frozenset((str, bool, int, float, type(None), bytes))


def plain(value: object, depth: int = 0) -> object:
    """`value` in types that MessagePack has; itself where it is so already.

    Tuples and numpy arrays become lists, numpy scalars become Python numbers. Whether
    numbers and texts are in range is left to `pack`, which finds out at no cost.

    Raises:
        InvalidValue: Something in it cannot be sent; `path` leads there.
    """
    kind = type(value)
    if kind in _ATOMS:
        return value
    if depth >= DEEPEST:
        raise InvalidValue((), f"it is nested too deeply ({DEEPEST} lists or dicts at the most)")
    if isinstance(value, list | tuple) and kind in (list, tuple):
        # In C: nearly all long lists are of one kind.
        return value if _ATOMS.issuperset(map(type, value)) else _plain_items(value, depth)
    if kind is dict and isinstance(value, dict):
        if all(type(key) is str for key in value) and _ATOMS.issuperset(map(type, value.values())):
            return value
        return _plain_fields(value, depth)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    return plain(unfamiliar(value), depth)


def _plain_items(items: list[object] | tuple[object, ...], depth: int) -> list[object]:
    result = []
    for index, item in enumerate(items):
        try:
            result.append(plain(item, depth + 1))
        except InvalidValue as error:
            raise error.within(index) from None
    return result


def _plain_fields(fields: Mapping[Any, object], depth: int) -> dict[str, object]:
    result: dict[str, object] = {}
    for key, item in fields.items():
        name = check_key(key)
        try:
            result[name] = plain(item, depth + 1)
        except InvalidValue as error:
            raise error.within(name) from None
    return result


def pack(message: object, values: Mapping[str, object]) -> bytes:
    """A message as bytes.

    Args:
        message: Made of types that MessagePack has.
        values: Those parts of it that are not of our making, to look for what is wrong.

    Raises:
        InvalidValue: A number or text in `values` is beyond what the wire has.
    """
    try:
        packed: bytes = msgpack.packb(message)
    except (OverflowError, ValueError) as error:
        for name, value in values.items():
            try:
                _check(value)
            except InvalidValue as found:
                raise found.within(name) from error
        raise InvalidValue((), str(error)) from error
    return packed


def pack_map(entries: Sequence[bytes]) -> bytes:
    """A map of packed entries, each of which is a packed key and its packed value."""
    header: bytes = msgpack.Packer().pack_map_header(len(entries))
    return b"".join((header, *entries))


def _check(value: object) -> None:
    """Raise InvalidValue where a plain value holds what `msgpack` would not take."""
    if isinstance(value, str):
        check_text(value)
    elif isinstance(value, int) and not _LOWEST <= value <= _HIGHEST:
        raise InvalidValue((), "the number has more than 64 bits")
    elif isinstance(value, list | tuple | dict):
        inside = value.items() if isinstance(value, dict) else enumerate(value)
        for step, item in inside:
            try:
                check_text(str(step))
                _check(item)
            except InvalidValue as error:
                raise error.within(step) from None


def unpack(data: bytes) -> Any:
    """What the bytes say. Timestamps become seconds, other extensions their bytes.

    Where a peer's map has keys that are no text, or text that is no UTF-8, the keys
    are read as text and the text with U+FFFD for what is not: one odd value should
    not cost all the others. (A key of no bytes at all, b"", stays as it is.)

    Raises:
        ProtocolError: The bytes are no MessagePack.
    """
    try:
        # Bytes might be keys, which msgpack would let pass; to look for such among those
        # that it has read takes a tenth of the time.
        return msgpack.unpackb(data, timestamp=1, ext_hook=_bytes_of_extension, max_bin_len=0)
    except ValueError:
        pass  # bytes, keys that are neither text nor bytes, or text that is no UTF-8
    except msgpack.UnpackException as error:
        raise _not_parsed(error) from error
    try:
        return msgpack.unpackb(
            data,
            timestamp=1,
            ext_hook=_bytes_of_extension,
            strict_map_key=False,
            unicode_errors="replace",
            object_pairs_hook=_texts_by_key,
        )
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
        raise _not_parsed(error) from error


def _not_parsed(error: Exception) -> ProtocolError:
    return ProtocolError(f"a message does not parse ({str(error) or 'it is no MessagePack'})")


def check_depth(value: object, room: int = DEEPEST) -> None:
    """Raise ProtocolError for what is nested deeper than we send it ourselves.

    It looks at every value, which takes almost as long as decoding them: a server can spare
    that, and must, as it would pass on what no client could copy or send again.
    """
    if isinstance(value, list | dict):
        if not room:
            raise ProtocolError(f"it is nested too deeply ({DEEPEST} lists or dicts at the most)")
        for item in value.values() if isinstance(value, dict) else value:
            # Without a call for each number: that would take twice as long as decoding it.
            kind = type(item)
            if kind is list or kind is dict:
                check_depth(item, room - 1)


def _texts_by_key(pairs: list[tuple[object, Any]]) -> dict[str, Any]:
    return {key if isinstance(key, str) else str(key): value for key, value in pairs}


def _bytes_of_extension(_code: int, data: bytes) -> bytes:
    return data
