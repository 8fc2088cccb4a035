"""The thread pool: lazily started daemon threads, and a bounded shutdown."""

from __future__ import annotations

import threading

import pytest

from nanover_jupyter.server.thread_pool import DaemonThreadPool
from tests.support.eventually import eventually


@pytest.fixture
def pool():
    pool = DaemonThreadPool(3, name="nanover-test")
    yield pool
    pool.shutdown(timeout=5)


def test_futures_have_the_result_or_the_exception(pool):
    assert pool.submit(divmod, 7, 2).result(5) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        pool.submit(divmod, 7, 0).result(5)
    assert pool.submit(divmod, 9, 2).result(5) == (4, 1)


def test_threads_are_named_daemons_started_when_needed(pool):
    def describe():
        thread = threading.current_thread()
        return thread.name, thread.daemon

    assert pool.submit(describe).result(5) == ("nanover-test-0", True)
    eventually(lambda: pool._idle == 1)
    assert pool.submit(describe).result(5) == ("nanover-test-0", True)


def test_functions_beyond_the_number_of_threads_wait(pool):
    together, go_on = threading.Barrier(4), threading.Event()

    def meet():
        together.wait(5)
        return go_on.wait(5)

    meeting = [pool.submit(meet) for _ in range(3)]
    waiting = pool.submit(lambda: "after")
    together.wait(5)

    assert not waiting.done()
    go_on.set()
    assert all(future.result(5) for future in meeting)
    assert waiting.result(5) == "after"


def test_many_short_functions_all_run(pool):
    futures = [pool.submit(pow, number, 2) for number in range(500)]

    assert [future.result(5) for future in futures] == [number**2 for number in range(500)]


def test_futures_submitted_after_shutdown_are_cancelled(pool):
    pool.shutdown()

    assert pool.submit(pow, 2, 2).cancelled()


def test_shutdown_respects_its_timeout(pool):
    go_on = threading.Event()
    future = pool.submit(go_on.wait, 5)

    pool.shutdown(timeout=0.05)

    assert not future.done()
    go_on.set()
    assert future.result(5)


def test_a_function_may_shut_down_its_own_pool(pool):
    assert pool.submit(pool.shutdown).result(5) is None
