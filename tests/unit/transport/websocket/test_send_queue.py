"""Queue of outgoing messages."""

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
    """Block the thread until the event is set."""
    begun, go_on = threading.Event(), threading.Event()
    outbox.put(lambda: begun.set() or go_on.wait(SOON), waits=False)
    assert begun.wait(SOON)
    yield go_on
    go_on.set()


def test_writes_run_in_order_on_one_daemon_thread(outbox, busy):
    made = []

    def write(number):
        made.append((number, threading.current_thread().name, threading.current_thread().daemon))
        return True

    calls = [outbox.put(lambda n=n: write(n), waits=n % 2 == 0) for n in range(20)]
    assert made == []
    busy.set()

    assert all(call.result(SOON) for call in calls)
    assert made == [(n, "nanover-sender-test", True) for n in range(20)]


def test_a_failed_write_affects_no_other_write(outbox, busy):
    def fail():
        raise ClosedError("it")

    failing = outbox.put(fail, waits=False)
    other = outbox.put(lambda: True, waits=False)
    busy.set()

    assert isinstance(failing.exception(SOON), ClosedError)
    assert other.result(SOON)


def test_a_queued_write_can_be_cancelled(outbox, busy):
    made = []
    withdrawn = outbox.put(lambda: made.append("withdrawn"), waits=False)
    assert withdrawn.cancel()
    busy.set()

    assert outbox.put(lambda: True, waits=False).result(SOON)
    assert made == []


def test_waiting_on_the_thread_itself_does_not_deadlock(outbox, busy):
    answers = []
    first = outbox.put(lambda: True, waits=False)
    first.add_done_callback(
        lambda _: answers.append(outbox.put(lambda: outbox.is_here, waits=True).result(0))
    )
    busy.set()

    assert outbox.put(lambda: True, waits=False).result(SOON)
    assert answers == [True]
    assert not outbox.is_here


def test_queued_writes_run_after_close_and_later_ones_immediately(outbox, busy):
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
