"""The server dies, freezes, is slow, comes back or hangs up during each call and the stream.

For calls by WebSocket, which have no deadline of the wire's, see test_websocket_transport.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nanover_jupyter import (
    ConnectError,
    Connection,
    ConnectionLost,
    DictionaryChange,
    NanoverClient,
    NanoverServer,
    NanoverWebSocketClient,
    TimedOut,
    connect,
)
from tests.support.eventually import eventually
from tests.support.own_threads import own_threads
from tests.support.relay import Relay, relay_to

CALLS: dict[str, Callable[[NanoverClient], object]] = {
    "update_available_commands": lambda client: client.update_available_commands(),
    "run_command": lambda client: client.run_command("echo"),
    "attempt_update_state": lambda client: client.attempt_update_state(DictionaryChange({"a": 1})),
    "attempt_update_locks": lambda client: client.attempt_update_locks({"a": 1}),
    "run_command_async": lambda client: client.run_command_async("echo").result(10),
    "update_state_async": lambda client: client.update_state_async(
        DictionaryChange({"a": 1})
    ).result(10),
}

both_wires = pytest.mark.parametrize("wire", ["grpc", "ws"])


@pytest.fixture
def wire() -> str:
    """The protocol of the client; `both_wires` tests each in turn."""
    return "grpc"


@pytest.fixture
def server() -> Iterator[NanoverServer]:
    with NanoverServer(websocket_port=0, application_defaults=False) as server:
        server.update_state(None, DictionaryChange({"title": "before"}))
        server.register_command("echo", lambda **arguments: arguments)
        yield server


@pytest.fixture
def relay(server: NanoverServer, wire: str) -> Iterator[Relay]:
    port = server.websocket_port if wire == "ws" else server.port
    assert port is not None
    with relay_to(port) as relay:
        yield relay


@pytest.fixture
def client(relay: Relay) -> Iterator[NanoverClient]:
    with NanoverClient.insecure_channel(address="127.0.0.1", port=relay.port) as client:
        client.update_available_commands()
        yield client


@pytest.fixture
def connection(relay: Relay, wire: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    monkeypatch.setattr("nanover_jupyter.client.reconnector._SILENT_SECONDS", 0.3)
    monkeypatch.setattr("nanover_jupyter.client.reconnector._PROBE_SECONDS", 0.3)
    with connect(f"{wire}://127.0.0.1:{relay.port}") as connection:
        yield connection


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_frozen_server_ends_a_call_at_its_deadline(
    client: NanoverClient, relay: Relay, call: Callable[[NanoverClient], object]
) -> None:
    client.call_timeout = client.command_timeout = 0.02
    relay.freeze()

    with pytest.raises(TimedOut, match=r"timed out after 0\.02 s"):
        call(client)

    relay.thaw()


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_reply_after_the_deadline_is_still_received(
    client: NanoverClient, relay: Relay, call: Callable[[NanoverClient], object]
) -> None:
    expected = call(client)
    relay.slow(0.02)
    begun = time.monotonic()

    assert call(client) == expected
    assert time.monotonic() - begun >= 0.04
    client.call_timeout = client.command_timeout = 0.02
    with pytest.raises(TimedOut):
        call(client)
    client.call_timeout = client.command_timeout = 10
    assert call(client) == expected


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_line_that_is_cut_ends_a_call_at_once(
    client: NanoverClient, relay: Relay, call: Callable[[NanoverClient], object]
) -> None:
    relay.freeze()
    errors: list[BaseException] = []

    def wait() -> None:
        try:
            call(client)
        except (ConnectionLost, ConnectError) as error:
            errors.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    relay.cut()
    relay.thaw()
    waiting.join(5)

    assert errors
    assert f"127.0.0.1:{relay.port}" in str(errors[0])


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_call_after_the_line_is_mended_succeeds(
    client: NanoverClient, relay: Relay, call: Callable[[NanoverClient], object]
) -> None:
    relay.cut()
    with pytest.raises((ConnectionLost, ConnectError)):
        call(client)
    relay.mend()

    def works() -> bool:
        try:
            call(client)
        except (ConnectionLost, ConnectError):
            return False
        return True

    eventually(works)


@both_wires
def test_a_frozen_server_is_noticed_and_found_again(
    connection: Connection, relay: Relay, server: NanoverServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nanover_jupyter.client.reconnector._SILENT_SECONDS", 0.05)
    monkeypatch.setattr("nanover_jupyter.client.reconnector._PROBE_SECONDS", 0.1)
    relay.freeze()
    eventually(lambda: connection.status.state == "lost")
    assert re.search(r"timed out after 0\.[13] s", connection.status.reason)
    server.update_state(None, DictionaryChange({"title": "after"}))

    relay.thaw()

    eventually(lambda: connection.status.state == "connected", seconds=20)
    eventually(lambda: connection.client.copy_state() == {"title": "after"})


@both_wires
def test_a_quiet_server_is_not_taken_for_a_dead_one(
    connection: Connection, server: NanoverServer
) -> None:
    seen: list[str] = []
    connection.client.on_status(lambda status: seen.append(status.state))
    asked = threading.Semaphore(0)
    server.register_command("new", lambda: None)
    connection.client.on_commands(asked.release)

    # The questions that keep it alive also bring the news.
    assert asked.acquire(timeout=5)

    assert "new" in connection.client.available_commands
    assert seen == []


@both_wires
def test_a_slow_stream_is_complete_in_order_and_alive(
    connection: Connection, relay: Relay, server: NanoverServer
) -> None:
    heard: list[float] = []
    connection.client.on_change(lambda change: heard.append(change.updates["n"]))
    relay.slow(0.05)

    for number in range(100):
        server.update_state(None, DictionaryChange({"n": number}))

    eventually(lambda: 99 in heard)
    assert heard == sorted(heard)
    assert connection.client.copy_state() == {"title": "before", "n": 99}
    assert connection.status.state == "connected"


@both_wires
def test_a_line_that_is_cut_during_the_stream_is_mended(
    connection: Connection, relay: Relay, server: NanoverServer
) -> None:
    gone = threading.Event()
    connection.client.on_change(lambda change: gone.set() if "title" in change.removals else None)
    relay.cut()
    eventually(lambda: connection.status.state == "lost")
    server.update_state(None, DictionaryChange({"new": 1}, {"title"}))
    relay.mend()

    eventually(lambda: connection.client.copy_state() == {"new": 1})
    assert gone.wait(5)
    assert connection.status.state == "connected"


def test_a_server_that_closes_while_it_is_subscribed_to_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("nanover_jupyter.client.reconnector._SILENT_SECONDS", 0.3)
    monkeypatch.setattr("nanover_jupyter.client.reconnector._PROBE_SECONDS", 0.3)
    for _ in range(10):
        server = NanoverServer()
        client = NanoverClient.insecure_channel(address="127.0.0.1", port=server.port)
        connection = Connection.of(client)
        server.close()

        eventually(lambda: client.status.state == "lost")  # noqa: B023 - called before the next

        connection.close()
        client.close()
    assert own_threads() == []


@both_wires
def test_a_hundred_clients_leave_nothing_behind(server: NanoverServer, wire: str) -> None:
    def client() -> NanoverClient | NanoverWebSocketClient:
        if wire == "ws":
            return NanoverWebSocketClient.from_url(f"ws://127.0.0.1:{server.websocket_port}")
        return NanoverClient.insecure_channel(address="127.0.0.1", port=server.port)

    def use() -> None:
        with client() as used:
            used.subscribe_all_state_updates()
            used.update_available_commands()

    for _ in range(10):
        use()
    files, threads = _open_files(), _other_threads()
    for _ in range(100):
        use()

    eventually(lambda: _open_files() <= files + 3)
    eventually(lambda: _other_threads() <= threads)


def _other_threads() -> set[threading.Thread]:
    """All but the server's pool, which keeps as many as were ever busy at once."""
    return {
        thread for thread in threading.enumerate() if not thread.name.startswith("nanover-server")
    }


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
