"""Watched keys."""

from __future__ import annotations

import pytest

from nanover_jupyter.client.locks.watched_keys import WATCHED_AT_MOST, LockWatch, WatchedKey
from nanover_jupyter.errors import InvalidArgument
from tests.support.eventually import eventually


@pytest.fixture
def watch(clock):
    return LockWatch(clock)


def test_a_key_is_unknown_until_somebody_has_looked(watch, clock):
    watch.add(["a"])

    assert watch.watched() == [WatchedKey("a", "unknown", clock())]


def test_since_when_counts_from_the_last_change(watch, clock):
    watch.add(["a", "b", "c"])
    clock.pass_seconds(1)
    changed_at = clock()
    watch.found(["a", "b", "c"], {"a"}, {"b"})
    clock.pass_seconds(1)
    watch.found(["a", "b", "c"], {"a"}, {"b"})

    assert watch.watched() == [
        WatchedKey("a", "mine", changed_at),
        WatchedKey("b", "someone else's", changed_at),
        WatchedKey("c", "free", changed_at),
    ]


def test_listeners_hear_of_changes_only(watch):
    told = []
    watch.subscribe(lambda: told.append(len(watch.watched())))
    watch.add(["a"])
    watch.found(["a"], (), ())
    watch.found(["a"], (), ())
    watch.unknown()
    watch.unknown()
    watch.remove(["a", "never watched"])

    assert told == [1, 1, 1, 0]


def test_a_key_left_out_while_somebody_looks_stays_out(watch):
    watch.add(["a"])
    watch.remove(["a"])
    watch.found(["a"], (), ())

    assert watch.watched() == []


def test_only_so_many_are_watched(watch):
    watch.add(f"key-{number}" for number in range(WATCHED_AT_MOST))

    with pytest.raises(InvalidArgument, match="at most"):
        watch.add(["one more"])

    assert len(watch.keys()) == WATCHED_AT_MOST


def test_watched_keys_follow_what_others_do(make_client, server, quick_looks):
    client = make_client()
    client.lock("mine")
    server.update_locks("someone", {"theirs": 60})

    client.locks.watch_keys(["mine", "theirs", "free"])

    def found():
        return {known.key: known.whose for known in client.locks.watch.watched()}

    eventually(lambda: found() == {"mine": "mine", "theirs": "someone else's", "free": "free"})
    server.update_locks("someone", release=["theirs"])
    eventually(lambda: found()["theirs"] == "free")
    server.update_locks("another", {"theirs": 60, "free": 60})


def test_nothing_is_known_while_the_server_is_away(make_client, server, quick_looks):
    client = make_client()
    client.locks.watch_keys("free")
    eventually(lambda: client.locks.watch.watched()[0].whose == "free")

    server.close()

    eventually(lambda: client.locks.watch.watched()[0].whose == "unknown")
