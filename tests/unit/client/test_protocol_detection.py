"""From an address to a client: which protocol it is, and what is said when it is another."""

from __future__ import annotations

import time

import pytest

from nanover_jupyter.client.connection import connect
from nanover_jupyter.client.grpc_client import NanoverClient
from nanover_jupyter.client.protocol_detection import client_at, reach
from nanover_jupyter.client.websocket_client import NanoverWebSocketClient
from nanover_jupyter.errors import ConnectError
from nanover_jupyter.server import NanoverServer
from nanover_jupyter.transport.address import Address
from tests.support.eventually import TIME_SCALE
from tests.support.scripted_websocket import scripted_server
from tests.support.strange_servers import silent_server, web_server

SOON = 5.0


@pytest.fixture
def both(no_thread_stays):
    with NanoverServer(websocket_port=0) as server:
        yield server


def here(port, scheme=""):
    return Address("127.0.0.1", port, scheme)


@pytest.mark.parametrize(
    ("scheme", "kind"),
    [
        ("ws", NanoverWebSocketClient),
        ("wss", NanoverWebSocketClient),
        ("grpc", NanoverClient),
        ("grpcs", NanoverClient),
    ],
)
def test_the_scheme_says_which_client_it_is(scheme, kind):
    client = client_at(here(1, scheme))

    assert type(client) is kind
    assert client.address == f"{scheme}://127.0.0.1:1"
    client.close()


def test_a_plain_address_is_tried_by_both(both):
    for port, scheme in ((both.port, "grpc"), (both.websocket_port, "ws")):
        client = reach(here(port), timeout=SOON)
        assert client.address == f"{scheme}://127.0.0.1:{port}"
        client.close()


@pytest.mark.parametrize("asked", ["ws", "wss"])
def test_a_grpc_server_asked_by_websocket_is_recognised(both, asked):
    with pytest.raises(ConnectError) as caught:
        reach(here(both.port, asked), timeout=SOON)

    assert caught.value.reason == (
        f"a NanoVer server answers there, but by gRPC: write grpc://127.0.0.1:{both.port}"
    )


@pytest.mark.parametrize("asked", ["grpc", "grpcs"])
def test_a_websocket_server_asked_by_grpc_is_recognised(both, asked):
    with pytest.raises(ConnectError) as caught:
        reach(here(both.websocket_port, asked), timeout=SOON)

    assert caught.value.reason == (
        "a NanoVer server answers there, but by WebSocket: "
        f"write ws://127.0.0.1:{both.websocket_port}"
    )


@pytest.mark.parametrize("scheme", ["", "ws", "grpc"])
def test_where_nobody_listens_nothing_is_looked_for(scheme, unused_port):
    address = here(unused_port, scheme)

    with pytest.raises(ConnectError, match="nothing listens there") as caught:
        reach(address, timeout=SOON)

    assert address.target in caught.value.address


@pytest.mark.parametrize("scheme", ["", "ws", "grpc"])
def test_a_server_that_never_answers_is_given_up_in_time(scheme):
    begun = time.monotonic()
    with (
        silent_server() as port,
        pytest.raises(ConnectError, match=r"nothing answered within 0\.1 s"),
    ):
        reach(here(port, scheme), timeout=0.1)

    assert time.monotonic() - begun < 10 * TIME_SCALE


def test_another_kind_of_websocket_server_is_no_nanover_server():
    with scripted_server() as script:
        script.greeting = ["welcome to the chat"]
        with pytest.raises(ConnectError, match=r"no NanoVer WebSocket server .it came as text"):
            reach(here(script.port, "ws"), timeout=0.1)


def test_a_server_that_ends_the_connection_before_it_answers_says_why():
    with scripted_server() as script:
        script.answer = lambda _: script.client().close(1011, "keepalive ping timeout") or []
        with pytest.raises(ConnectError, match="before it answered: the server waited too long"):
            reach(here(script.port, "ws"), timeout=SOON)


def test_a_web_server_asked_by_one_protocol_is_no_server_by_another():
    with web_server() as port, pytest.raises(ConnectError) as caught:
        reach(here(port, "ws"), timeout=SOON)

    assert caught.value.reason.startswith("something listens there, but no WebSocket server")


def test_an_object_that_tells_its_address_will_do(both):
    with connect(both) as connection:
        assert connection.address == f"grpc://127.0.0.1:{both.port}"
