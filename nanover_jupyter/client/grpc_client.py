"""A client of NanoVer's gRPC servers, with the API of NanoVer's own client."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any, Self

import grpc

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.errors import AddressError
from nanover_jupyter.transport.address import DEFAULT_HOST, DEFAULT_PORT, Address
from nanover_jupyter.transport.grpc.transport import GrpcTransport, open_channel
from nanover_jupyter.transport.threads import Daemon
from nanover_jupyter.transport.tls import TlsSettings

__all__ = ["GrpcClient", "NanoverClient", "NanoverStubClient"]

logger = logging.getLogger("nanover_jupyter.client")

_UNNAMED = "the server of the given channel"
_CLOSING_SECONDS = 2.0


class GrpcClient:
    """Base class of clients that own or share a gRPC channel.

    Args:
        channel: The channel.
        make_channel_owner: Whether `close` closes the channel too.
    """

    def __init__(self, *, channel: grpc.Channel, make_channel_owner: bool = False) -> None:
        self.channel = channel
        self._channel_owner = make_channel_owner

    @classmethod
    def insecure_channel(cls, *, address: str | None = None, port: int | None = None) -> Self:
        """Return a client with its own unencrypted channel; connects lazily.

        Args:
            address: Host name or IP address, "localhost" by default.
            port: Port number, 38801 by default.
        """
        return cls._connect(_address(address, port, "grpc"))

    @classmethod
    def secure_channel(
        cls, *, address: str | None = None, port: int | None = None, tls: TlsSettings | None = None
    ) -> Self:
        """Return a client with its own encrypted channel; connects lazily.

        Args:
            address: Host name or IP address, "localhost" by default.
            port: Port number, 38801 by default.
            tls: Certificates and tokens; the machine's root certificates by default.

        Raises:
            ConnectError: A certificate file cannot be read.
        """
        return cls._connect(_address(address, port, "grpcs"), tls)

    @classmethod
    def _connect(cls, address: Address, tls: TlsSettings | None = None, **options: Any) -> Self:
        channel = open_channel(address, tls)
        try:
            client = cls(channel=channel, make_channel_owner=True, **options)
        except BaseException:
            channel.close()
            raise
        client._set_address(str(address))
        return client

    @property
    def is_channel_owner(self) -> bool:
        """Whether `close` closes the channel."""
        return self._channel_owner

    def close(self) -> None:
        """Close the channel if it is owned. Idempotent."""
        if self._channel_owner:
            _close(self.channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _set_address(self, address: str) -> None:
        """Set the address of the server, which a channel does not expose."""


def _close(channel: grpc.Channel) -> None:
    # gRPC waits for all calls to end, and forever for one whose start Ctrl-C interrupted.
    closing = Daemon("nanover-closing", channel.close)
    try:
        closing.start()
    except RuntimeError:
        # Python 3.12 starts no threads at interpreter shutdown; the exit ends the channel.
        logger.debug("! the channel was not closed: no thread can be started")
        return
    closing.join(_CLOSING_SECONDS)


class NanoverClient(BaseClient, GrpcClient):
    """A client of a NanoVer gRPC server: shared state, commands and locks.

    The API is that of NanoVer's own client, so that a notebook needs only one changed
    import. Each client has its own access token, which owns its locks.

        with NanoverClient.insecure_channel() as client:
            client.subscribe_all_state_updates()
            client.attempt_update_state(DictionaryChange({"hello": "world"}))

    Args:
        channel: The channel.
        make_channel_owner: Whether `close` closes the channel too.
    """

    def __init__(self, *, channel: grpc.Channel, make_channel_owner: bool = False) -> None:
        GrpcClient.__init__(self, channel=channel, make_channel_owner=make_channel_owner)
        self._grpc = GrpcTransport(channel, access_token=str(uuid.uuid4()), address=_UNNAMED)
        BaseClient.__init__(self, self._grpc)
        if make_channel_owner:
            self.resources.close_after(partial(_close, channel))

    def close(self) -> None:
        """Release all locks, end all threads, and close the channel if owned. Idempotent."""
        BaseClient.close(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.address}: {self.status.state}>"

    def _set_address(self, address: str) -> None:
        self._grpc.address = address


class NanoverStubClient(NanoverClient):
    """A NanoverClient with an additional generated gRPC stub.

    Args:
        channel: The channel.
        stub: The class of the stub, which becomes the attribute `stub`.
        make_channel_owner: Whether `close` closes the channel too.
    """

    def __init__(
        self,
        *,
        channel: grpc.Channel,
        stub: Callable[[grpc.Channel], Any],
        make_channel_owner: bool = False,
    ) -> None:
        super().__init__(channel=channel, make_channel_owner=make_channel_owner)
        self.stub = stub(channel)

    @classmethod
    def insecure_channel(
        cls,
        *,
        address: str | None = None,
        port: int | None = None,
        stub: Callable[[grpc.Channel], Any] | None = None,
    ) -> Self:
        """Like `GrpcClient.insecure_channel`. Subclasses with a fixed stub omit `stub`."""
        return cls._connect(_address(address, port, "grpc"), **_stub_option(stub))

    @classmethod
    def secure_channel(
        cls,
        *,
        address: str | None = None,
        port: int | None = None,
        tls: TlsSettings | None = None,
        stub: Callable[[grpc.Channel], Any] | None = None,
    ) -> Self:
        """Like `GrpcClient.secure_channel`. Subclasses with a fixed stub omit `stub`."""
        return cls._connect(_address(address, port, "grpcs"), tls, **_stub_option(stub))


def _stub_option(stub: Callable[[grpc.Channel], Any] | None) -> dict[str, Any]:
    return {} if stub is None else {"stub": stub}


def _address(host: str | None, port: int | None, scheme: str) -> Address:
    if host is not None and "@" in host:
        raise AddressError(host, "remove the user name and password from the host")
    return Address(
        DEFAULT_HOST if host is None else host, DEFAULT_PORT if port is None else port, scheme
    )
