"""Conversion of values to MessagePack and back, within the limits of NanoVer's server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgpack

from nanover_jupyter.errors import InvalidValue, ProtocolError
from nanover_jupyter.wire.values import check_key, check_text, to_plain

__all__ = ["MAX_DEPTH", "check_depth", "pack", "pack_map", "plain", "unpack"]

# The maximum depth of nested containers. NanoVer's server can read deeper values than it
# can write (1024 and 511); one in between would end the state stream of every client.
MAX_DEPTH: Final = 100

_HIGHEST: Final = 2**64 - 1
_LOWEST: Final = -(2**63)

_ATOMS: Final = frozenset((str, bool, int, float, type(None), bytes))


def plain(value: object, depth: int = 0) -> object:
    """Return `value` converted to types of MessagePack, or itself if it needs no conversion.

    Tuples and numpy arrays become lists, numpy scalars become Python numbers. `pack` checks
    the range of numbers and the encoding of strings.

    Raises:
        InvalidValue: Part of it cannot be sent; `path` locates it.
    """
    kind = type(value)
    if kind in _ATOMS:
        return value
    if depth >= MAX_DEPTH:
        raise InvalidValue((), f"it is nested too deeply (at most {MAX_DEPTH} lists or dicts)")
    if isinstance(value, list | tuple) and kind in (list, tuple):
        # The check runs in C; nearly all long lists are flat.
        return value if _ATOMS.issuperset(map(type, value)) else _plain_items(value, depth)
    if kind is dict and isinstance(value, dict):
        if all(type(key) is str for key in value) and _ATOMS.issuperset(map(type, value.values())):
            return value
        return _plain_fields(value, depth)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    return plain(to_plain(value), depth)


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
    """Encode a message.

    Args:
        message: An object made of types of MessagePack.
        values: The parts of it that come from the caller, to locate an invalid value.

    Raises:
        InvalidValue: A number or string in `values` cannot be represented.
    """
    try:
        packed: bytes = msgpack.packb(message)
    except (OverflowError, ValueError) as error:
        for name, value in values.items():
            try:
                _check(value)
            except InvalidValue as invalid:
                raise invalid.within(name) from error
        raise InvalidValue((), str(error)) from error
    return packed


def pack_map(entries: Sequence[bytes]) -> bytes:
    """Return a map of encoded entries, each an encoded key followed by its encoded value."""
    header: bytes = msgpack.Packer().pack_map_header(len(entries))
    return b"".join((header, *entries))


def _check(value: object) -> None:
    """Raise InvalidValue if `msgpack` cannot encode a plain value."""
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
    """Decode a message. Timestamps become seconds, other extensions bytes.

    Keys that are not strings are converted to strings, and invalid UTF-8 is replaced with
    U+FFFD, so that one invalid value does not affect the others. (An empty bytes key, b"",
    is not converted.)

    Raises:
        ProtocolError: The bytes are not valid MessagePack.
    """
    try:
        # Reject all bytes, as msgpack accepts them as keys. Checking the keys afterwards
        # would take a tenth of the time.
        return msgpack.unpackb(data, timestamp=1, ext_hook=_bytes_of_extension, max_bin_len=0)
    except ValueError:
        pass  # contains bytes, keys that are not strings, or invalid UTF-8
    except msgpack.UnpackException as error:
        raise _parse_error(error) from error
    try:
        return msgpack.unpackb(
            data,
            timestamp=1,
            ext_hook=_bytes_of_extension,
            strict_map_key=False,
            unicode_errors="replace",
            object_pairs_hook=_with_string_keys,
        )
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
        raise _parse_error(error) from error


def _parse_error(error: Exception) -> ProtocolError:
    return ProtocolError(f"cannot parse a message ({str(error) or 'not valid MessagePack'})")


def check_depth(value: object, room: int = MAX_DEPTH) -> None:
    """Raise ProtocolError for a value that is nested more deeply than we would send it.

    This takes almost as long as decoding. A server must check, because it would broadcast
    values that no client can copy or send again.
    """
    if isinstance(value, list | dict):
        if not room:
            raise ProtocolError(f"it is nested too deeply (at most {MAX_DEPTH} lists or dicts)")
        for item in value.values() if isinstance(value, dict) else value:
            # A call for each number would take twice as long as decoding it.
            kind = type(item)
            if kind is list or kind is dict:
                check_depth(item, room - 1)


def _with_string_keys(pairs: list[tuple[object, Any]]) -> dict[str, Any]:
    return {key if isinstance(key, str) else str(key): value for key, value in pairs}


def _bytes_of_extension(_code: int, data: bytes) -> bytes:
    return data
