"""From an address to a client: which protocol it is, and what is message when it is another."""

from __future__ import annotations

import time

import pytest

from nanover_jupyter.client.connection import connect
from nanover_jupyter.client.grpc_client import NanoverClient
from nanover_jupyter.client.protocol_detection import make_client, open_client
from nanover_jupyter.client.websocket_client import NanoverWebSocketClient
from nanover_jupyter.errors import ConnectError
from nanover_jupyter.server import NanoverServer
from nanover_jupyter.transport.address import Address
from tests.support.eventually import TIME_SCALE
from tests.support.scripted_websocket import scripted_server
from tests.support.tcp_servers import silent_server, web_server

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
def test_the_scheme_selects_the_client(scheme, kind):
    client = make_client(here(1, scheme))

    assert type(client) is kind
    assert client.address == f"{scheme}://127.0.0.1:1"
    client.close()


def test_a_plain_address_is_tried_by_both(both):
    for port, scheme in ((both.port, "grpc"), (both.websocket_port, "ws")):
        client = open_client(here(port), timeout=SOON)
        assert client.address == f"{scheme}://127.0.0.1:{port}"
        client.close()


@pytest.mark.parametrize("asked", ["ws", "wss"])
def test_a_grpc_server_asked_by_websocket_is_detected(both, asked):
    with pytest.raises(ConnectError) as caught:
        open_client(here(both.port, asked), timeout=SOON)

    assert caught.value.reason == (
        f"the NanoVer server there speaks gRPC: use grpc://127.0.0.1:{both.port}"
    )


@pytest.mark.parametrize("asked", ["grpc", "grpcs"])
def test_a_websocket_server_asked_by_grpc_is_detected(both, asked):
    with pytest.raises(ConnectError) as caught:
        open_client(here(both.websocket_port, asked), timeout=SOON)

    assert caught.value.reason == (
        f"the NanoVer server there speaks WebSocket: use ws://127.0.0.1:{both.websocket_port}"
    )


@pytest.mark.parametrize("scheme", ["", "ws", "grpc"])
def test_a_closed_port_is_not_probed_for_other_protocols(scheme, unused_port):
    address = here(unused_port, scheme)

    with pytest.raises(ConnectError, match="connection refused") as caught:
        open_client(address, timeout=SOON)

    assert address.target in caught.value.address


@pytest.mark.parametrize("scheme", ["", "ws", "grpc"])
def test_a_server_that_never_answers_is_given_up_in_time(scheme):
    begun = time.monotonic()
    with (
        silent_server() as port,
        pytest.raises(ConnectError, match=r"no answer within 0\.1 s"),
    ):
        open_client(here(port, scheme), timeout=0.1)

    assert time.monotonic() - begun < 10 * TIME_SCALE


def test_another_websocket_server_is_not_a_nanover_server():
    with scripted_server() as script:
        script.initial_messages = ["welcome to the chat"]
        with pytest.raises(ConnectError, match=r"not a NanoVer WebSocket server .received a text"):
            open_client(here(script.port, "ws"), timeout=0.1)


def test_the_error_has_the_reason_of_a_server_that_closes_the_connection():
    with scripted_server() as script:
        script.answer = lambda _: script.client().close(1011, "keepalive ping timeout") or []
        with pytest.raises(
            ConnectError, match="before it answered: the server got no pong in time"
        ):
            open_client(here(script.port, "ws"), timeout=SOON)


def test_a_web_server_speaks_no_other_protocol():
    with web_server() as port, pytest.raises(ConnectError) as caught:
        open_client(here(port, "ws"), timeout=SOON)

    assert caught.value.reason.startswith(
        "something listens there, but it is not a WebSocket server"
    )


def test_an_object_with_an_address_is_accepted(both):
    with connect(both) as connection:
        assert connection.address == f"grpc://127.0.0.1:{both.port}"
