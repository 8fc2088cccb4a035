"""Cached layouts do not change what is decoded and encoded."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nanover_jupyter.errors import InvalidValue
from nanover_jupyter.wire.grpc import layout_cache as grpc_layout_cache
from nanover_jupyter.wire.grpc.layout_cache import LayoutCache, read_by_layout, write_by_layout
from nanover_jupyter.wire.grpc.value_reader import FastPathMiss
from nanover_jupyter.wire.grpc.value_writer import write_value
from tests.support.layouts import layouts, vary
from tests.support.values import nested, same, texts, values


@pytest.fixture(autouse=True)
def empty_caches(monkeypatch):
    """Start with empty caches."""
    monkeypatch.setattr(grpc_layout_cache, "_reading", LayoutCache())
    monkeypatch.setattr(grpc_layout_cache, "_writing", LayoutCache())


@settings(max_examples=10, deadline=None)
@given(st.lists(values, min_size=1, max_size=3), st.data())
def test_caches_do_not_change_results(some, data):
    for _ in range(80):
        value = vary(data.draw(st.sampled_from(some)), data.draw)
        encoded = write_by_layout(value, 4)

        assert encoded == write_value(value, 4)
        found, copy = read_by_layout(encoded)
        assert same(found, value)
        assert same(copy(found), value)


@pytest.mark.parametrize(
    "other",
    [
        {"n": 1.0, "t": "abc", "b": 1, "l": [1.0, 2.0], "o": None},
        {"n": True, "t": "abc", "b": True, "l": [1.0, 2.0], "o": None},
        {"n": 1.0, "t": "äb", "b": True, "l": [1.0, True], "o": None},
        {"n": 1.0, "t": "abc", "b": True, "l": (1, 2), "o": None},
        {"n": 1.0, "t": "abc", "b": True, "l": [1.0, 2.0], "o": 0},
        {"n": 1.0, "t": ["a", "b", "c"], "b": True, "l": [1.0, 2.0], "o": None},
        {"n": 1.0, "t": "abc", "b": True, "l": {"0": 1.0, "1": 1.0}, "o": None},
        {"n": 1.0, "t": "abc", "b": True, "l": [1.0, 2.0], "p": None},
    ],
    ids=repr,
)
def test_a_similar_value_is_written_correctly(other):
    for number in range(5):
        like = {"n": float(number), "t": "xyz", "b": False, "l": [0.0, 0.5], "o": None}
        write_by_layout(like, 4)

    assert write_by_layout(other, 4) == write_value(other, 4)


@pytest.mark.parametrize("bad", [10**400, b"raw", "\ud800", {1: 2}])
def test_a_known_layout_rejects_values_that_cannot_be_sent(bad):
    for number in range(5):
        write_by_layout({"a": [float(number)], "t": "x"}, 4)

    with pytest.raises(InvalidValue) as caught:
        write_by_layout({"a": [bad], "t": "x"}, 4)
    assert caught.value.path == ("a", 0)
    with pytest.raises(InvalidValue):
        write_by_layout({"a": [0.0], "t": bad}, 4)


def test_a_layout_from_a_shallow_value_does_not_allow_deeper_nesting():
    deep = {"k": nested("d" * 30 + "ll")}
    for _ in range(5):
        write_by_layout(deep, 3)

    with pytest.raises(InvalidValue, match="nested too deeply"):
        write_by_layout(deep, 4)


def test_invalid_utf8_misses_the_fast_path_in_a_known_layout_too():
    encoded = [write_value({"t": text}, 4) for text in ("aaaa", "bbbb", "cccc")]
    for data in encoded:
        read_by_layout(data)

    with pytest.raises(FastPathMiss):
        read_by_layout(encoded[0].replace(b"aaaa", b"\xff\xfe\xfd\xfc"))


def test_a_layout_is_added_with_the_second_value():
    cache = LayoutCache()

    assert [cache.should_add("signature") for _ in range(2)] == [False, True]


def test_a_layout_is_replaced_after_many_mismatches():
    cache = LayoutCache()
    cache.should_add("signature")
    cache.add("signature", layouts([1.0])[0])

    should_add = [cache.should_add("signature") for _ in range(32)]

    assert should_add == [False] * 31 + [True]


def test_the_number_of_layouts_is_bounded():
    for size in range(2000):
        for _ in range(2):
            read_by_layout(write_value("x" * size, 4))

    assert len(grpc_layout_cache._reading._layouts) <= 512
    assert len(grpc_layout_cache._reading._mismatches_left) <= 512


def test_large_values_are_not_cached():
    for _ in range(3):
        encoded = write_by_layout({"ids": [0.0] * 5000}, 4)
        read_by_layout(encoded)

    assert grpc_layout_cache._reading.find(len(encoded)) is None
    assert not grpc_layout_cache._writing._layouts


@given(st.lists(texts, min_size=2, max_size=2))
def test_strings_of_other_lengths_are_read_correctly(names):
    for name in names * 3:
        value = {"name": name, "position": [1.0, 2.0, 3.0]}
        assert read_by_layout(write_by_layout(value, 4))[0] == value


def test_threads_share_the_caches():
    failures = []

    def work(number):
        for step in range(300):
            value = {"name": "x" * (step % 7), "at": [float(number), float(step)], "on": True}
            if read_by_layout(write_by_layout(value, 4))[0] != value:
                failures.append(value)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failures
