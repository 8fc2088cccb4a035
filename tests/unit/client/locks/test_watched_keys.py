"""Watched keys."""

from __future__ import annotations

import pytest

from nanover_jupyter.client.locks.watched_keys import MAX_WATCHED, WatchedKey, WatchedKeys
from nanover_jupyter.errors import InvalidArgument
from tests.support.eventually import eventually


@pytest.fixture
def watched(clock):
    return WatchedKeys(clock)


def test_a_key_is_unknown_until_it_is_polled(watched, clock):
    watched.add(["a"])

    assert watched.all() == [WatchedKey("a", "unknown", clock())]


def test_since_when_counts_from_the_last_change(watched, clock):
    watched.add(["a", "b", "c"])
    clock.pass_seconds(1)
    changed_at = clock()
    watched.update(["a", "b", "c"], {"a"}, {"b"})
    clock.pass_seconds(1)
    watched.update(["a", "b", "c"], {"a"}, {"b"})

    assert watched.all() == [
        WatchedKey("a", "mine", changed_at),
        WatchedKey("b", "someone else's", changed_at),
        WatchedKey("c", "free", changed_at),
    ]


def test_listeners_are_called_for_changes_only(watched):
    told = []
    watched.subscribe(lambda: told.append(len(watched.all())))
    watched.add(["a"])
    watched.update(["a"], (), ())
    watched.update(["a"], (), ())
    watched.set_unknown()
    watched.set_unknown()
    watched.remove(["a", "never watched"])

    assert told == [1, 1, 1, 0]


def test_a_key_removed_during_a_poll_stays_removed(watched):
    watched.add(["a"])
    watched.remove(["a"])
    watched.update(["a"], (), ())

    assert watched.all() == []


def test_the_number_of_watched_keys_is_limited(watched):
    watched.add(f"key-{number}" for number in range(MAX_WATCHED))

    with pytest.raises(InvalidArgument, match="at most"):
        watched.add(["one more"])

    assert len(watched.keys()) == MAX_WATCHED


def test_watched_keys_follow_what_others_do(make_client, server, quick_looks):
    client = make_client()
    client.lock("mine")
    server.update_locks("someone", {"theirs": 60})

    client.locks.watch_keys(["mine", "theirs", "free"])

    def found():
        return {known.key: known.whose for known in client.locks.watched.all()}

    eventually(lambda: found() == {"mine": "mine", "theirs": "someone else's", "free": "free"})
    server.update_locks("someone", release=["theirs"])
    eventually(lambda: found()["theirs"] == "free")
    server.update_locks("another", {"theirs": 60, "free": 60})


def test_keys_are_unknown_without_a_server(make_client, server, quick_looks):
    client = make_client()
    client.locks.watch_keys("free")
    eventually(lambda: client.locks.watched.all()[0].whose == "free")

    server.close()

    eventually(lambda: client.locks.watched.all()[0].whose == "unknown")
