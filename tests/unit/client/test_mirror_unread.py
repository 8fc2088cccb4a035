"""The mirror of a server's own updates: taken apart when somebody looks, in any thread."""

from __future__ import annotations

import threading

import pytest

from nanover_jupyter.client.state.mirror import StateMirror
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.lazy import LazyValue
from nanover_jupyter.wire.messages import DictionaryChange


def received(updates, removals=()):
    sent = DictionaryChange(updates, removals)
    return grpc_codec.decode_state_update(grpc_codec.encode_state_update(sent))


@pytest.fixture
def mirror():
    mirror = StateMirror()
    mirror.replace(received({"a": [1.0], "b": {"c": [2.0]}, "n": 1.0}).lazy_updates)
    mirror.apply(received({"a": [3.0]}, {"n"}))
    mirror.apply(received({"a": [4.0], "d": "x"}))
    return mirror


EXPECTED = {"a": [4.0], "b": {"c": [2.0]}, "d": "x"}


@pytest.mark.parametrize(
    "look",
    [
        lambda mirror: mirror.copy(),
        lambda mirror: mirror.snapshot(),
        lambda mirror: {key: mirror.get(key) for key in "abd"},
    ],
    ids=["copy", "snapshot", "get"],
)
def test_the_first_reader_sees_all_changes(mirror, look):
    assert look(mirror) == EXPECTED


def test_len_and_contains_see_all_changes(mirror):
    assert sorted(mirror.keys()) == ["a", "b", "d"]
    assert len(mirror) == mirror.health().keys == 3
    assert "d" in mirror
    assert "n" not in mirror
    assert sorted(mirror.keys()) == ["a", "b", "d"]
    with mirror.lock() as state:
        assert state == EXPECTED
        assert type(state) is dict


def test_keys_include_pending_changes(mirror):
    assert sorted(mirror.keys()) == ["a", "b", "d"]


def test_received_values_are_not_decoded(mirror):
    received = mirror.received()

    assert isinstance(received["b"], LazyValue)
    assert received.keys() == EXPECTED.keys()


def test_a_copy_is_deep_and_does_not_decode_the_mirror(mirror):
    mirror.copy()["b"]["c"].append(5.0)

    assert isinstance(mirror._state["b"], LazyValue)
    assert mirror.copy() == EXPECTED
    assert mirror.get("b") is mirror.snapshot()["b"]
    mirror.copy()["b"]["c"].append(5.0)
    assert mirror.copy() == EXPECTED


def test_a_new_state_that_is_the_same_changes_nothing(mirror):
    mirror.get("b")

    assert not mirror.replace(received(EXPECTED).lazy_updates)


def test_a_new_state_is_compared_with_all_changes(mirror):
    changed = mirror.replace(received({"a": [3.0], "b": {"c": [2.0]}}).lazy_updates)

    assert changed == DictionaryChange({"a": [3.0]}, {"d"})


def test_unread_changes_stay_bounded_and_correct():
    mirror = StateMirror()
    for number in range(1000):
        mirror.apply(received({f"key {number % 7}": [float(number)]}))

    assert len(mirror._pending._unparsed) <= 64
    assert sorted(mirror.copy().values()) == [[float(number)] for number in range(993, 1000)]


def test_readers_and_the_writer_do_not_disturb_each_other():
    mirror = StateMirror()
    mirror.apply(received({"a": [0.0, 0.0]}))
    done = threading.Event()
    wrong = []

    def look():
        last = 0.0
        while not done.is_set():
            for value in (mirror.get("a"), mirror.copy()["a"], mirror.snapshot()["a"]):
                if value[0] != value[1] or value[0] < last:
                    wrong.append((last, value))
                last = value[0]

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(1, 1500):
        mirror.apply(received({"a": [float(number)] * 2}))
    done.set()
    for thread in threads:
        thread.join()

    assert not wrong
    assert mirror.get("a") == [1499.0, 1499.0]
