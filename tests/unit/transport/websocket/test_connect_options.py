"""Opening of WebSockets, especially with TLS."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path

import pytest

from nanover_jupyter.client.websocket_client import NanoverWebSocketClient
from nanover_jupyter.errors import ConnectError, TimedOut
from nanover_jupyter.transport.address import Address
from nanover_jupyter.transport.tls import TlsSettings
from nanover_jupyter.transport.websocket.connect_options import connect_options
from nanover_jupyter.transport.websocket.transport import WebSocketTransport
from tests.support.scripted_websocket import empty_list, scripted_server

SOON = 10.0


@pytest.fixture
def secure(certificate: Path, no_thread_stays: None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    context.load_verify_locations(certificate / "cert.pem")
    context.verify_mode = ssl.CERT_OPTIONAL
    # Before Python 3.13.5 a client that reads a TLS session ticket on one thread and writes on
    # another can hang.
    context.num_tickets = 0
    with scripted_server(ssl=context) as script:
        script.answer = empty_list
        yield script


def listing(script, host="localhost", scheme="wss", **options):
    """Return the commands, and close the connection."""
    transport = WebSocketTransport(connect_options(Address(host, script.port, scheme), **options))
    try:
        return transport.list_commands(SOON)
    finally:
        transport.close()


def test_a_server_with_a_trusted_certificate_is_reached(secure, certificate):
    assert listing(secure, tls=TlsSettings(root_certificates=certificate / "cert.pem")) == []


def test_a_certificate_may_come_in_an_ssl_context(secure, certificate):
    context = ssl.create_default_context(cafile=certificate / "cert.pem")

    assert listing(secure, context=context) == []


def test_a_server_with_an_untrusted_certificate_is_rejected_with_a_reason(secure):
    with pytest.raises(ConnectError, match="for a self-signed server, pass it"):
        listing(secure)


def test_the_name_in_the_certificate_can_be_given(secure, certificate):
    pem = (certificate / "cert.pem").read_bytes()

    with pytest.raises(ConnectError, match="the certificate is for another host name"):
        listing(secure, "127.0.0.1", tls=TlsSettings(root_certificates=pem))
    named = TlsSettings(root_certificates=pem, server_name="localhost")
    assert listing(secure, "127.0.0.1", tls=named) == []


def test_client_certificate_and_tokens_are_sent(secure, certificate):
    settings = TlsSettings(
        root_certificates=certificate / "cert.pem",
        certificate_chain=certificate / "cert.pem",
        private_key=(certificate / "key.pem").read_bytes(),
        metadata={"authorization": "Bearer hunter2"},
    )

    assert listing(secure, tls=settings) == []

    (client,) = secure.clients
    assert client.request.headers["authorization"] == "Bearer hunter2"


def test_no_token_is_ever_shown(secure, certificate, caplog):
    settings = TlsSettings(
        root_certificates=certificate / "cert.pem", metadata={"authorization": "Bearer hunter2"}
    )
    caplog.set_level(logging.DEBUG)

    listing(secure, tls=settings)
    with NanoverWebSocketClient.from_url(f"wss://localhost:{secure.port}", tls=settings) as client:
        client.update_available_commands()
        client.command_timeout = 0.1
        secure.unresponsive.set()
        with pytest.raises(TimedOut) as failed:
            client.run_command("x")
        way = connect_options(Address("localhost", secure.port, "wss"), settings)
        shown = [repr(client), repr(client.status), repr(way), repr(settings), repr(failed.value)]

    assert len(secure.clients) == 2
    assert "hunter2" in secure.clients[1].request.headers["authorization"]
    # The server of this test also uses `websockets`, which logs all that it receives.
    shown += [message.getMessage() for message in caplog.records if "server" not in message.name]
    assert not [text for text in shown if "hunter2" in text]


def test_an_unencrypted_connection_to_a_tls_server_fails_with_a_reason(secure):
    with pytest.raises(ConnectError, match="something listens there"):
        listing(secure, scheme="ws")


def test_a_tls_connection_to_an_unencrypted_server_fails_with_a_reason(no_thread_stays):
    with scripted_server() as plain, pytest.raises(ConnectError, match="does the server use TLS"):
        listing(plain)


def test_certificates_and_tokens_are_not_sent_unencrypted():
    settings = TlsSettings(root_certificates="/nowhere.pem", metadata={"authorization": "secret"})

    way = connect_options(Address("host", 1, "ws"), settings)

    assert way.context is None
    assert way.headers == ()


def test_certificates_that_cannot_be_read_are_named(tmp_path):
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")

    with pytest.raises(ConnectError, match=r"cannot read the root certificates: .*nowhere\.pem"):
        connect_options(Address("host", 1, "wss"), TlsSettings(root_certificates="/nowhere.pem"))
    with pytest.raises(ConnectError, match="a certificate or key is not valid"):
        connect_options(Address("host", 1, "wss"), TlsSettings(root_certificates=broken))


def test_messages_are_not_compressed(no_thread_stays):
    with scripted_server() as script:
        script.answer = empty_list
        listing(script, "127.0.0.1", "ws")

        assert "Sec-WebSocket-Extensions" not in script.clients[0].request.headers
