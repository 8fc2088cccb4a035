"""Pending calls: waiting, awaiting, cancelling and failing."""

from __future__ import annotations

import asyncio
import concurrent.futures
import signal
import threading
from collections.abc import Iterator

import grpc
import pytest

from nanover_jupyter import (
    ClosedError,
    CommandFailed,
    DictionaryChange,
    InvalidValue,
    NanoverClient,
    NanoverServer,
    TimedOut,
    connect,
)
from nanover_jupyter.transport import pending as pending_module
from nanover_jupyter.transport.pending import PendingCall
from tests.support.interrupts import once_waiting_in


@pytest.fixture
def gate() -> threading.Event:
    return threading.Event()


@pytest.fixture
def server(gate: threading.Event) -> Iterator[NanoverServer]:
    with NanoverServer() as server:
        server.register_command("wait", lambda: {"came": gate.wait(10)})
        server.register_command("fail", lambda: 1 / 0)
        yield server
        gate.set()


@pytest.fixture
def client(server: NanoverServer) -> Iterator[NanoverClient]:
    with NanoverClient.insecure_channel(address="127.0.0.1", port=server.port) as client:
        yield client


def test_a_cell_can_await_a_command_and_an_update(
    client: NanoverClient, gate: threading.Event
) -> None:
    async def cell() -> tuple[object, bool]:
        command = client.run_command_async("wait")
        updated = await client.update_state_async(DictionaryChange({"a": 1}))
        gate.set()
        return await command, updated

    assert asyncio.run(cell()) == ({"came": True}, True)


def test_a_failure_is_the_error_of_the_future(client: NanoverClient) -> None:
    error = client.run_command_async("fail").exception(5)

    assert isinstance(error, CommandFailed)
    assert isinstance(error, grpc.RpcError)
    assert error.message == "division by zero"


def test_invalid_values_raise_at_once(client: NanoverClient) -> None:
    with pytest.raises(InvalidValue, match=r"cannot send a: a set"):
        client.run_command_async("wait", a={1})


def test_a_cancelled_call_is_no_longer_waited_for(client: NanoverClient) -> None:
    pending = client.run_command_async("wait")

    assert pending.cancel()
    assert pending.cancelled()
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(_await(pending))


def test_cancelling_an_await_cancels_the_call(client: NanoverClient) -> None:
    pending = client.run_command_async("wait")

    async def cell() -> None:
        await asyncio.wait_for(_await(pending), 0.05)

    with pytest.raises(TimeoutError):
        asyncio.run(cell())
    assert pending.cancelled()


@pytest.mark.parametrize("scheme", ["grpc", "ws"])
def test_a_command_may_have_a_timeout_of_its_own(gate: threading.Event, scheme: str) -> None:
    with NanoverServer(websocket_port=0) as server:
        server.register_command("wait", lambda: {"came": gate.wait(10)})
        port = server.port if scheme == "grpc" else server.websocket_port
        with connect(f"{scheme}://127.0.0.1:{port}") as connection:
            call = connection.client.start_command("wait", {}, timeout=0.1)
            error = call.exception(10)
            gate.set()

    assert isinstance(error, TimedOut)
    assert error.seconds == 0.1


def test_closing_the_client_ends_pending_calls(client: NanoverClient) -> None:
    pending = client.run_command_async("wait")
    client.close()

    assert isinstance(pending.exception(5), ClosedError)


def test_a_result_after_cancelling_is_dropped() -> None:
    abandoned: list[bool] = []
    pending: PendingCall[int] = PendingCall(lambda: abandoned.append(True))
    pending.cancel()

    pending.settle(lambda: 1)

    assert pending.cancelled()
    assert pending.cancel()
    assert abandoned == [True]


@pytest.mark.parametrize("timeout", [None, 60])
def test_an_interrupt_delivered_to_another_thread_ends_the_wait(
    timeout: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending_module, "_INTERRUPT_SECONDS", 0.02)
    pending: PendingCall[int] = PendingCall(lambda: None)

    def interrupt() -> None:
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)

    with once_waiting_in("result", interrupt), pytest.raises(KeyboardInterrupt):
        pending.result(timeout)


def test_the_error_of_a_call_may_be_a_timeout() -> None:
    pending: PendingCall[int] = PendingCall(lambda: None)
    pending.set_exception(TimedOut("running 'x'", 5))

    with pytest.raises(TimedOut, match="running 'x'"):
        pending.result(10)


def test_waiting_ends_after_the_timeout() -> None:
    pending: PendingCall[int] = PendingCall(lambda: None)
    for seconds in (0, -1, 0.02):
        with pytest.raises(TimeoutError):
            pending.result(seconds)


async def _await(pending: PendingCall[object]) -> object:
    return await pending


def test_a_cancelled_call_is_done_for_concurrent_futures_wait():
    call: PendingCall[int] = PendingCall(lambda: None)

    assert call.cancel()
    call.settle(lambda: 1)

    assert call in concurrent.futures.wait([call], timeout=10).done
    assert call.cancelled()
