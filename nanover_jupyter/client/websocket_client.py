"""A client of NanoVer's WebSocket servers, the current kind of server."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from typing import Self

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.errors import AddressError, InvalidArgument
from nanover_jupyter.transport.address import Address, parse_address
from nanover_jupyter.transport.tls import TlsSettings
from nanover_jupyter.transport.websocket.connect_options import ConnectOptions, connect_options
from nanover_jupyter.transport.websocket.transport import WebSocketTransport
from nanover_jupyter.wire.command_info import CommandInfo

__all__ = ["NanoverWebSocketClient"]

# Commands of NanoVer's server, which lets any client replace them. Not `playback/`, because a
# client that runs a simulation for the server registers those.
_SERVER_PREFIXES = ("commands/", "multiuser/", "trajectory/")


class NanoverWebSocketClient(BaseClient):
    """A client of a NanoVer WebSocket server: shared state, frames and commands.

    The methods are those of `NanoverClient`. The protocol has no replies to updates, so
    `attempt_update_state` returns True when the change is sent. It has no locks either; those
    of this client are cooperative (see `LockKind`). Integers stay integers, and None is a
    value.

        with NanoverWebSocketClient.from_url("ws://localhost:38801") as client:
            client.subscribe_all_state_updates()
            client.register_command("me/greet", lambda name: {"said": f"Hi {name}"}, name="you")

    A client that wrote a key `avatar.ID` is user ID to the server, which removes that
    user's keys and interactions when the client is closed.

    Args:
        options: How to connect; `from_url` makes them.
    """

    def __init__(self, options: ConnectOptions) -> None:
        self._websocket = WebSocketTransport(options)
        super().__init__(self._websocket)

    @classmethod
    def from_url(
        cls,
        url: str,
        *,
        tls: TlsSettings | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> Self:
        """Return a client of `ws://HOST:PORT` or `wss://HOST:PORT`; connects lazily.

        Args:
            url: The address of the server; the default port is 38801.
            tls: Certificates for `wss`. For a self-signed server certificate:
                `tls=TlsSettings(root_certificates="server.pem")`.
            ssl_context: Used instead of the certificates of `tls`.

        Raises:
            AddressError: The address is not a WebSocket address.
            ConnectError: A certificate file cannot be read.
        """
        address = parse_address(url)
        if address.scheme not in ("ws", "wss"):
            raise AddressError(url, "a WebSocket server has a ws:// or wss:// address")
        return cls.at(address, tls=tls, ssl_context=ssl_context)

    @classmethod
    def at(
        cls,
        address: Address,
        *,
        tls: TlsSettings | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> Self:
        """Like `from_url`, for a parsed address."""
        return cls(connect_options(address, tls, ssl_context))

    def register_command(
        self,
        name: str,
        callback: Callable[..., object],
        /,
        label: str | None = None,
        icon: str | None = None,
        default_arguments: Mapping[str, object] | None = None,
        **defaults: object,
    ) -> None:
        """Register a Python function as a command for all clients of the server.

        It is called as `callback(**arguments)` on the thread `nanover-commands`, one call at
        a time. The caller receives its result or its error. It is registered again after
        every reconnection. When this client is closed, the server still lists the command,
        but running it fails.

        Args:
            name: The command's name, such as "notebook/measure". Registering a name again
                replaces the function.
            callback: The function.
            label: Shown instead of the name by clients that support labels.
            icon: One or two characters shown with the command.
            default_arguments: The default arguments by name.
            **defaults: More default arguments, which take precedence.

        Raises:
            InvalidArgument: (a ValueError) The callback is not callable, the name is empty,
                or the name belongs to the server.
            InvalidValue: (a TypeError) A default cannot be sent.
            NanoverJupyterError: ConnectError, ConnectionLost, TimedOut or ClosedError.
        """
        if not callable(callback):
            raise InvalidArgument("callback", f"{callback!r} is not callable; use a function")
        if not name:
            raise InvalidArgument("name", "it is empty; use a name such as notebook/measure")
        if name.startswith(_SERVER_PREFIXES):
            reason = "it would replace a command of the server; choose another name"
            raise InvalidArgument("name", f"{name!r}: {reason}")
        if not isinstance(default_arguments, Mapping | None):
            reason = f"{default_arguments!r} is not a mapping; use a dict of defaults by name"
            raise InvalidArgument("default_arguments", reason)
        arguments = {**(default_arguments or {}), **defaults}
        command = CommandInfo.labeled(name, arguments, label=label, icon=icon)
        self._websocket.register_command(command, callback)
        # Other clients may call it even if nothing here refers to the client.
        self.resources.keep(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.address}: {self.status.state}>"
