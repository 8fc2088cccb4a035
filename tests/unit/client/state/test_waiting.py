"""Waiting for the state."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from nanover_jupyter import ClosedError, TimedOut, WaitTimedOut
from nanover_jupyter.client.base_client import BaseClient
from tests.support.eventually import TIME_SCALE, eventually
from tests.support.fake_transport import FakeTransport
from tests.support.interrupts import once_waiting_in


@pytest.fixture
def transport() -> FakeTransport:
    return FakeTransport({"n": 0.0})


@pytest.fixture
def client(transport: FakeTransport) -> Iterator[BaseClient]:
    with BaseClient(transport) as client:
        yield client


def once_waiting(call: Callable[[], object]) -> AbstractContextManager[None]:
    """Make a call once this thread waits in `wait_for`."""
    return once_waiting_in("wait_for", call)


def test_an_existing_key_is_returned_at_once(client: BaseClient) -> None:
    """Also of a client that followed nothing yet, and though the value is falsy."""
    assert client.wait_for("n") == 0.0


def test_an_added_key_ends_the_wait(client: BaseClient, transport: FakeTransport) -> None:
    client.wait_for("n")

    with once_waiting(lambda: transport.change({"late": [1.0]})):
        assert client.wait_for("late", timeout=10 * TIME_SCALE) == [1.0]


def test_a_condition_that_is_met_ends_the_wait_with_its_result(
    client: BaseClient, transport: FakeTransport
) -> None:
    threads: set[str] = set()

    def enough(state: Any) -> Any:
        threads.add(threading.current_thread().name)
        return state["n"] > 2 and f"{state['n']:g} are enough"

    with once_waiting(lambda: [transport.change({"n": float(number)}) for number in range(5)]):
        said = client.wait_for(enough, timeout=10 * TIME_SCALE)

    assert said in ("3 are enough", "4 are enough")
    assert threads == {"MainThread"}


def test_a_missing_key_means_that_the_condition_is_not_met(
    client: BaseClient, transport: FakeTransport
) -> None:
    with once_waiting(lambda: transport.change({"late": 1.0})):
        assert client.wait_for(lambda state: state["late"] == 1.0, timeout=10 * TIME_SCALE) is True


def test_an_exception_of_a_condition_is_raised(client: BaseClient) -> None:
    client.wait_for("n")

    with pytest.raises(ZeroDivisionError):
        client.wait_for(lambda state: 1 / state["n"])


def test_a_timeout_has_a_message(client: BaseClient) -> None:
    begun = time.monotonic()

    with pytest.raises(
        WaitTimedOut, match=r"^timed out after 0\.1 s while waiting for 'never'$"
    ) as caught:
        client.wait_for("never", timeout=0.1)

    assert time.monotonic() - begun < 10 * TIME_SCALE
    assert isinstance(caught.value, TimedOut)
    assert (caught.value.what, caught.value.seconds) == ("'never'", 0.1)


def test_a_condition_is_described_by_its_name(client: BaseClient) -> None:
    def simulation_runs(_: object) -> bool:
        return False

    with pytest.raises(WaitTimedOut, match="for 'simulation_runs' to be true"):
        client.wait_for(simulation_runs, timeout=0.05)
    with pytest.raises(WaitTimedOut, match="for the condition"):
        client.wait_for(lambda _: False, timeout=0.05)


def test_a_lost_connection_is_named(client: BaseClient, transport: FakeTransport) -> None:
    client.wait_for("n")
    transport.die("it burnt down")
    eventually(lambda: client.status.state == "lost")

    with pytest.raises(WaitTimedOut, match="the connection is lost: it burnt down"):
        client.wait_for(lambda _: False, timeout=0.05)


def test_closing_the_client_ends_the_wait(client: BaseClient) -> None:
    client.wait_for("n")

    with once_waiting(client.close), pytest.raises(ClosedError):
        client.wait_for("never", timeout=None)


def test_an_interrupt_that_another_thread_was_given_ends_the_wait(
    client: BaseClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nanover_jupyter.transport.pending._INTERRUPT_SECONDS", 0.02)

    def interrupt() -> None:
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)

    client.wait_for("n")
    with once_waiting(interrupt), pytest.raises(KeyboardInterrupt):
        client.wait_for("never", timeout=None)


def test_a_condition_is_called_once_for_each_change(
    client: BaseClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nanover_jupyter.transport.pending._INTERRUPT_SECONDS", 0.01)
    client.wait_for("n")
    asked: list[bool] = []

    with pytest.raises(WaitTimedOut):
        client.wait_for(lambda _: asked.append(True), timeout=0.1)

    assert asked == [True]


def test_nothing_stays_subscribed(client: BaseClient) -> None:
    client.wait_for("n")

    assert client._stream.feed.count == 0
    assert client._stream.status_listeners.count == 0
