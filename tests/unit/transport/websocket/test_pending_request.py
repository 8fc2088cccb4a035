"""Pending requests: replies, errors and timeouts."""

from __future__ import annotations

import msgpack
import pytest

from nanover_jupyter.errors import CommandFailed, TimedOut
from nanover_jupyter.transport.address import Address
from nanover_jupyter.transport.websocket import pending_request as pending_request_module
from nanover_jupyter.transport.websocket.connect_options import connect_options
from nanover_jupyter.transport.websocket.connection import NullOwner, WebSocketConnection
from nanover_jupyter.transport.websocket.pending_request import PendingRequest
from nanover_jupyter.wire.websocket.codec import encode_request
from tests.support.clock import FakeClock
from tests.support.eventually import eventually
from tests.support.own_threads import own_threads
from tests.support.scripted_websocket import reply_to, scripted_server

SOON = 10.0


@pytest.fixture
def script(no_thread_stays):
    with scripted_server() as script:
        yield script


@pytest.fixture
def connection(script):
    connection = WebSocketConnection(
        connect_options(Address("127.0.0.1", script.port, "ws")), NullOwner()
    )
    connection.open()
    yield connection
    connection.close()


def sent_request(connection, number=1):
    request = PendingRequest(
        connection, number, "x", encode_request(number, "x", {}), "running 'x'"
    )
    request.send()
    return request


def test_the_reply_is_the_result(connection, script):
    script.answer = lambda message: reply_to(message, response={"a": 1})

    assert sent_request(connection).result(SOON) == {"a": 1}


def test_a_reply_may_be_an_error(connection, script):
    script.answer = lambda message: reply_to(message, exception="'quoted'")

    with pytest.raises(CommandFailed, match="command 'x' failed: quoted"):
        sent_request(connection).result(SOON)


def test_waiting_too_long_times_out_and_cancels_the_request(connection):
    request = sent_request(connection)

    with pytest.raises(TimedOut, match=r"after 0\.01 s while running 'x'"):
        request.result(0.01)

    assert request.pending.cancelled()
    assert not connection.waits_for_replies


def test_a_request_without_a_reply_expires(connection):
    request = sent_request(connection)

    request.expire_after(0.01)

    assert isinstance(request.pending.exception(SOON), TimedOut)


def test_after_a_silence_a_request_expires_and_calls_the_action(connection):
    request, done = sent_request(connection), []

    request.expire_when_silent(0.01, lambda: done.append("aborted"))

    assert isinstance(request.pending.exception(SOON), TimedOut)
    eventually(lambda: done == ["aborted"])


def test_a_reply_in_time_cancels_the_timer(connection, script):
    request, done = sent_request(connection), []
    request.expire_when_silent(SOON, lambda: done.append("aborted"))
    assert "nanover-timeout" in own_threads()

    script.send(*reply_to(msgpack.unpackb(encode_request(1, "x", {})), response=None))

    assert request.result(SOON) == {}
    eventually(lambda: "nanover-timeout" not in own_threads())
    assert done == []


class FakeLink:
    """A fake connection with a clock that the test advances."""

    def __init__(self, clock):
        self.clock = clock
        self.last_progress_at, self.received_messages = clock(), 0

    def receive(self, *, messages=0):
        self.last_progress_at = self.clock()
        self.received_messages += messages

    def expect(self, *_):
        pass

    def forget(self, _number):
        return True


@pytest.fixture
def clock(monkeypatch):
    clock = FakeClock()
    monkeypatch.setattr(pending_request_module.time, "monotonic", clock)
    return clock


def test_bytes_of_earlier_messages_are_a_sign_of_life(clock):
    connection = FakeLink(clock)
    request = PendingRequest(connection, 1, "x", b"", "running 'x'")

    for _ in range(100):
        clock.pass_seconds(4.9)
        assert request.seconds_until_silent(5) > 0
        connection.receive()
    clock.pass_seconds(5.1)

    assert request.seconds_until_silent(5) < 0


def test_endless_messages_are_not_a_sign_of_life(clock):
    connection = FakeLink(clock)
    request = PendingRequest(connection, 1, "x", b"", "running 'x'")

    for _ in range(65):
        clock.pass_seconds(1)
        connection.receive(messages=1)
        request.seconds_until_silent(5)
    clock.pass_seconds(4)

    assert request.seconds_until_silent(5) <= 0
