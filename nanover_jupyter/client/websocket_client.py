"""NanoVer's client API over WebSocket, which current servers speak."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from typing import Self

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.listeners import Listeners, Unsubscribe
from nanover_jupyter.errors import AddressError, InvalidArgument
from nanover_jupyter.transport.address import Address, parse_address
from nanover_jupyter.transport.tls import TlsSettings
from nanover_jupyter.transport.websocket.dial import ConnectOptions, connect_options
from nanover_jupyter.transport.websocket.transport import WebSocketTransport
from nanover_jupyter.wire.command_info import CommandInfo

__all__ = ["NanoverWebSocketClient"]

# Commands of NanoVer's server, which lets any client replace them. Not `playback/`:
# a client that runs a simulation for the server registers those.
_OF_THE_SERVER = ("commands/", "multiuser/", "trajectory/")


class NanoverWebSocketClient(BaseClient):
    """A client of a NanoVer WebSocket server: shared state and commands.

    The methods are those of `NanoverClient`. What this wire lacks raises NotSupported
    before anything is sent (see `capabilities`): there are no locks, and no answer to
    an update, so `attempt_update_state` returns True as soon as the change is handed
    over. Integers stay integers, and None is a value like any other.

        with NanoverWebSocketClient.from_url("ws://localhost:38801") as client:
            client.subscribe_all_state_updates()
            client.register_command("me/greet", lambda name: {"said": f"Hi {name}"}, name="you")

    A client whose updates held a key `avatar.ID` is user ID to the server, which
    removes that user's keys and interactions when the client is closed.

    Args:
        way: How to reach the server; `from_url` makes it.
    """

    def __init__(self, way: ConnectOptions) -> None:
        self._websocket = WebSocketTransport(way)
        self._frames: Listeners[bytes] = Listeners()
        super().__init__(self._websocket)

    @classmethod
    def from_url(
        cls,
        url: str,
        *,
        tls: TlsSettings | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> Self:
        """A client of the server at `ws://HOST:PORT` or `wss://HOST:PORT`; opens lazily.

        Args:
            url: The server; port 38801 where it is left out.
            tls: Certificates, for `wss`. For a server that signed its own certificate:
                `tls=TlsSettings(root_certificates="its.pem")`.
            ssl_context: In the place of the certificates of `tls`.

        Raises:
            AddressError: It is no such address.
            ConnectError: A certificate file cannot be read.
        """
        where = parse_address(url)
        if where.scheme not in ("ws", "wss"):
            raise AddressError(url, "a WebSocket server has a ws:// or wss:// address")
        return cls.at(where, tls=tls, ssl_context=ssl_context)

    @classmethod
    def at(
        cls,
        where: Address,
        *,
        tls: TlsSettings | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> Self:
        """As `from_url`, for an address that is understood already."""
        return cls(connect_options(where, tls, ssl_context))

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
        """Offer a Python function to everybody on the server, under `name`.

        It is called as `callback(**arguments)` on the thread `nanover-commands`, one
        call at a time; what it returns is the answer, what it raises is told to the
        caller. It is offered again after every reconnection. The server goes on
        listing it when this client is gone, and says then that it failed.

        Args:
            name: Such as "notebook/measure"; one's own name again replaces the function.
            callback: The function.
            label: What people read in its place, in clients that show labels.
            icon: A character or two shown with it.
            default_arguments: The default arguments by name, of any names.
            **defaults: More of them, which count where both name one.

        Raises:
            InvalidArgument: (a ValueError) Something that cannot be called, no name, or one of
                the server's own commands.
            InvalidValue: (a TypeError) A default that cannot be sent.
            NanoverJupyterError: ConnectError, ConnectionLost, TimedOut or ClosedError.
        """
        if not callable(callback):
            raise InvalidArgument("callback", f"{callback!r} cannot be called; give a function")
        if not name:
            raise InvalidArgument("name", "it is empty; give a name such as notebook/measure")
        if name.startswith(_OF_THE_SERVER):
            reason = "the server has commands of that kind itself, which nobody could run any more"
            raise InvalidArgument("name", f"{name!r}: {reason}; choose another name")
        if not isinstance(default_arguments, Mapping | None):
            reason = f"{default_arguments!r} is not a dict of defaults by name"
            raise InvalidArgument("default_arguments", reason)
        arguments = {**(default_arguments or {}), **defaults}
        command = CommandInfo.described(name, arguments, label=label, icon=icon)
        self._websocket.register_command(command, callback)
        # Others may call it, also when nothing here refers to the client.
        self.resources.keep(self)

    def on_frame(self, callback: Callable[[bytes], object]) -> Unsubscribe:
        """Call `callback(message)` with every frame, as MessagePack, on the reader's thread.

        Returns what ends that. Frames cost nothing while nobody listens.
        """
        unsubscribe = self._frames.subscribe(callback, owner=self)
        self._websocket.frame_listener = self._frames.notify
        return unsubscribe

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.address}: {self.status.state}>"
