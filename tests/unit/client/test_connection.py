"""Connections that outlive their server, and those that never come about."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import grpc
import pytest

from nanover_jupyter.client import reconnector
from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.connection import Connection, connect
from nanover_jupyter.client.grpc_client import NanoverClient
from nanover_jupyter.errors import AddressError, ClosedError, ConnectError, UpdateRefused
from nanover_jupyter.redaction import redact_address
from nanover_jupyter.server import NanoverServer
from nanover_jupyter.transport.pending import PendingCall
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.eventually import TIME_SCALE, eventually
from tests.support.fake_transport import FakeTransport
from tests.support.own_threads import own_threads
from tests.support.tcp_servers import silent_server, slow_relay, web_server

# A lost server is tried again with pauses that grow; several of them fit in here.
A_FEW_TRIES = 20.0
AT_ONCE = 10 * TIME_SCALE  # on a machine that has other things to do


@pytest.fixture
def connection(server):
    server.update_state("server", DictionaryChange({"a": 1, "old": [2]}))
    server.register_command("x", dict)
    with connect(f"127.0.0.1:{server.port}", interval=0) as connection:
        yield connection


class Statuses:
    """Every status that a client went through, without its time."""

    def __init__(self, client):
        self.seen = []
        client.on_status(lambda s: self.seen.append((s.state, s.reason, s.attempt)))

    def states(self):
        """Each state once as long as it lasted."""
        states = [state for state, _, _ in self.seen]
        return [s for n, s in enumerate(states) if n == 0 or states[n - 1] != s]


def client_threads():
    return [name for name in own_threads() if not name.startswith("nanover-server")]


def seconds_for(action):
    begun = time.monotonic()
    action()
    return time.monotonic() - begun


# connecting ------------------------------------------------------------------------


def test_a_connection_has_the_state_and_the_commands_when_it_is_made(connection, server):
    assert connection.status.state == "connected"
    assert connection.client.copy_state() == {"a": 1.0, "old": [2.0]}
    assert list(connection.client.available_commands) == ["x"]
    assert connection.address == f"grpc://127.0.0.1:{server.port}"
    assert connection.name == f"127.0.0.1:{server.port}"
    assert repr(connection) == (
        f"<Connection '127.0.0.1:{server.port}' to grpc://127.0.0.1:{server.port}: connected>"
    )


def test_an_empty_server_can_be_connected_to():
    with NanoverServer() as empty, connect(f"127.0.0.1:{empty.port}") as connection:
        assert connection.status.state == "connected"
        assert connection.client.copy_state() == {}


def test_a_connection_may_have_a_name(server):
    with connect(f"grpc://127.0.0.1:{server.port}", name="lab") as connection:
        assert connection.name == "lab"


def test_a_server_behind_a_slow_network_can_be_connected_to(server):
    server.update_state("server", DictionaryChange({"a": 1}))
    with slow_relay(server.port, 0.1) as port, connect(f"127.0.0.1:{port}") as connection:
        assert connection.client.copy_state() == {"a": 1.0}


@pytest.mark.parametrize(
    "address", ["http://localhost", "localhost:x", "two words", "::1", "host/path", "0"]
)
def test_an_invalid_address_is_refused(address):
    with pytest.raises(AddressError) as caught:
        connect(address)

    assert redact_address(address) in str(caught.value)
    assert isinstance(caught.value, ConnectError)


def test_a_closed_port_is_reported_at_once(unused_port):
    with pytest.raises(ConnectError) as caught:
        connect(f"127.0.0.1:{unused_port}")

    assert str(caught.value) == (
        f"could not connect to grpc://127.0.0.1:{unused_port}: "
        "connection refused (is the server running, and is the port correct?)"
    )


def test_an_unknown_host_is_reported_at_once():
    with pytest.raises(ConnectError) as caught:
        connect("nohost.invalid:38801")

    assert caught.value.address == "grpc://nohost.invalid:38801"
    # By name if names can be looked up here at all.
    assert caught.value.reason in (
        "host name not found",
        "the host name lookup failed (is the network up?)",
    )


def test_a_web_server_is_not_a_nanover_server():
    with web_server() as port, pytest.raises(ConnectError) as caught:
        connect(f"127.0.0.1:{port}")

    assert caught.value.reason == (
        "something listens there, but it is not a NanoVer server "
        "(WebSocket: it is not a WebSocket server (HTTP status 400); gRPC: it is not a gRPC server)"
    )


def test_another_grpc_server_is_not_a_nanover_server():
    other = grpc.server(ThreadPoolExecutor(1))
    port = other.add_insecure_port("127.0.0.1:0")
    other.start()
    try:
        with pytest.raises(ConnectError, match="not a NanoVer gRPC server"):
            connect(f"127.0.0.1:{port}")
    finally:
        other.stop(0).wait()


def test_a_server_that_never_answers_is_given_up_after_the_time_out():
    def attempt():
        with pytest.raises(ConnectError, match=r"no answer within 0\.1 s"):
            connect(f"127.0.0.1:{port}", timeout=0.1)

    with silent_server() as port:
        assert 0.1 <= seconds_for(attempt) < AT_ONCE


@pytest.mark.parametrize("scheme", ["ws", "wss", "grpc", "grpcs"])
def test_a_silent_server_is_given_up_in_time_and_leaves_no_thread(scheme):
    """A TLS handshake that nobody answers used to go on for ten seconds."""
    with silent_server() as port:
        with pytest.raises(ConnectError, match="no answer within"):
            connect(f"{scheme}://127.0.0.1:{port}", timeout=0.2)

        assert client_threads() == []


def test_a_connection_that_does_not_come_about_leaves_no_thread(unused_port):
    with pytest.raises(ConnectError):
        connect(f"127.0.0.1:{unused_port}")

    assert own_threads() == []


# surviving ------------------------------------------------------------------------


def test_a_server_that_is_restarted_is_found_again_and_its_state_replaces_the_old(
    connection, server, may_reconnect
):
    statuses = Statuses(connection.client)
    heard = DictionaryChange()
    connection.client.on_change(heard.merge)

    may_reconnect.clear()
    server.close()
    eventually(lambda: connection.status.state == "lost")
    assert connection.status.reason
    assert connection.client.copy_state() == {"a": 1.0, "old": [2.0]}

    with NanoverServer(port=server.port) as restarted:
        restarted.update_state("server", DictionaryChange({"a": 5, "new": 3}))
        restarted.register_command("y", dict)
        may_reconnect.set()
        eventually(lambda: connection.status.state == "connected", seconds=A_FEW_TRIES)

        eventually(lambda: connection.client.copy_state() == {"a": 5.0, "new": 3.0})
        eventually(lambda: heard == DictionaryChange({"a": 5.0, "new": 3.0}, {"old"}))
        eventually(lambda: list(connection.client.available_commands) == ["y"])
        assert connection.client.attempt_update_state(DictionaryChange({"mine": 1}))
        eventually(lambda: "mine" in connection.client.snapshot())
        # It may have loaded faster than that could be said.
        assert [state for state in statuses.states() if state != "loading"] == ["lost", "connected"]
        assert connection.status.reason == ""


def test_a_server_that_comes_back_empty_empties_the_state(connection, server):
    heard = DictionaryChange()
    connection.client.on_change(heard.merge)
    server.close()
    eventually(lambda: connection.status.state == "lost")

    with NanoverServer(port=server.port):
        eventually(lambda: connection.status.state == "connected", seconds=A_FEW_TRIES)

        assert connection.client.copy_state() == {}
        eventually(lambda: heard == DictionaryChange(removals={"a", "old"}))


def test_a_lost_server_is_tried_again_and_the_attempts_are_counted(connection, server):
    statuses = Statuses(connection.client)
    server.close()

    eventually(lambda: connection.status.attempt >= 3, seconds=A_FEW_TRIES)

    attempts = [attempt for _, _, attempt in statuses.seen]
    assert attempts == sorted(attempts)
    assert statuses.states() == ["lost"]
    assert "connection refused" in connection.status.reason


def test_a_connection_survives_more_than_one_restart(connection, server):
    port = server.port
    server.close()
    for number in range(2):
        eventually(lambda: connection.status.state == "lost")
        with NanoverServer(port=port) as restarted:
            restarted.update_state("server", DictionaryChange({"n": number}))
            eventually(
                lambda number=number: connection.client.copy_state() == {"n": number},
                seconds=A_FEW_TRIES,
            )


def test_reconnection_delays_grow_to_a_limit_and_differ(product_waits):
    early = [reconnector._BACKOFF.delay(0) for _ in range(50)]
    late = [reconnector._BACKOFF.delay(1000) for _ in range(50)]

    assert len(set(early)) > 1
    assert all(0.1 <= delay <= 0.2 for delay in early)
    assert all(2.5 <= delay <= 5 for delay in late)


# closing ------------------------------------------------------------------------


def test_closing_closes_the_client_and_leaves_no_thread(connection):
    connection.client.on_change(lambda _: None)
    connection.close()
    connection.close()

    assert connection.is_closed
    assert connection.status.state == "closed"
    assert client_threads() == []
    with pytest.raises(ClosedError):
        connection.client.run_command("x")


def test_closing_while_the_server_is_tried_again_is_quick(connection, server):
    server.close()
    eventually(lambda: connection.status.attempt >= 1, seconds=A_FEW_TRIES)

    assert seconds_for(connection.close) < AT_ONCE
    assert own_threads() == []


def test_closing_while_a_try_hangs_is_quick(server):
    with slow_relay(server.port, 0) as port:
        connection = connect(f"127.0.0.1:{port}")
    # The relay is gone, and in its place is someone who never says a word.
    with silent_server(port):
        eventually(lambda: connection.status.attempt >= 1, seconds=A_FEW_TRIES)

        assert seconds_for(connection.close) < AT_ONCE
        assert client_threads() == []


def test_a_client_that_is_closed_ends_the_keeping(connection):
    connection.client.close()

    eventually(lambda: not client_threads())
    assert connection.is_closed


def test_a_connection_may_be_closed_by_a_listener_of_its_status(connection, server):
    connection.client.on_status(lambda s: connection.close() if s.state == "lost" else None)
    server.close()

    eventually(lambda: connection.status.state == "closed")
    eventually(lambda: not own_threads())


def test_a_closed_connection_is_not_kept_in_memory_by_the_package(server):
    connection = connect(f"127.0.0.1:{server.port}")
    connection.close()
    gone = weakref.ref(connection)
    del connection

    eventually(lambda: gc.collect() >= 0 and gone() is None)


# of clients ------------------------------------------------------------------------


def test_the_connection_of_a_connection_is_itself(connection):
    assert Connection.of(connection) is connection


def test_the_connection_of_a_client_is_made_once(client):
    connection = Connection.of(client)

    assert Connection.of(client) is connection
    assert connection.client is client
    assert client_threads().count("nanover-reconnect") == 1
    connection.close()


def test_the_connection_of_a_client_is_made_once_for_many_threads(client):
    start = threading.Barrier(8)
    made = []

    def make():
        start.wait()
        made.append(Connection.of(client))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 8
    assert len(set(made)) == 1


def test_the_connection_of_a_connections_client_is_that_connection(connection):
    assert Connection.of(connection.client) is connection


def test_a_client_that_followed_nothing_follows_from_then_on(client, server):
    server.update_state("server", DictionaryChange({"a": 1}))
    Connection.of(client)

    eventually(lambda: client.copy_state() == {"a": 1.0})
    assert client.status.state == "connected"


def test_a_client_of_a_server_without_any_state_is_connected_soon(client):
    """Nothing is sent of such a state, and the status used to say connecting for good."""
    connection = Connection.of(client)

    eventually(lambda: connection.status.state == "connected")


def test_closing_the_connection_of_a_client_that_still_loads_leaves_it_open():
    class Silent(FakeTransport):
        """Says nothing of its state."""

        def start_update(self, change, timeout):
            return PendingCall(lambda: None)

    with BaseClient(Silent()) as loading:
        connection = Connection.of(loading)
        eventually(lambda: connection.status.state == "loading")

        connection.close()

        assert "nanover-reconnect" not in own_threads()
        loading.connection = connection = None
        gc.collect()
        assert loading.status.state == "loading"


def test_closing_the_connection_of_a_client_leaves_the_client_open(client, server):
    connection = Connection.of(client)
    connection.close()

    assert client.update_available_commands() == {}
    server.update_state("server", DictionaryChange({"a": 1}))
    eventually(lambda: client.copy_state() == {"a": 1.0})
    assert "nanover-reconnect" not in client_threads()
    again = Connection.of(client)
    assert again is not connection
    again.close()


def test_a_client_that_lost_its_server_before_is_revived(client, server):
    server.update_state("server", DictionaryChange({"old": 1}))
    client.subscribe_all_state_updates(0)
    eventually(client.copy_state)
    server.close()
    eventually(lambda: client.status.state == "lost")

    Connection.of(client)
    with NanoverServer(port=server.port) as restarted:
        restarted.update_state("server", DictionaryChange({"a": 1}))

        eventually(lambda: client.copy_state() == {"a": 1.0}, seconds=A_FEW_TRIES)
        client.close()


def test_a_closed_client_has_no_connection(client):
    client.close()

    with pytest.raises(ClosedError):
        Connection.of(client)


@pytest.mark.parametrize("source", ["localhost", None, 38801])
def test_other_objects_have_no_connection(source):
    with pytest.raises(TypeError, match="expected a NanoverClient or a Connection, not"):
        Connection.of(source)


def test_a_connection_keeps_any_kind_of_client_alive():
    transport = FakeTransport({"a": 1})
    with BaseClient(transport) as client, Connection.of(client):
        eventually(lambda: client.status.state == "connected")
        transport.die("cable cut")
        eventually(lambda: client.status.state == "lost")
        transport.come_back({"b": 2})

        eventually(lambda: client.status.state == "connected", seconds=A_FEW_TRIES)
        assert client.copy_state() == {"b": 2}


def test_a_client_keeps_its_token_and_so_its_locks_through_a_cut_line(server):
    with slow_relay(server.port, 0) as port:
        connection = connect(f"127.0.0.1:{port}")
        assert connection.client.attempt_update_locks({"scene": 60})
    with connection:
        eventually(lambda: connection.status.state == "lost")
        with slow_relay(server.port, 0, relay_port=port):
            eventually(lambda: connection.status.state == "connected", seconds=A_FEW_TRIES)
            assert connection.client.attempt_update_state(DictionaryChange({"scene": 1}))
            stranger = NanoverClient.insecure_channel(address="127.0.0.1", port=server.port)
            with stranger:
                assert not stranger.attempt_update_state(DictionaryChange({"scene": 2}))
            connection.close()


def test_a_held_lock_is_asked_for_again_when_the_server_was_replaced(
    connection, server, may_reconnect
):
    connection.client.attempt_update_locks({"scene": 60, "ligand": 60, "short": 0.05})
    port = server.port
    may_reconnect.clear()
    server.close()
    with NanoverServer(port=port) as replaced:
        replaced.update_locks("a stranger", {"ligand": 60})
        eventually(lambda: connection.status.state == "lost")
        may_reconnect.set()
        eventually(lambda: connection.status.state == "connected", seconds=A_FEW_TRIES)

        book = connection.client.leases
        eventually(lambda: book.held_keys() == ["scene"])
        again = "acquired again after the connection was lost"
        eventually(lambda: book.get("scene").note == again)
        assert 50 < book.get("scene").left(book.clock()) <= 60
        assert book.get("ligand").state == "lost"
        assert book.get("ligand").note == "acquired by another client while the connection was lost"
        assert book.get("short").note == "expired"
        with pytest.raises(UpdateRefused):
            replaced.update_state("a stranger", DictionaryChange({"scene": 1}))
        connection.close()


class Shower:
    """Shows a connection, and turns to another when it is told."""

    def __init__(self, shown):
        self.shown = shown
        shown.dependents.add(self)

    def rebind(self, source):
        self.shown = source


def test_dependents_are_rebound_and_collected_ones_are_not(connection, server):
    shower, gone = Shower(connection), Shower(connection)
    del gone
    gc.collect()
    with connect(f"127.0.0.1:{server.port}") as successor:
        assert len(connection.dependents) == 1
        connection.rebind_dependents(successor)

        assert shower.shown is successor


def test_one_that_cannot_be_handed_over_keeps_no_other_from_it(connection, client, caplog):
    class Stuck(Shower):
        def rebind(self, source):
            raise ValueError(f"never {source}")

    showers = [kind(connection) for kind in (Shower, Stuck, Shower, Stuck, Shower)]
    successor = Connection.of(client)

    connection.rebind_dependents(successor)

    turned = [shower for shower in showers if shower.shown is successor]
    assert len(turned) == 3
    assert [type(record.exc_info[1]) for record in caplog.records] == [ValueError, ValueError]
    successor.close()


def test_a_connection_that_is_asked_to_connects_again_with_its_client_and_its_locks(
    connection, server
):
    client = connection.client
    assert client.attempt_update_locks({"scene": 60})
    told = []
    client.on_status(lambda status: told.append(status.state))

    connection.retry(5 * TIME_SCALE)

    assert [state for state in told if state != "loading"][:3] == ["lost", "lost", "connected"]
    assert client.leases.held_keys() == ["scene"]
    server.update_state(None, DictionaryChange({"after": 1}))
    eventually(lambda: client.copy_state().get("after") == 1)


class SlowBackoff(NamedTuple):
    """Short delays for a number of attempts, then one that no test waits for."""

    attempts: int

    def delay(self, attempt):
        return 0.05 if attempt < self.attempts else 3600.0


def test_a_requested_retry_ends_the_delay_between_attempts(monkeypatch, connection, server):
    monkeypatch.setattr("nanover_jupyter.client.reconnector._BACKOFF", SlowBackoff(0))
    port = server.port
    server.close()
    eventually(lambda: connection.status.state == "lost")
    with pytest.raises(ConnectError, match="still trying"):
        connection.retry(0.05)
    monkeypatch.setattr("nanover_jupyter.client.reconnector._BACKOFF", SlowBackoff(200))
    with NanoverServer(port=port):
        connection.retry(10 * TIME_SCALE)

        assert connection.status.state == "connected"


def test_a_closed_connection_is_not_tried_again(connection):
    connection.close()
    with pytest.raises(ClosedError):
        connection.retry()


def test_a_dependent_closed_by_another_is_not_rebound(connection, client):
    class Part:
        def __init__(self):
            self.turned = False
            connection.dependents.add(self)

        def rebind(self, source):
            self.turned = True
            for part in parts:
                if part is not self:
                    connection.dependents.discard(part)

    parts = [Part(), Part(), Part()]
    successor = Connection.of(client)

    connection.rebind_dependents(successor)

    assert sum(part.turned for part in parts) == 1
    successor.close()
