"""Values that are decoded when they are first read."""

from __future__ import annotations

import threading

import pytest

from nanover_jupyter.wire.lazy import LazyValue, copy_all, read, read_all
from nanover_jupyter.wire.values import copy_value


class Spelled(LazyValue):
    """Decodes letters to a list, and counts the calls."""

    __slots__ = ()
    times = 0

    @staticmethod
    def decode(data):
        Spelled.times += 1
        return list(data.decode()), copy_value


@pytest.fixture(autouse=True)
def not_yet():
    Spelled.times = 0


def test_a_value_is_decoded_once():
    value = Spelled(b"ab")

    assert value.read() == ["a", "b"]
    assert value.read() is value.read()
    assert Spelled.times == 1


def test_a_copy_belongs_to_the_caller_and_is_not_stored():
    value = Spelled(b"ab")

    value.read_copy().append("c")
    value.read()
    value.read_copy().append("c")

    assert value.read_copy() == ["a", "b"]
    assert Spelled.times == 2


class Boxed(LazyValue):
    """Decodes a string in nested lists, with a copy function for them."""

    __slots__ = ()

    @staticmethod
    def decode(data):
        return {"box": [data.decode()]}, lambda value: {"box": value["box"].copy()}


def test_a_decoded_value_is_copied_by_the_function_of_its_codec():
    value = Boxed(b"a")
    value.read()

    copy = value.read_copy()
    copy["box"].append("b")

    assert value.read() == {"box": ["a"]}


@pytest.mark.parametrize("alteration", [dict.clear, lambda value: value.update(box=1.0)])
def test_a_shared_value_that_a_reader_modified_can_be_copied(alteration):
    value = Boxed(b"a")
    shared = value.read()
    alteration(shared)

    assert value.read_copy() == shared


def test_a_plain_value_is_returned_unchanged():
    assert read(1.0) == 1.0
    assert read(Spelled(b"a")) == ["a"]


def test_equal_bytes_compare_equal_until_they_are_decoded():
    one, other = Spelled(b"ab"), Spelled(b"ab")

    assert one.has_same_bytes(other)
    assert not one.has_same_bytes(Spelled(b"ac"))
    other.read()
    assert not one.has_same_bytes(other)
    one.read()
    assert not one.has_same_bytes(other)


def test_threads_that_read_concurrently_all_get_the_value():
    values = [Spelled(b"some letters") for _ in range(500)]
    barrier = threading.Barrier(4)
    found = []

    def ask():
        barrier.wait()
        found.append([value.read() for value in values])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [[list("some letters")] * 500] * 4


def test_all_of_several_values_are_read_into_a_plain_dict():
    values = {"a": Spelled(b"ab"), "b": 1.0}

    assert read_all(values) == {"a": ["a", "b"], "b": 1.0}
    assert values["b"] == 1.0


def test_bytes_are_there_until_the_value_is_read():
    value = Spelled(b"ab")
    data = value.data

    value.read()

    assert data == b"ab"
    assert value.data is None


def test_copies_of_several_values_are_deep_and_leave_values_undecoded():
    values = {"a": Spelled(b"ab"), "b": Spelled(b"c"), "c": ["d"], "e": 1.0}
    values["b"].read()

    copies = copy_all(values)
    for key in "abc":
        copies[key].append("x")

    assert copy_all(values) == {"a": ["a", "b"], "b": ["c"], "c": ["d"], "e": 1.0}
    assert not values["a"].has_same_bytes(values["b"])
    assert values["a"].has_same_bytes(Spelled(b"ab"))
