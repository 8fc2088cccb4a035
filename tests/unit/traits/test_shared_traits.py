"""Who is told of a change, on which thread, and what their own changes come to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import ipywidgets
import pytest

from nanover_jupyter import ClosedError, Connection, NanoverServer, connect
from nanover_jupyter.traits.values import SharedFloat, shared
from tests.support.eventually import TIME_SCALE, eventually
from tests.support.shared_state import put, settled

Connect = Callable[..., Connection]


def test_links_bind_both_ways_and_do_not_swing(
    either: Connect, server: NanoverServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nanover_jupyter.traits.key_sync._UNANSWERED_SECONDS", 0.7)
    put(server, "k", 1.0)
    here, there = SharedFloat(either(), "k"), SharedFloat(either(), "k")
    slider, follower = ipywidgets.FloatSlider(max=1000), ipywidgets.FloatSlider(max=1000)
    ipywidgets.link((here, "value"), (slider, "value"))
    ipywidgets.link((there, "value"), (follower, "value"))
    assert slider.value == follower.value == 1.0

    for number in range(100):
        slider.value = number
    eventually(lambda: follower.value == 99.0)
    follower.value = 5

    eventually(lambda: slider.value == 5.0)
    eventually(lambda: settled(here, there))
    assert server.copy_state() == {"k": 5.0}


def test_a_value_beyond_the_end_of_a_slider_is_not_written_back(
    connection: Connection, server: NanoverServer
) -> None:
    put(server, "k", 1.0, seen_by=connection)
    value = SharedFloat(connection, "k")
    slider = ipywidgets.FloatSlider(max=2)
    ipywidgets.link((value, "value"), (slider, "value"))

    put(server, "k", 50.0)

    eventually(lambda: value.value == 50.0)
    eventually(lambda: slider.value == 2.0)
    assert settled(value)
    assert server.copy_state() == {"k": 50.0}


def test_an_observer_may_correct_a_received_value(
    connection: Connection, server: NanoverServer
) -> None:
    value = SharedFloat(connection, "k")

    def limit(change: Any) -> None:
        value.value = min(change.new, 10.0)

    value.observe(limit, "value")

    put(server, "k", 50.0)

    eventually(lambda: server.copy_state() == {"k": 10.0})
    eventually(lambda: value.value == 10.0)


def test_an_observer_that_fails_does_not_stop_the_rest(
    connection: Connection, server: NanoverServer, caplog: pytest.LogCaptureFixture
) -> None:
    value = shared(connection, "k")
    value.observe(lambda _: 1 / 0, "value")

    put(server, "k", 1)
    eventually(lambda: value.exists)
    put(server, "k", 2)

    eventually(lambda: value.value == 2)
    assert "ZeroDivisionError" in caplog.text


def test_observers_run_on_the_main_thread_between_cells(
    connection: Connection, server: NanoverServer
) -> None:
    async def cell() -> list[str]:
        value = shared(connection, "k")
        threads: list[str] = []
        came = asyncio.Event()
        value.observe(
            lambda _: (threads.append(threading.current_thread().name), came.set()), "value"
        )
        put(server, "k", 1)
        await asyncio.wait_for(came.wait(), 10 * TIME_SCALE)
        return threads

    assert asyncio.run(cell()) == ["MainThread"]


def test_values_follow_while_a_cell_runs(connection: Connection, server: NanoverServer) -> None:
    async def cell() -> list[str]:
        value = shared(connection, "k")
        threads: list[str] = []
        value.observe(lambda _: threads.append(threading.current_thread().name), "value")
        for number in range(3):
            put(server, "k", number)
            eventually(lambda number=number: value.value == number)  # blocks, as a cell does
        return threads

    assert asyncio.run(cell()) == ["nanover-traits"] * 3


def test_held_notifications_do_not_write_received_values(
    connection: Connection, server: NanoverServer
) -> None:
    """While a thread holds them, changes that another thread shows end up in its hands."""
    put(server, "k", 1.0, seen_by=connection)
    value = SharedFloat(connection, "k")

    with value.hold_trait_notifications():
        put(server, "k", 2.0)
        eventually(lambda: value.value == 2.0)

    assert settled(value)
    assert server.copy_state() == {"k": 2.0}


def test_settings_on_several_threads_all_arrive(
    connection: Connection, server: NanoverServer
) -> None:
    """Widgets' callbacks run on subshell threads, beside the cell."""
    value = SharedFloat(connection, "k")

    def drag() -> None:
        for number in range(200):
            value.value = number / 1000

    subshell = threading.Thread(target=drag)
    subshell.start()
    for number in range(200):
        value.value = number
    subshell.join()

    eventually(lambda: settled(value))
    eventually(lambda: server.copy_state() == {"k": value.value})
    assert value.value in (199.0, 0.199)


def test_it_follows_the_name_of_its_connection(
    connection: Connection, server: NanoverServer
) -> None:
    """As %nanover does when a closed connection is made again, perhaps to another server."""
    put(server, "k", 1.0, seen_by=connection)
    value = SharedFloat(connection, "k")
    slider = ipywidgets.FloatSlider()
    ipywidgets.link((value, "value"), (slider, "value"))
    with NanoverServer() as other:
        put(other, "k", 2.0)
        with connect(f"127.0.0.1:{other.port}") as successor:
            connection.close()
            connection.rebind_dependents(successor)

            assert slider.value == 2.0
            assert value.connection is successor
            slider.value = 3
            eventually(lambda: other.copy_state() == {"k": 3.0})
            assert server.copy_state() == {"k": 1.0}


def test_it_does_not_turn_to_a_closed_connection(
    connection: Connection, open_connection: Connect
) -> None:
    value = SharedFloat(connection, "k")
    closed = open_connection()
    closed.close()

    with pytest.raises(ClosedError):
        value.rebind(closed)
    assert value.connection is connection


def test_closed_it_has_no_successor(connection: Connection, open_connection: Connect) -> None:
    value = SharedFloat(connection, "k")
    value.close()
    connection.rebind_dependents(open_connection())

    assert value.connection is connection
