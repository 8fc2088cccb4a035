"""Connection states, threads, pending replies and failing listeners."""

from __future__ import annotations

import threading

import pytest

from nanover_jupyter.errors import ClosedError, ConnectError, ConnectionLost, ProtocolError
from nanover_jupyter.transport.address import Address
from nanover_jupyter.transport.websocket.connect_options import connect_options
from nanover_jupyter.transport.websocket.connection import NullOwner, WebSocketConnection
from tests.support.eventually import eventually
from tests.support.own_threads import own_threads
from tests.support.run_listener import RunListener
from tests.support.scripted_websocket import scripted_server

SOON = 10.0


@pytest.fixture
def script(no_thread_stays):
    with scripted_server() as script:
        yield script


@pytest.fixture
def connection(script):
    connection = WebSocketConnection(
        connect_options(Address("127.0.0.1", script.port, "ws")), NullOwner()
    )
    yield connection
    connection.close()


def opened(connection):
    connection.open()
    connection.wait_until_open(doing="waiting", timeout=SOON)
    return connection


def test_a_connection_is_alive_until_it_ends_and_open_in_between(connection, script):
    assert (connection.alive, connection.is_open) == (True, False)
    opened(connection)
    assert (connection.alive, connection.is_open) == (True, True)

    script.client().close()

    eventually(lambda: not connection.alive)
    assert not connection.is_open


def test_its_reader_is_a_daemon_named_for_its_server(connection, script):
    opened(connection)

    assert own_threads() == [f"nanover-reader-ws://127.0.0.1:{script.port}"]
    assert all(t.daemon for t in threading.enumerate() if t.name.startswith("nanover"))


def test_a_connection_that_was_never_opened_can_be_closed(connection):
    connection.close()

    assert not connection.alive


def test_a_reply_is_delivered_once_unless_it_was_forgotten(connection):
    opened(connection)
    results = []
    connection.expect(1, "asking", results.append)
    connection.expect(2, "asking", results.append)
    assert connection.waits_for_replies

    assert connection.forget(1)
    assert not connection.forget(1)
    connection.close()

    (error,) = results
    assert isinstance(error, ClosedError)
    assert not connection.forget(2)


def test_a_request_after_the_end_fails_at_once(connection):
    opened(connection).close()
    results = []

    connection.expect(1, "asking", results.append)

    assert isinstance(results[0], ClosedError)
    assert not connection.attach(RunListener())


def test_every_caller_gets_a_new_error(connection):
    opened(connection)
    results = []
    connection.expect(1, "one thing", results.append)
    connection.expect(2, "another", results.append)

    connection.abort(ConnectionLost(connection.address, "", "cable cut"))

    eventually(lambda: len(results) == 2)
    assert [error.doing for error in results] == ["one thing", "another"]
    assert {error.reason for error in results} == {"cable cut"}


def test_a_listener_that_fails_ends_the_connection(connection, script, caplog):
    class Failing(RunListener):
        def on_change(self, change):
            raise RuntimeError(f"no more of {change}")

    listener = Failing()
    connection.attach(listener)
    opened(connection)

    script.send({"state": {"updates": {"a": 1}}})

    assert isinstance(listener.end(), ProtocolError)
    assert "no more" in str(listener.ends[0])
    eventually(lambda: script.client().close_code == 1011)
    assert caplog.records


def test_a_failed_connection_gives_every_caller_the_reason(no_thread_stays, unused_port):
    connection = WebSocketConnection(
        connect_options(Address("127.0.0.1", unused_port, "ws")), NullOwner()
    )
    listener = RunListener()
    connection.attach(listener)
    connection.open()

    with pytest.raises(ConnectError, match="connection refused"):
        connection.send(b"x", doing="sending", timeout=SOON)

    assert isinstance(listener.end(), ConnectError)


def test_pings_are_not_progress(connection, script):
    connection.open()
    eventually(lambda: connection.is_open)
    connection.attach(RunListener())
    progress = connection.last_progress_at

    for _ in range(20):
        script.client().ping().wait(10)

    assert connection.last_progress_at == progress
    assert connection.last_received_at > progress
    script.send({"state": {"updates": {"a": 1}, "removals": []}})
    eventually(lambda: connection.last_progress_at > progress)
