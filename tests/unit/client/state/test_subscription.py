"""Following the state, run after run."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress

import pytest

from nanover_jupyter.client.state.subscription import StateSubscription
from nanover_jupyter.errors import ConnectionLost
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.eventually import eventually
from tests.support.fake_transport import FakeTransport


@contextmanager
def following(transport, on_arrival=lambda _: None):
    stream = StateSubscription(transport)
    stream.observe(lambda change, is_full: is_full or on_arrival(change))
    yield stream
    stream.set_closed()
    transport.close()
    stream.close()


def test_events_of_an_earlier_stream_are_ignored():
    transport = FakeTransport({"a": 1})
    with following(transport) as stream:
        stream.load(10)
        earlier = stream._listener
        transport.die("restart")
        eventually(lambda: stream.status.state == "lost")
        transport.come_back({"b": 2})
        stream.load(10)

        earlier.on_change(DictionaryChange({"ghost": 1}))
        earlier.on_closed(ConnectionLost("fake://server", "haunting", "too late"))

        assert stream.mirror.copy() == {"b": 2}
        assert stream.status.state == "connected"


@pytest.mark.parametrize("gap", range(1, 6))
def test_a_stream_that_ends_at_any_point_of_its_start_is_lost(gap):
    lost = ConnectionLost("fake://server", "following the state", "it went away")

    class Prompt(FakeTransport):
        """Has told the state by the time that it has begun."""

        def start(self, listener, _interval):
            listener.on_change(DictionaryChange({"a": 1}))

    class Guard:
        """Lets the reader report the end when it is left for the `gap`th time."""

        def __init__(self):
            self.lock, self.left, self.listener = threading.Lock(), 0, None

        def __enter__(self):
            self.lock.acquire()

        def __exit__(self, *_):
            self.listener = self.listener or stream._listener
            self.lock.release()
            self.left += 1
            if self.left == gap:
                self.listener.on_closed(lost)

    with following(Prompt()) as stream:
        stream._guard = Guard()

        with suppress(ConnectionLost):  # later than the state, it ends nobody's waiting
            stream.load(10)

        assert (stream.status.state, stream._listener) == ("lost", None)


def test_the_client_receives_changes_before_its_subscribers_but_not_the_full_state():
    arrived, seen = [], []
    transport = FakeTransport({"a": 1})
    with following(transport, lambda change: arrived.append(dict(change.updates))) as stream:
        stream.load(10)
        stream.feed.subscribe(lambda _: seen.append(len(arrived)))
        transport.change({"b": 2})
        eventually(lambda: seen)

    assert arrived == [{"b": 2}]
    assert seen == [1]


def test_a_late_attempt_leaves_the_stream_of_another_connected():
    transport = FakeTransport({"a": 1})
    with following(transport) as stream:
        stream.load(10)
        transport.die("restart")
        eventually(lambda: stream.status.state == "lost")
        transport.come_back({"b": 2})
        stream.start()
        eventually(lambda: stream.status.state == "connected")

        stream.set_retrying(1, "a test")
        stream.load(10)

        assert stream.status.state == "connected"
