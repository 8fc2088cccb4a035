"""Normalization, comparison and copies of values."""

from __future__ import annotations

import copy
import enum
import math
from collections import OrderedDict, namedtuple
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.errors import InvalidValue
from nanover_jupyter.wire.values import (
    ABSENT,
    alike,
    copy_value,
    normalize,
    same_value,
    to_plain,
)
from tests.support.ids import without_address
from tests.support.values import nested, same, texts, values


class Tag(str):
    """A string whose `__str__` returns its own type, like Django's SafeString."""

    __slots__ = ()

    def __str__(self):
        return self


class Colour(str, enum.Enum):  # noqa: UP042 - this very form is what people have
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


def refusal(value):
    with pytest.raises(InvalidValue) as caught:
        normalize(value)
    return caught.value


def cycle():
    items: list[object] = []
    items.append(items)
    return items


# what passes ------------------------------------------------------------------------


@given(values)
def test_plain_values_come_back_equal_to_the_bit(value):
    assert same(normalize(value), value)


@given(st.dictionaries(texts, st.lists(values, min_size=1, max_size=2), min_size=1, max_size=2))
def test_containers_are_copied_all_the_way_down(value):
    before = copy.deepcopy(value)
    result = normalize(value)
    for items in result.values():
        items.append("more")

    assert same(value, before)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ((1, (2.5, "x")), [1, [2.5, "x"]]),
        (OrderedDict(a=(1,)), {"a": [1]}),
        (MappingProxyType({"a": MappingProxyType({})}), {"a": {}}),
        (namedtuple("Point", "x y")(1.0, 2.0), [1.0, 2.0]),  # noqa: PYI024 - any will do
        (Level.HIGH, 3),
        (Colour.RED, "red"),
        (Tag("text"), "text"),
        ({Tag("key"): 1}, {"key": 1}),
        (np.float32(0.5), 0.5),
        (np.float64(-0.0), -0.0),
        (np.float16(2), 2.0),
        (np.int64(-3), -3),
        (np.uint8(255), 255),
        (np.bool_(True), True),  # noqa: FBT003
        (np.str_("text"), "text"),
        (np.array([[1, 2], [3, 4]], np.int32), [[1, 2], [3, 4]]),
        (np.array([0.5, np.inf], np.float32), [0.5, math.inf]),
        (np.array(7.0), 7.0),
        (np.array([], float), []),
        (np.array(["a", "b"]), ["a", "b"]),
        (np.array([{"k": np.int8(1)}, None], object), [{"k": 1}, None]),
        ([np.array([True, False])], [[True, False]]),
        ((), []),
        ({}, {}),
    ],
    ids=without_address,
)
def test_values_like_json_become_plain_python(written, meant):
    assert same(normalize(written), meant)


def test_keys_become_plain_strings():
    (key,) = normalize({Tag("key"): 1})

    assert type(key) is str


@pytest.mark.parametrize("kinds", ["l" * 48, "d" * 32, "ld" * 19])
def test_nesting_within_the_limit_is_accepted(kinds):
    assert normalize(nested(kinds)) == nested(kinds)


# what does not ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "path", "reason"),
    [
        (b"raw", (), "a bytes is not"),
        (object(), (), "an object is not"),
        (1j, (), "a complex is not"),
        ({1, 2}, (), "a set is not"),
        ({"a": {"b": [0, {"c": {1}}]}}, ("a", "b", 1, "c"), "a set is not"),
        ([1, (2, b"raw")], (1, 1), "a bytes is not"),
        (np.array([1, 1j]), (0,), "a complex is not"),
        (np.array(["2020-01-01"], "datetime64[D]"), (0,), "a date is not"),
        (np.array([1, {2}], object), (1,), "a set is not"),
        ({"a": {1: "x"}}, ("a",), "the key 1 is an int, not a string"),
        ([{None: 1}], (0,), "the key None is a NoneType, not a string"),
        ({"a": {("b",): 1}}, ("a",), "the key ('b',) is a tuple"),
        ({"a": "\ud800"}, ("a",), "lone surrogates"),
        ({"a": {"x\udfff": 1}}, ("a",), "lone surrogates"),
        ([10**400], (0,), "outside the range of a double"),
        ({"a": -(10**400)}, ("a",), "outside the range of a double"),
        (math, (), "a module is not"),
        (test_keys_become_plain_strings, (), "a function is not"),
    ],
    ids=lambda part: without_address(part)[:40],
)
def test_values_that_cannot_be_sent_are_rejected_with_their_path(value, path, reason):
    error = refusal(value)

    assert error.path == path
    assert reason in error.reason
    assert isinstance(error, TypeError)


@pytest.mark.parametrize("kinds", ["l" * 49, "d" * 33])
def test_one_container_too_many_is_rejected(kinds):
    error = refusal(nested(kinds))

    assert "nested too deeply" in error.reason
    assert len(error.path) == len(kinds) - 1


def test_a_list_within_itself_is_refused():
    assert "nested too deeply" in refusal(cycle()).reason


def test_a_dict_within_itself_is_refused():
    fields: dict[str, object] = {}
    fields["me"] = MappingProxyType(fields)

    assert "nested too deeply" in refusal(fields).reason


def test_the_largest_double_passes_as_an_integer():
    largest = int(1.7976931348623157e308)

    assert normalize(largest) == largest


def test_objects_that_imitate_arrays_are_rejected():
    class Pretender:
        def tolist(self):
            return [1]

    with pytest.raises(InvalidValue, match="a Pretender is not"):
        to_plain(Pretender())


# copies ------------------------------------------------------------------------


@given(values)
def test_a_copy_is_equal_to_the_bit(value):
    assert same(copy_value(value), value)


def test_a_copy_shares_no_container():
    value = {"a": [{"b": []}]}
    copied = copy_value(value)
    copied["a"][0]["b"].append(1)
    copied["a"][0]["c"] = 2
    copied["a"].append(3)
    copied["d"] = 4

    assert value == {"a": [{"b": []}]}


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (math.nan, math.nan, True),
        ([{"a": math.nan}], [{"a": math.nan}], True),
        (0.0, -0.0, False),
        (1.0, 1, False),
        (True, 1.0, False),
        ({"a": 1.0, "b": None}, {"b": None, "a": 1.0}, True),
        ({"a": 1.0}, {"a": 1.0, "b": None}, False),
        ([1.0], [1.0, 2.0], False),
        ("a", "a", True),
        (None, None, True),
    ],
)
def test_same_values_are_identical_to_the_last_bit(left, right, same):
    assert same_value(left, right) is same


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, 1.0),
        (math.nan, math.nan),
        (ABSENT, ABSENT),
        ([1], [1.0]),
        ((1, 2), [1, 2]),
        ({"a": [0]}, {"a": [0.0]}),
    ],
)
def test_values_that_a_protocol_converts_into_each_other_are_alike(left, right):
    assert alike(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (True, 1),
        (0, False),
        (None, 0),
        (None, ABSENT),
        (10**400, 1),
        ("1", 1),
        ([1], [1, 2]),
        ({"a": 1}, {"b": 1}),
        ([], {}),
    ],
)
def test_values_that_differ_for_users_are_not_alike(left, right):
    assert not alike(left, right)


@given(values)
def test_every_value_is_alike_its_copy(value):
    assert alike(value, copy.deepcopy(value))


def test_values_nested_too_deeply_for_python_are_not_the_same() -> None:
    one: object = 1
    other: object = 2
    for _ in range(510):  # NanoVer's server passes on as much
        one, other = {"a": one}, {"a": other}

    assert not same_value(one, other)
    assert not alike(one, other)
