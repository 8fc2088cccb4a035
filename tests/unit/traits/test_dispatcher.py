"""Calls reach the main thread while it is free, and happen elsewhere while it is not."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from nanover_jupyter import Connection
from nanover_jupyter.traits.dispatcher import MainThreadDispatcher
from tests.support.eventually import TIME_SCALE, eventually
from tests.support.own_threads import own_threads

LONG = 10 * TIME_SCALE


@contextmanager
def dispatching(loop_timeout: float = LONG) -> Iterator[MainThreadDispatcher]:
    dispatcher = MainThreadDispatcher(loop_timeout)
    try:
        yield dispatcher
    finally:
        dispatcher.close()


def thread_name() -> str:
    return threading.current_thread().name


async def until(event: asyncio.Event) -> None:
    await asyncio.wait_for(event.wait(), LONG)


def test_calls_run_on_the_main_thread_while_its_loop_is_free() -> None:
    async def cell() -> list[str]:
        seen: list[str] = []
        done = asyncio.Event()
        with dispatching() as dispatcher:

            def call() -> None:
                seen.append(thread_name())
                done.set()

            poster = threading.Thread(target=dispatcher.post, args=(call,))
            poster.start()
            await until(done)
            poster.join()
        return seen

    assert asyncio.run(cell()) == ["MainThread"]


def test_calls_run_on_a_thread_of_ours_while_a_cell_keeps_the_main_one() -> None:
    async def cell() -> list[str]:
        seen: list[str] = []
        with dispatching(loop_timeout=0.05) as dispatcher:
            for _ in range(3):
                dispatcher.post(lambda: seen.append(thread_name()))
            eventually(lambda: len(seen) == 3)  # blocks the loop, as a cell does
            await asyncio.sleep(0)
        return seen

    assert asyncio.run(cell()) == ["nanover-traits"] * 3


def test_calls_return_to_the_main_thread_when_the_cell_has_ended() -> None:
    async def cells() -> list[str]:
        seen: list[str] = []
        with dispatching(loop_timeout=0.2 * TIME_SCALE) as dispatcher:
            dispatcher.post(lambda: seen.append(thread_name()))
            eventually(lambda: len(seen) == 1)
            await asyncio.sleep(0)  # the cell ended
            done = asyncio.Event()
            dispatcher.post(lambda: (seen.append(thread_name()), done.set()))
            await until(done)
        return seen

    assert asyncio.run(cells()) == ["nanover-traits", "MainThread"]


def test_only_the_first_call_waits_for_a_busy_main_thread() -> None:
    async def cell() -> None:
        loop_timeout, calls = 0.1, 30
        begun = time.monotonic()
        with dispatching(loop_timeout) as dispatcher:
            for _ in range(calls):
                ran = threading.Event()
                dispatcher.post(ran.set)
                assert ran.wait(LONG)
        # Much less than the loop_timeout for each: the loop owes us a sign of life all along.
        assert loop_timeout <= time.monotonic() - begun < loop_timeout * calls / 2

    asyncio.run(cell())


def test_without_a_loop_calls_run_on_the_thread_at_once() -> None:
    seen: list[str] = []
    with dispatching() as dispatcher:
        dispatcher.post(lambda: seen.append(thread_name()))
        eventually(lambda: seen)

    assert seen == ["nanover-traits"]


def test_a_closed_loop_is_replaced_by_the_thread() -> None:
    async def make() -> MainThreadDispatcher:
        return MainThreadDispatcher(LONG)

    dispatcher = asyncio.run(make())
    ran = threading.Event()
    dispatcher.post(ran.set)

    assert ran.wait(LONG / 2)
    dispatcher.close()


def test_the_loop_of_another_thread_does_not_count() -> None:
    """A subshell has a loop too, which ends with its page."""
    made: list[MainThreadDispatcher] = []

    async def make() -> None:
        made.append(MainThreadDispatcher(LONG))

    subshell = threading.Thread(target=lambda: asyncio.run(make()), name="subshell-1")
    subshell.start()
    subshell.join()
    (dispatcher,) = made
    seen: list[str] = []
    dispatcher.post(lambda: seen.append(thread_name()))
    eventually(lambda: seen)
    dispatcher.close()

    assert seen == ["nanover-traits"]


def test_calls_run_once_and_in_order_on_either_thread() -> None:
    """Three threads post while the loop is busy and free by turns."""
    posts, posters = 300, 3

    async def cells() -> list[tuple[int, int]]:
        seen: list[tuple[int, int]] = []
        at_once = threading.Lock()
        with dispatching(loop_timeout=0.002) as dispatcher:

            def call(poster: int, number: int) -> None:
                assert at_once.acquire(blocking=False), "two calls run at a time"
                seen.append((poster, number))
                at_once.release()

            def post(poster: int) -> None:
                for number in range(posts):
                    dispatcher.post(lambda number=number: call(poster, number))

            threads = [threading.Thread(target=post, args=(n,)) for n in range(posters)]
            for thread in threads:
                thread.start()
            pause = threading.Event()
            while len(seen) < posts * posters:
                pause.wait(0.005)
                await asyncio.sleep(0)
            for thread in threads:
                thread.join()
        return seen

    seen = asyncio.run(asyncio.wait_for(cells(), LONG))

    assert len(seen) == posts * posters
    for poster in range(posters):
        assert [number for who, number in seen if who == poster] == list(range(posts))


def test_a_call_may_post_another() -> None:
    ran = threading.Event()
    with dispatching() as dispatcher:
        dispatcher.post(lambda: dispatcher.post(ran.set))

        assert ran.wait(LONG)


def test_a_call_for_later_runs_when_its_time_has_come() -> None:
    order: list[str] = []
    done = threading.Event()
    with dispatching() as dispatcher:
        asked_at = time.monotonic()
        dispatcher.post_later(0.1, lambda: (order.append("later"), done.set()))
        dispatcher.post_later(0.05, lambda: order.append("sooner"))
        dispatcher.post(lambda: order.append("now"))

        assert done.wait(LONG)
    assert order == ["now", "sooner", "later"]
    assert time.monotonic() - asked_at >= 0.1


def test_a_call_for_later_runs_on_the_main_thread_too() -> None:
    async def cell() -> list[str]:
        seen: list[str] = []
        done = asyncio.Event()
        with dispatching() as dispatcher:
            dispatcher.post_later(0.01, lambda: (seen.append(thread_name()), done.set()))
            await until(done)
        return seen

    assert asyncio.run(cell()) == ["MainThread"]


def test_a_call_that_fails_is_logged_and_the_next_one_runs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ran = threading.Event()
    with dispatching() as dispatcher, caplog.at_level(logging.ERROR):
        dispatcher.post(lambda: 1 / 0)
        dispatcher.post(ran.set)

        assert ran.wait(LONG)
    assert "ZeroDivisionError" in caplog.text


def test_nothing_runs_after_close() -> None:
    dispatcher = MainThreadDispatcher()
    dispatcher.close()
    dispatcher.post(lambda: pytest.fail("it ran"))
    dispatcher.close()

    assert dispatcher.is_closed
    assert own_threads() == []


def test_calls_that_wait_are_forgotten_by_close() -> None:
    async def cell() -> list[str]:
        seen: list[str] = []
        dispatcher = MainThreadDispatcher(LONG)
        dispatcher.post(lambda: seen.append("ran"))
        dispatcher.close()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return seen

    assert asyncio.run(cell()) == []


def test_a_call_may_close_its_dispatcher() -> None:
    dispatcher = MainThreadDispatcher()
    dispatcher.post(dispatcher.close)

    eventually(lambda: dispatcher.is_closed and not own_threads())


def test_finish_runs_waiting_calls() -> None:
    async def cell() -> list[str]:
        seen: list[str] = []
        dispatcher = MainThreadDispatcher(LONG)
        dispatcher.post(lambda: seen.append("waited"))
        dispatcher.post_later(LONG, lambda: seen.append("was for later"))
        dispatcher.finish()
        dispatcher.post(lambda: seen.append("came too late"))
        return seen

    assert asyncio.run(cell()) == ["waited"]
    assert own_threads() == []


def test_a_call_may_finish_its_dispatcher() -> None:
    dispatcher = MainThreadDispatcher()
    ran = threading.Event()
    dispatcher.post(lambda: (dispatcher.post(ran.set), dispatcher.finish()))

    eventually(lambda: ran.is_set() and not own_threads())
    assert dispatcher.is_closed


def test_a_call_on_the_main_thread_may_finish_it_too() -> None:
    async def cell() -> list[str]:
        seen: list[str] = []
        last = asyncio.Event()
        loop = asyncio.get_running_loop()
        dispatcher = MainThreadDispatcher(LONG)

        def finish() -> None:
            dispatcher.finish()
            seen.append("finished")

        dispatcher.post(finish)
        dispatcher.post(lambda: (seen.append("next"), loop.call_soon_threadsafe(last.set)))
        await until(last)
        return seen

    assert asyncio.run(cell()) == ["finished", "next"]
    eventually(lambda: own_threads() == [])


def test_everybody_hears_through_it_that_the_client_was_closed(connection: Connection) -> None:
    dispatcher = MainThreadDispatcher.of(connection)
    heard: list[str] = []
    connection.client.on_status(lambda status: dispatcher.post(lambda: heard.append(status.state)))

    connection.close()

    assert heard == ["closed"]


def test_everybody_shares_the_one_of_a_client(connection: Connection) -> None:
    assert MainThreadDispatcher.of(connection) is MainThreadDispatcher.of(connection.client)


def test_it_ends_with_its_client(connection: Connection) -> None:
    dispatcher = MainThreadDispatcher.of(connection)
    ran = threading.Event()
    dispatcher.post(ran.set)
    assert ran.wait(LONG)

    connection.close()

    assert dispatcher.is_closed
    assert "nanover-traits" not in own_threads()


def test_of_a_closed_client_it_is_closed(connection: Connection) -> None:
    connection.close()

    assert MainThreadDispatcher.of(connection).is_closed


def test_a_loop_found_later_is_taken(connection: Connection) -> None:
    """First asked for on a subshell's thread, say; then in a cell."""
    dispatcher = MainThreadDispatcher.of(connection)

    async def cell() -> list[str]:
        seen: list[str] = []
        done = asyncio.Event()
        assert MainThreadDispatcher.of(connection) is dispatcher
        dispatcher.post(lambda: (seen.append(thread_name()), done.set()))
        await until(done)
        return seen

    assert asyncio.run(cell()) == ["MainThread"]
