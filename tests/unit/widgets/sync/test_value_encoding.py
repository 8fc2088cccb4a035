"""Encoding and decoding of values for the page."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.widgets.sync.value_encoding import FULL_LIMIT, encode, from_page, to_page

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8"))
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.sampled_from(["$nvj", "__proto__", "", "a"]), inner, max_size=4)
    ),
    max_leaves=20,
)


def same(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        both_nan = math.isnan(left) and math.isnan(right)
        return both_nan or (left == right and math.copysign(1, left) == math.copysign(1, right))
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return type(left) is type(right) and left == right


@given(values)
def test_values_survive_a_round_trip(value: Any) -> None:
    assert same(from_page(json.loads(encode(value, FULL_LIMIT))), value)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_nan_and_infinity_are_encoded_at_any_depth(number: float) -> None:
    value = {"max_force": number, "list": [1.0, number], "nothing": None}

    assert same(from_page(to_page(value)), value)


def test_large_integers_are_encoded_as_text() -> None:
    assert to_page(2**53 + 1) == {"$nvj": "int", "text": "9007199254740993"}
    assert to_page(2**80) == {"$nvj": "int", "text": str(2**80)}
    assert to_page(7) == 7


def test_an_object_with_the_tag_key_is_escaped() -> None:
    forged = {"$nvj": "cut", "kind": "list", "length": 9, "bytes": 9, "head": []}

    assert to_page(forged) == {"$nvj": "esc", "value": forged}
    assert from_page(to_page(forged)) == forged


def test_bytes_are_encoded_with_their_length_and_head() -> None:
    assert to_page(b"\x00\xff" * 100) == {"$nvj": "bytes", "length": 200, "hex": "00ff" * 32}


def test_lone_surrogates_are_replaced() -> None:
    assert to_page({"a\ud800": "b\udfff"}) == {"a?": "b?"}


def test_a_long_list_is_truncated_to_its_head_and_size() -> None:
    numbers = [float(number) for number in range(100_000)]

    cut = json.loads(encode(numbers))

    assert cut["$nvj"] == "cut"
    assert cut["kind"] == "list"
    assert cut["length"] == 100_000
    assert cut["head"] == numbers[:50]
    assert cut["bytes"] == pytest.approx(len(json.dumps(numbers, separators=(",", ":"))), rel=0.1)


def test_long_strings_and_large_objects_are_truncated() -> None:
    text = json.loads(encode("x" * 1_000_000))
    fields = json.loads(encode({f"k{n}": "y" * 1_000 for n in range(100)}))

    assert (text["kind"], text["length"], len(text["head"])) == ("string", 1_000_000, 2_000)
    assert (fields["kind"], fields["length"], len(fields["head"])) == ("object", 100, 50)


def test_large_items_of_a_truncated_value_are_truncated() -> None:
    value = {"small": 1, "large": ["z" * 100] * 10_000}

    cut = json.loads(encode(value))

    assert cut["head"]["small"] == 1
    assert cut["head"]["large"]["length"] == 10_000
    assert len(encode(value)) < 64 * 1024


def test_a_requested_full_value_is_not_truncated() -> None:
    numbers = [float(number) for number in range(100_000)]

    assert to_page(numbers) == numbers


def test_the_depth_is_limited() -> None:
    value: Any = 1
    for _ in range(300):
        value = [value]

    assert b'"cut"' in encode(value)


def test_tags_of_the_kernel_are_rejected() -> None:
    with pytest.raises(ValueError, match="cannot be sent back"):
        from_page({"$nvj": "cut", "kind": "list"})


@pytest.mark.parametrize(
    "value",
    [
        [["x" * 2100] * 50] * 50,
        [[[1.2345678] * 60] * 60] * 60,
        {"a": {"b": [["y" * 3000] * 60] * 60}},
    ],
)
def test_the_total_size_of_nested_lists_is_limited(value: Any) -> None:
    assert len(encode(value)) < 200_000
