"""NanoVer's own client API over gRPC: the one client module that names grpc."""

from __future__ import annotations

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

_UNNAMED = "the server of the given channel"
_CLOSING_SECONDS = 2.0


class GrpcClient:
    """Something that talks over a gRPC channel.

    Args:
        channel: The channel to talk over.
        make_channel_owner: Whether `close` closes the channel too.
    """

    def __init__(self, *, channel: grpc.Channel, make_channel_owner: bool = False) -> None:
        self.channel = channel
        self._channel_owner = make_channel_owner

    @classmethod
    def insecure_channel(cls, *, address: str | None = None, port: int | None = None) -> Self:
        """A client with a channel of its own, without encryption; opens lazily.

        Args:
            address: Host name or IP address, "localhost" by default.
            port: Port number, 38801 by default.
        """
        return cls._to(_where(address, port, "grpc"))

    @classmethod
    def secure_channel(
        cls, *, address: str | None = None, port: int | None = None, tls: TlsSettings | None = None
    ) -> Self:
        """A client with an encrypted channel of its own; opens lazily.

        Args:
            address: Host name or IP address, "localhost" by default.
            port: Port number, 38801 by default.
            tls: Certificates and tokens; the machine's own roots by default.

        Raises:
            ConnectError: A certificate file cannot be read.
        """
        return cls._to(_where(address, port, "grpcs"), tls)

    @classmethod
    def _to(cls, where: Address, tls: TlsSettings | None = None, **options: Any) -> Self:
        channel = open_channel(where, tls)
        try:
            client = cls(channel=channel, make_channel_owner=True, **options)
        except BaseException:
            channel.close()
            raise
        client._name_server(str(where))
        return client

    @property
    def is_channel_owner(self) -> bool:
        """Whether `close` closes the channel."""
        return self._channel_owner

    def close(self) -> None:
        """Close the channel if it is ours. Idempotent."""
        if self._channel_owner:
            _close(self.channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _name_server(self, address: str) -> None:
        """Told where the channel leads, which a channel does not say itself."""


def _close(channel: grpc.Channel) -> None:
    # gRPC waits for all calls to end, and for ever for one that Ctrl-C kept from
    # beginning properly.
    closing = Daemon("nanover-closing", channel.close)
    closing.start()
    closing.join(_CLOSING_SECONDS)


class NanoverClient(BaseClient, GrpcClient):
    """A client of a NanoVer gRPC server: shared state, commands and locks.

    The names and behaviour are those of NanoVer's own client, so that a notebook
    moves over by changing one import. Its access token, under which its locks are
    held, is made anew for each client.

        with NanoverClient.insecure_channel() as client:
            client.subscribe_all_state_updates()
            client.attempt_update_state(DictionaryChange({"hello": "world"}))

    Args:
        channel: The channel to talk over.
        make_channel_owner: Whether `close` closes the channel too.
    """

    def __init__(self, *, channel: grpc.Channel, make_channel_owner: bool = False) -> None:
        GrpcClient.__init__(self, channel=channel, make_channel_owner=make_channel_owner)
        self._grpc = GrpcTransport(channel, access_token=str(uuid.uuid4()), address=_UNNAMED)
        BaseClient.__init__(self, self._grpc)
        if make_channel_owner:
            self.resources.close_after(partial(_close, channel))

    def close(self) -> None:
        """Give back our locks, end all threads, close the channel if it is ours. Idempotent."""
        BaseClient.close(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.address}: {self.status.state}>"

    def _name_server(self, address: str) -> None:
        self._grpc.address = address


class NanoverStubClient(NanoverClient):
    """A NanoverClient with a generated gRPC stub of one's own beside it.

    Args:
        channel: The channel to talk over.
        stub: The stub's class; it is attached to the channel as `.stub`.
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
        """As `GrpcClient.insecure_channel`; subclasses that bring their stub leave it out."""
        return cls._to(_where(address, port, "grpc"), **_brought(stub))

    @classmethod
    def secure_channel(
        cls,
        *,
        address: str | None = None,
        port: int | None = None,
        tls: TlsSettings | None = None,
        stub: Callable[[grpc.Channel], Any] | None = None,
    ) -> Self:
        """As `GrpcClient.secure_channel`; subclasses that bring their stub leave it out."""
        return cls._to(_where(address, port, "grpcs"), tls, **_brought(stub))


def _brought(stub: Callable[[grpc.Channel], Any] | None) -> dict[str, Any]:
    return {} if stub is None else {"stub": stub}


def _where(host: str | None, port: int | None, scheme: str) -> Address:
    if host is not None and "@" in host:
        raise AddressError(host, "a host has no user name and no password")
    return Address(
        DEFAULT_HOST if host is None else host, DEFAULT_PORT if port is None else port, scheme
    )
