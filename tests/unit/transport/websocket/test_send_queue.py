"""What is on its way out, without a wire."""

from __future__ import annotations

import threading

import pytest

from nanover_jupyter.errors import ClosedError
from nanover_jupyter.transport.websocket.send_queue import SendQueue
from tests.support.own_threads import own_threads

SOON = 10.0


@pytest.fixture
def outbox(no_thread_stays):
    outbox = SendQueue("nanover-sender-test")
    yield outbox
    outbox.close()
    outbox.join()


@pytest.fixture
def busy(outbox):
    """Keeps the thread busy until it is set."""
    begun, go_on = threading.Event(), threading.Event()
    outbox.put(lambda: begun.set() or go_on.wait(SOON), waits=False)
    assert begun.wait(SOON)
    yield go_on
    go_on.set()


def test_writes_are_made_in_order_on_one_daemon(outbox, busy):
    made = []

    def write(number):
        made.append((number, threading.current_thread().name, threading.current_thread().daemon))
        return True

    calls = [outbox.put(lambda n=n: write(n), waits=n % 2 == 0) for n in range(20)]
    assert made == []
    busy.set()

    assert all(call.result(SOON) for call in calls)
    assert made == [(n, "nanover-sender-test", True) for n in range(20)]


def test_a_write_that_fails_is_told_so_and_costs_no_other(outbox, busy):
    def fail():
        raise ClosedError("it")

    failing = outbox.put(fail, waits=False)
    other = outbox.put(lambda: True, waits=False)
    busy.set()

    assert isinstance(failing.exception(SOON), ClosedError)
    assert other.result(SOON)


def test_a_write_is_withdrawn_until_its_turn_has_come(outbox, busy):
    made = []
    withdrawn = outbox.put(lambda: made.append("withdrawn"), waits=False)
    assert withdrawn.cancel()
    busy.set()

    assert outbox.put(lambda: True, waits=False).result(SOON)
    assert made == []


def test_who_waits_on_the_thread_itself_waits_for_nothing(outbox, busy):
    answers = []
    first = outbox.put(lambda: True, waits=False)
    first.add_done_callback(
        lambda _: answers.append(outbox.put(lambda: outbox.is_here, waits=True).result(0))
    )
    busy.set()

    assert outbox.put(lambda: True, waits=False).result(SOON)
    assert answers == [True]
    assert not outbox.is_here


def test_what_waits_at_the_end_is_still_made_and_what_comes_after_it_at_once(outbox, busy):
    waiting = outbox.put(lambda: True, waits=False)
    outbox.close()
    outbox.close()

    here = outbox.put(lambda: threading.current_thread() is threading.main_thread(), waits=False)

    assert here.result(0)
    assert not waiting.done()
    busy.set()
    assert waiting.result(SOON)
    outbox.join()
    assert own_threads() == []


def test_there_is_no_thread_before_the_first_write(outbox):
    assert own_threads() == []
    outbox.join()
