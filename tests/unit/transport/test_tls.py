"""Encrypted gRPC channels: trust, metadata, and hidden secrets."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import pytest

from nanover_jupyter import (
    ConnectError,
    ConnectionLost,
    DictionaryChange,
    NanoverClient,
    NanoverServer,
    TlsSettings,
    connect,
)
from nanover_jupyter.wire.grpc import codec as grpc_codec


class SecureServer:
    """An encrypted gRPC server that records the received metadata."""

    def __init__(self, certificate: Path) -> None:
        self.metadata: list[dict[str, Any]] = []
        pair = ((certificate / "key.pem").read_bytes(), (certificate / "cert.pem").read_bytes())
        self._server = grpc.server(futures.ThreadPoolExecutor(4))
        self._server.add_generic_rpc_handlers((self,))  # type: ignore[arg-type]
        credentials = grpc.ssl_server_credentials([pair])
        self.port = self._server.add_secure_port("127.0.0.1:0", credentials)
        self._server.start()

    def service(self, details: Any) -> Any:
        self.metadata.append(dict(details.invocation_metadata))
        if details.method == grpc_codec.SUBSCRIBE_STATE_UPDATES:
            return grpc.unary_stream_rpc_method_handler(self._stream)
        return grpc.unary_unary_rpc_method_handler(lambda _request, _context: b"")

    def close(self) -> None:
        self._server.stop(None).wait()

    def _stream(self, _: bytes, context: Any) -> Iterator[bytes]:
        yield grpc_codec.encode_state_update(DictionaryChange({"secret": "garden"}))
        ended = threading.Event()
        if context.add_callback(ended.set):  # False if it has ended already
            ended.wait()


@pytest.fixture
def server(certificate: Path) -> Iterator[SecureServer]:
    server = SecureServer(certificate)
    yield server
    server.close()


def test_a_server_with_a_trusted_certificate_works(server: SecureServer, certificate: Path) -> None:
    settings = TlsSettings(root_certificates=certificate / "cert.pem")

    with connect(f"grpcs://localhost:{server.port}", tls=settings) as connection:
        assert connection.client.copy_state() == {"secret": "garden"}
        assert connection.address == f"grpcs://localhost:{server.port}"


def test_a_server_with_an_untrusted_certificate_is_rejected_with_a_reason(
    server: SecureServer,
) -> None:
    with pytest.raises(ConnectError, match=r"certificate"):
        connect(f"grpcs://localhost:{server.port}")


def test_the_name_in_the_certificate_can_be_given(server: SecureServer, certificate: Path) -> None:
    pem = (certificate / "cert.pem").read_bytes()
    wrong = TlsSettings(root_certificates=pem)
    right = TlsSettings(root_certificates=pem, server_name="localhost")

    with pytest.raises(ConnectError):
        connect(f"grpcs://127.0.0.1:{server.port}", tls=wrong)
    connect(f"grpcs://127.0.0.1:{server.port}", tls=right).close()


def test_tokens_are_sent_with_every_call(server: SecureServer, certificate: Path) -> None:
    settings = TlsSettings(
        root_certificates=certificate / "cert.pem",
        metadata={"authorization": "Bearer hunter2"},
    )
    with NanoverClient.secure_channel(
        address="localhost", port=server.port, tls=settings
    ) as client:
        client.update_available_commands()

    assert server.metadata[-1]["authorization"] == "Bearer hunter2"


def test_an_unencrypted_connection_to_a_tls_server_fails(
    server: SecureServer,
) -> None:
    with pytest.raises(ConnectError):
        connect(f"localhost:{server.port}", timeout=3)


def test_no_secret_is_ever_shown(
    server: SecureServer, certificate: Path, caplog: pytest.LogCaptureFixture
) -> None:
    key = (certificate / "key.pem").read_text()
    settings = TlsSettings(
        root_certificates=certificate / "cert.pem",
        certificate_chain=certificate / "cert.pem",
        private_key=key.encode(),
        metadata={"authorization": "Bearer hunter2"},
    )
    caplog.set_level(logging.DEBUG)

    with connect(f"grpcs://localhost:{server.port}", tls=settings) as connection:
        client = connection.client
        own = client._transport._access_token  # type: ignore[attr-defined]
        server.close()
        with pytest.raises((ConnectError, ConnectionLost)) as failed:
            client.run_command("x")
        shown = [repr(thing) for thing in (settings, connection, client, client.status)]
        shown += [str(settings), str(failed.value), repr(failed.value), repr(vars(failed.value))]

    assert server.metadata[-1]["authorization"] == "Bearer hunter2"
    secrets = ("hunter2", own, key.splitlines()[1])
    assert not [text for text in (caplog.text, *shown) for secret in secrets if secret in text]


def test_a_certificate_that_cannot_be_read_is_named() -> None:
    unreadable = TlsSettings(root_certificates="/nowhere.pem")
    with (
        NanoverServer() as plain,
        pytest.raises(ConnectError, match=r"cannot read the root certificates: .*nowhere\.pem"),
    ):
        connect(f"grpcs://localhost:{plain.port}", tls=unreadable)


@pytest.mark.parametrize("kind", ["device", "fifo", "large"])
@pytest.mark.parametrize("scheme", ["grpcs", "wss"])
def test_an_endless_certificate_file_is_rejected(tmp_path: Path, scheme: str, kind: str) -> None:
    path = tmp_path / "roots.pem"
    match kind:
        case "device":
            path.symlink_to("/dev/zero")
        case "fifo":
            os.mkfifo(path)
        case "large":
            with path.open("wb") as file:
                file.truncate(2**33)  # takes no space

    with pytest.raises(
        ConnectError, match=r"cannot read the root certificates: .*roots\.pem"
    ) as caught:
        connect(f"{scheme}://localhost:9", tls=TlsSettings(root_certificates=path))

    assert caught.value.problem == "settings"


def test_a_key_given_as_string_is_not_quoted() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----"

    with pytest.raises(ConnectError, match="give it as bytes") as caught:
        TlsSettings(private_key=key).pem("private_key")

    assert "hush" not in f"{caught.value} {caught.value!r}"
