"""A command on its way: one answer, whatever comes first."""

from __future__ import annotations

import msgpack
import pytest

from nanover_jupyter.errors import CommandFailed, TimedOut
from nanover_jupyter.transport.address import Address
from nanover_jupyter.transport.websocket import pending_request as websocket_question
from nanover_jupyter.transport.websocket.connection import NullOwner, WebSocketConnection
from nanover_jupyter.transport.websocket.dial import connect_options
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
def link(script):
    link = WebSocketConnection(
        connect_options(Address("127.0.0.1", script.port, "ws")), NullOwner()
    )
    link.begin()
    yield link
    link.close()


def asked(link, number=1):
    question = PendingRequest(link, number, "x", encode_request(number, "x", {}), "running 'x'")
    question.send()
    return question


def test_the_answer_is_the_result(link, script):
    script.answer = lambda said: reply_to(said, response={"a": 1})

    assert asked(link).answer(SOON) == {"a": 1}


def test_an_answer_may_be_an_error(link, script):
    script.answer = lambda said: reply_to(said, exception="'quoted'")

    with pytest.raises(CommandFailed, match="command 'x' failed: quoted"):
        asked(link).answer(SOON)


def test_who_waits_too_long_is_told_so_and_waits_no_more(link):
    question = asked(link)

    with pytest.raises(TimedOut, match=r"within 0\.01 s while running 'x'"):
        question.answer(0.01)

    assert question.pending.cancelled()
    assert not link.waits_for_replies


def test_a_question_that_nobody_answers_expires(link):
    question = asked(link)

    question.expire_after(0.01)

    assert isinstance(question.pending.exception(SOON), TimedOut)


def test_after_a_silence_a_question_expires_and_does_what_was_agreed(link):
    question, done = asked(link), []

    question.expire_when_silent(0.01, lambda: done.append("hung up"))

    assert isinstance(question.pending.exception(SOON), TimedOut)
    eventually(lambda: done == ["hung up"])


def test_an_answer_in_time_ends_the_clock(link, script):
    question, done = asked(link), []
    question.expire_when_silent(SOON, lambda: done.append("hung up"))
    assert "nanover-timeout" in own_threads()

    script.say(*reply_to(msgpack.unpackb(encode_request(1, "x", {})), response=None))

    assert question.answer(SOON) == {}
    eventually(lambda: "nanover-timeout" not in own_threads())
    assert done == []


class FakeLink:
    """Receives what a test says, at the time of a clock that a test moves."""

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
    monkeypatch.setattr(websocket_question.time, "monotonic", clock)
    return clock


def test_bytes_of_a_message_that_comes_before_the_answer_are_a_sign_of_life(clock):
    link = FakeLink(clock)
    question = PendingRequest(link, 1, "x", b"", "running 'x'")

    for _ in range(100):
        clock.pass_seconds(4.9)
        assert question.silence_left(5) > 0
        link.receive()
    clock.pass_seconds(5.1)

    assert question.silence_left(5) < 0


def test_messages_without_end_are_no_sign_that_a_server_reads(clock):
    link = FakeLink(clock)
    question = PendingRequest(link, 1, "x", b"", "running 'x'")

    for _ in range(65):
        clock.pass_seconds(1)
        link.receive(messages=1)
        question.silence_left(5)
    clock.pass_seconds(4)

    assert question.silence_left(5) <= 0
