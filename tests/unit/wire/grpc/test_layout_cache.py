"""Whatever a book of shapes has learnt, what it reads and writes is what it was given."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nanover_jupyter.errors import InvalidValue
from nanover_jupyter.wire.grpc import layout_cache as grpc_shape_book
from nanover_jupyter.wire.grpc.layout_cache import LayoutCache, read_by_shape, write_by_shape
from nanover_jupyter.wire.grpc.value_reader import FastPathMiss
from nanover_jupyter.wire.grpc.value_writer import write_value
from tests.support.shapes import shapes, vary
from tests.support.values import nested, same, texts, values


@pytest.fixture(autouse=True)
def forgotten(monkeypatch):
    """Start without any shape."""
    monkeypatch.setattr(grpc_shape_book, "_reading", LayoutCache())
    monkeypatch.setattr(grpc_shape_book, "_writing", LayoutCache())


@settings(max_examples=10, deadline=None)
@given(st.lists(values, min_size=1, max_size=3), st.data())
def test_books_change_nothing_however_often_they_learn(some, data):
    for _ in range(80):
        value = vary(data.draw(st.sampled_from(some)), data.draw)
        encoded = write_by_shape(value, 4)

        assert encoded == write_value(value, 4)
        found, copy = read_by_shape(encoded)
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
def test_what_only_looks_alike_is_written_as_what_it_is(other):
    for number in range(5):
        like = {"n": float(number), "t": "xyz", "b": False, "l": [0.0, 0.5], "o": None}
        write_by_shape(like, 4)

    assert write_by_shape(other, 4) == write_value(other, 4)


@pytest.mark.parametrize("bad", [10**400, b"raw", "\ud800", {1: 2}])
def test_a_known_shape_does_not_let_pass_what_cannot_be_sent(bad):
    for number in range(5):
        write_by_shape({"a": [float(number)], "t": "x"}, 4)

    with pytest.raises(InvalidValue) as caught:
        write_by_shape({"a": [bad], "t": "x"}, 4)
    assert caught.value.path == ("a", 0)
    with pytest.raises(InvalidValue):
        write_by_shape({"a": [0.0], "t": bad}, 4)


def test_a_shape_learnt_where_there_is_room_does_not_pass_where_there_is_none():
    deep = {"k": nested("d" * 30 + "ll")}
    for _ in range(5):
        write_by_shape(deep, 3)

    with pytest.raises(InvalidValue, match="nested too deeply"):
        write_by_shape(deep, 4)


def test_text_that_is_no_utf8_is_unusual_in_a_known_shape_too():
    encoded = [write_value({"t": text}, 4) for text in ("aaaa", "bbbb", "cccc")]
    for data in encoded:
        read_by_shape(data)

    with pytest.raises(FastPathMiss):
        read_by_shape(encoded[0].replace(b"aaaa", b"\xff\xfe\xfd\xfc"))


def test_a_shape_is_kept_from_the_second_value_on():
    book = LayoutCache()

    assert [book.wants("mark") for _ in range(2)] == [False, True]


def test_a_shape_is_given_up_when_others_come_in_its_place():
    book = LayoutCache()
    book.wants("mark")
    book.keep("mark", shapes([1.0])[0])

    wanted = [book.wants("mark") for _ in range(32)]

    assert wanted == [False] * 31 + [True]


def test_the_number_of_shapes_is_bounded():
    for size in range(2000):
        for _ in range(2):
            read_by_shape(write_value("x" * size, 4))

    assert len(grpc_shape_book._reading._shapes) <= 512
    assert len(grpc_shape_book._reading._trust) <= 512


def test_large_values_make_no_shapes():
    for _ in range(3):
        encoded = write_by_shape({"ids": [0.0] * 5000}, 4)
        read_by_shape(encoded)

    assert grpc_shape_book._reading.find(len(encoded)) is None
    assert not grpc_shape_book._writing._shapes


@given(st.lists(texts, min_size=2, max_size=2))
def test_texts_of_other_lengths_are_no_matter(names):
    for name in names * 3:
        value = {"name": name, "position": [1.0, 2.0, 3.0]}
        assert read_by_shape(write_by_shape(value, 4))[0] == value


def test_threads_share_the_books():
    failures = []

    def work(number):
        for step in range(300):
            value = {"name": "x" * (step % 7), "at": [float(number), float(step)], "on": True}
            if read_by_shape(write_by_shape(value, 4))[0] != value:
                failures.append(value)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failures
