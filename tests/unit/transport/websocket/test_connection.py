"""A link by itself: its states, its thread, and what it does with a listener that fails."""

from __future__ import annotations

import threading

import pytest

from nanover_jupyter.errors import ClosedError, ConnectError, ConnectionLost, ProtocolError
from nanover_jupyter.transport.address import Address
from nanover_jupyter.transport.websocket.connection import NullOwner, WebSocketConnection
from nanover_jupyter.transport.websocket.dial import connect_options
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
def link(script):
    link = WebSocketConnection(
        connect_options(Address("127.0.0.1", script.port, "ws")), NullOwner()
    )
    yield link
    link.close()


def opened(link):
    link.begin()
    link.wait_until_open(doing="waiting", timeout=SOON)
    return link


def test_a_link_is_alive_until_it_ends_and_open_in_between(link, script):
    assert (link.alive, link.is_open) == (True, False)
    opened(link)
    assert (link.alive, link.is_open) == (True, True)

    script.client().close()

    eventually(lambda: not link.alive)
    assert not link.is_open


def test_its_reader_is_a_daemon_named_for_its_server(link, script):
    opened(link)

    assert own_threads() == [f"nanover-reader-ws://127.0.0.1:{script.port}"]
    assert all(t.daemon for t in threading.enumerate() if t.name.startswith("nanover"))


def test_a_link_that_was_never_begun_can_be_closed(link):
    link.close()

    assert not link.alive


def test_a_reply_is_told_once_and_what_is_forgotten_is_not(link):
    opened(link)
    told = []
    link.expect(1, "asking", told.append)
    link.expect(2, "asking", told.append)
    assert link.waits_for_replies

    assert link.forget(1)
    assert not link.forget(1)
    link.close()

    (error,) = told
    assert isinstance(error, ClosedError)
    assert not link.forget(2)


def test_who_asks_after_the_end_is_told_at_once(link):
    opened(link).close()
    told = []

    link.expect(1, "asking", told.append)

    assert isinstance(told[0], ClosedError)
    assert not link.attach(RunListener())


def test_everybody_gets_an_error_of_their_own(link):
    opened(link)
    told = []
    link.expect(1, "one thing", told.append)
    link.expect(2, "another", told.append)

    link.hang_up(ConnectionLost(link.address, "", "cable cut"))

    eventually(lambda: len(told) == 2)
    assert [error.doing for error in told] == ["one thing", "another"]
    assert {error.reason for error in told} == {"cable cut"}


def test_a_listener_that_fails_ends_the_run_and_hangs_up(link, script, caplog):
    class Failing(RunListener):
        def on_change(self, change):
            raise RuntimeError(f"no more of {change}")

    listener = Failing()
    link.attach(listener)
    opened(link)

    script.say({"state": {"updates": {"a": 1}}})

    assert isinstance(listener.end(), ProtocolError)
    assert "no more" in str(listener.ends[0])
    eventually(lambda: script.client().close_code == 1011)
    assert caplog.records


def test_a_link_to_nowhere_says_why_to_all(no_thread_stays, unused_port):
    link = WebSocketConnection(
        connect_options(Address("127.0.0.1", unused_port, "ws")), NullOwner()
    )
    listener = RunListener()
    link.attach(listener)
    link.begin()

    with pytest.raises(ConnectError, match="nothing listens there"):
        link.send(b"x", doing="sending", timeout=SOON)

    assert isinstance(listener.end(), ConnectError)


def test_pings_are_no_progress(link, script):
    link.begin()
    eventually(lambda: link.is_open)
    link.attach(RunListener())
    progress = link.last_progress_at

    for _ in range(20):
        script.client().ping().wait(10)

    assert link.last_progress_at == progress
    assert link.last_received_at > progress
    script.say({"state": {"updates": {"a": 1}, "removals": []}})
    eventually(lambda: link.last_progress_at > progress)
