"""Conversion of values to MessagePack and back."""

from __future__ import annotations

import enum
import math
from collections import OrderedDict

import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.errors import InvalidValue, ProtocolError
from nanover_jupyter.wire.values import same_value
from nanover_jupyter.wire.websocket.values import MAX_DEPTH, check_depth, pack, plain, unpack
from tests.support.ids import without_address

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(st.characters(codec="utf-8"))
    | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=20,
)


@given(VALUES)
def test_packed_values_survive_to_the_last_bit(value):
    packed = pack({"v": plain(value)}, {"v": value})

    assert same_value(unpack(packed)["v"], value)


class Colour(enum.IntEnum):
    RED = 3


class Text(str):
    __slots__ = ()


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ((1, (2, [3])), [1, [2, [3]]]),
        (np.arange(3), [0, 1, 2]),
        (np.array([[1.5], [2.5]]), [[1.5], [2.5]]),
        (np.float32(1.5), 1.5),
        (np.int64(7), 7),
        (np.bool_(1), True),
        ({"a": np.float64(2.5)}, {"a": 2.5}),
        (OrderedDict(a=(1,)), {"a": [1]}),
        (Colour.RED, 3),
        (Text("t"), "t"),
        (bytearray(b"xy"), b"xy"),
        (memoryview(b"xy"), b"xy"),
        ([b"raw", None], [b"raw", None]),
    ],
    ids=without_address,
)
def test_python_objects_are_converted(given, sent):
    assert same_value(unpack(pack({"v": plain(given)}, {})), {"v": sent})


def test_a_plain_value_is_not_copied():
    value = {"list": [1, 2.0, "x"], "none": None}

    assert plain(value["list"]) is value["list"]
    assert plain(value) == value


@pytest.mark.parametrize(
    ("value", "path", "reason"),
    [
        ({1}, (), "a set is not"),
        ([0, {"a": object()}], (1, "a"), "an object is not"),
        ({"a": {1: 2}}, ("a",), "the key 1 is an int, not a string"),
        ({"a": [{b"k": 2}]}, ("a", 0), "is a bytes, not a string"),
        (1 + 2j, (), "a complex is not"),
    ],
    ids=without_address,
)
def test_unsupported_types_are_rejected_with_their_path(value, path, reason):
    with pytest.raises(InvalidValue, match="not") as caught:
        plain(value)

    assert caught.value.path == path
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    ("value", "path", "reason"),
    [
        (2**64, ("v",), "more than 64 bits"),
        ([1, {"a": -(2**63) - 1}], ("v", 1, "a"), "more than 64 bits"),
        ([1, "\ud800"], ("v", 1), "lone surrogates"),
        ({"\ud800": 1}, ("v", "\ud800"), "lone surrogates"),
    ],
)
def test_values_out_of_range_are_rejected_with_their_path(value, path, reason):
    with pytest.raises(InvalidValue) as caught:
        pack({"message": {"v": value}}, {"v": value})

    assert caught.value.path == path
    assert reason in caught.value.reason


def nested(depth, wrap):
    value = 0
    for _ in range(depth):
        value = wrap(value)
    return value


@pytest.mark.parametrize("wrap", [lambda v: [v], lambda v: {"k": v}], ids=["list", "dict"])
def test_values_are_nested_only_as_deep_as_a_server_can_pass_on(wrap):
    assert plain(nested(MAX_DEPTH, wrap)) is not None
    with pytest.raises(
        InvalidValue, match=f"nested too deeply .at most {MAX_DEPTH} lists or dicts"
    ):
        plain(nested(MAX_DEPTH + 1, wrap))


@pytest.mark.parametrize(
    "data",
    [b"", b"\xc1", b"\x81", b"\xa5abc", b"\x93\x01", b"\x80\x01", b"\xff\xff", b"\x91" * 5000],
    ids=without_address,
)
def test_invalid_messagepack_is_rejected(data):
    with pytest.raises(ProtocolError, match=r"cannot parse a message \(.+\)"):
        unpack(data)


@given(st.binary())
def test_any_bytes_are_decoded_or_rejected(data):
    try:
        unpack(data)
    except ProtocolError:
        return


def test_keys_that_are_not_strings_are_read_as_strings():
    assert unpack(msgpack.packb({"a": {1: "x", None: "y"}, "b": [{b"raw": b"raw"}]})) == {
        "a": {"1": "x", "None": "y"},
        "b": [{"b'raw'": b"raw"}],
    }


def test_invalid_utf_8_is_replaced():
    assert unpack(b"\x82\xa1a\xa2\xff!\xa1b\x01") == {"a": "\ufffd!", "b": 1}


def test_timestamps_become_seconds_and_other_extensions_bytes():
    data = msgpack.packb([msgpack.Timestamp(5, 500_000_000), msgpack.ExtType(7, b"raw")])

    assert unpack(data) == [5.5, b"raw"]


def test_non_finite_numbers_are_kept():
    back = unpack(pack({"v": [math.nan, math.inf, -0.0, 2**64 - 1]}, {}))["v"]

    assert math.isnan(back[0])
    assert back[1:] == [math.inf, 0.0, 2**64 - 1]
    assert math.copysign(1, back[2]) == -1


@pytest.mark.parametrize("wrap", [lambda value: [value], lambda value: {"k": value}])
def test_values_nested_more_deeply_than_we_send_are_rejected(wrap):
    value = 1.0
    for _ in range(MAX_DEPTH):
        value = wrap(value)

    check_depth(value)
    with pytest.raises(ProtocolError, match="nested too deeply"):
        check_depth(wrap(value))


@pytest.mark.parametrize("depth", [2000, 1_000_000])
def test_values_nested_too_deeply_for_msgpack_are_rejected(depth):
    with pytest.raises(ProtocolError, match="cannot parse"):
        unpack(b"\x91" * depth + b"\xc0")
