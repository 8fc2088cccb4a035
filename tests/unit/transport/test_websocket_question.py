"""A command on its way: one answer, whatever comes first."""

from __future__ import annotations

import msgpack
import pytest

from nanover_jupyter.errors import CommandFailed, TimedOut
from nanover_jupyter.transport.address import Address
from nanover_jupyter.transport.websocket_dial import dialling
from nanover_jupyter.transport.websocket_link import Link, Unheard
from nanover_jupyter.transport.websocket_question import Question
from nanover_jupyter.wire.websocket_codec import encode_request
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
    link = Link(dialling(Address("127.0.0.1", script.port, "ws")), Unheard())
    link.begin()
    yield link
    link.close()


def asked(link, number=1):
    question = Question(link, number, "x", encode_request(number, "x", {}), "running 'x'")
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


def test_a_question_that_expires_does_what_was_agreed(link):
    question, done = asked(link), []

    question.expire_after(0.01, lambda: done.append("hung up"))

    assert isinstance(question.pending.exception(SOON), TimedOut)
    eventually(lambda: done == ["hung up"])


def test_an_answer_in_time_ends_the_clock(link, script):
    question, done = asked(link), []
    question.expire_after(SOON, lambda: done.append("hung up"))
    assert "nanover-timeout" in own_threads()

    script.say(*reply_to(msgpack.unpackb(encode_request(1, "x", {})), response=None))

    assert question.answer(SOON) == {}
    eventually(lambda: "nanover-timeout" not in own_threads())
    assert done == []
