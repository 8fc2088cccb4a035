"""NanoVer's server inside this process, for gRPC and, if wished, for WebSocket.

Knows nothing of clients and notebooks.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Final, Self

import grpc

from nanover_jupyter.errors import ClosedError, ResourceLockedError
from nanover_jupyter.server.announcer import Announcer
from nanover_jupyter.server.application import add_application_defaults, linked_poses
from nanover_jupyter.server.bind_address import BindAddress, ServeError
from nanover_jupyter.server.commands.registry import CommandRegistration, CommandRegistry
from nanover_jupyter.server.grpc_service import GrpcService
from nanover_jupyter.server.state.store import SharedState
from nanover_jupyter.server.threads import DaemonThreads
from nanover_jupyter.server.websocket.origins import HandshakePolicy
from nanover_jupyter.server.websocket.service import WebSocketService
from nanover_jupyter.wire.discovery import DISCOVERY_PORT
from nanover_jupyter.wire.messages import DictionaryChange, LockRequest
from nanover_jupyter.wire.values import Value

__all__ = ["NanoverServer"]

logger = logging.getLogger("nanover_jupyter.server")

# At most 100 of these serve subscriptions (see grpc_service); the rest serve calls.
_THREADS: Final = 120
# Calls beyond this many at once are refused, whether they run, wait for a thread or wait to be
# accepted. Clients may pipeline thousands.
_CALLS_LIMIT: Final = 100_000

# How long calls in progress may go on once the server closes, and the longest that
# closing takes altogether, in seconds.
_GRACE: Final = 0.3
_CLOSING_LIMIT: Final = 1.0

_OPTIONS: Final = (
    # Without this a second server would share a busy port and get half the calls.
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # By default gRPC cancels some of the calls that wait to be accepted beyond 1000, and all
    # beyond 3000. On a busy machine a burst of pipelined calls exceeds both.
    ("grpc.server.max_pending_requests", _CALLS_LIMIT),
    ("grpc.server.max_pending_requests_hard_limit", _CALLS_LIMIT),
)


class NanoverServer:
    """A NanoVer server: shared state with locks, and commands.

    It serves from the moment it is made until `close`, or the end of the process,
    which it never delays. Up to 100 subscriptions and 20 calls are served at once;
    more calls wait, more subscriptions are refused.

    A value that one protocol cannot carry (bytes over gRPC, integers of more than 64 bits over
    WebSocket) is removed for the clients of that protocol, which is logged. None is removed for
    gRPC clients, as that protocol means a removal by it.

    All methods may be called from any thread.

    Example:
        >>> with NanoverServer() as server:
        ...     server.register_command("greet", lambda name: {"result": f"Hi {name}"})
        ...     server.update_state("me", DictionaryChange({"answer": 42}))
        ...     server.copy_state()
        {'answer': 42}

    Args:
        address: The host name or address to listen at. Whoever can reach it can
            read and change everything, so anything but the machine itself is
            logged as a warning.
        port: The TCP port for gRPC; 0 lets the system choose one.
        websocket_port: A second port, for the WebSocket protocol of NanoVer's current
            servers, over the same state and commands; 0 lets the system choose, None
            leaves it out. What that protocol's clients change is passed over where a
            gRPC client holds a lock.
        application_defaults: Whether a server with a WebSocket port starts with what
            NanoVer's application servers have, which alone speak that protocol: the key
            `imd.velocity_reset_available`, the command `multiuser/radially-orient-origins`,
            and a `transform.simulation` that follows `scene` and the other way round.
        origins: The origins of the web pages that may use the WebSocket port, such as
            "https://lab.example:8443". Left out, no page may; native clients always may.
            On an address of this machine only, native clients must also connect by
            `localhost`, a loopback address or the name given as `address`.
        announce: A name under which to announce the server to those who look for one
            on the network, or, where it is for this machine only, on this machine.
            Left out, nothing is announced.
        discovery_port: The UDP port of the announcements.

    Raises:
        AddressError: The address or port makes no sense.
        ConnectError: A port is in use, or the address is not this machine's.
        InvalidArgument: (a ValueError) One of `origins` is not an origin.
    """

    def __init__(  # noqa: PLR0913 - choices that most callers leave as they are
        self,
        *,
        address: str = "127.0.0.1",
        port: int = 0,
        websocket_port: int | None = None,
        application_defaults: bool = True,
        origins: Iterable[str] = (),
        announce: str | None = None,
        discovery_port: int = DISCOVERY_PORT,
    ) -> None:
        bind = BindAddress.checked(address, port)
        handshakes = HandshakePolicy(origins, bound_host=address, loopback=bind.loopback)
        self._address = address
        self._commands = CommandRegistry()
        if application_defaults and websocket_port is not None:
            self._state = SharedState(linked=linked_poses)
            add_application_defaults(self._state, self._commands)
        else:
            self._state = SharedState()
        self._closing = threading.Lock()
        self._threads = DaemonThreads(_THREADS, name="nanover-server")
        self._server = grpc.server(
            self._threads,  # type: ignore[arg-type]  # only its submit() is used
            handlers=GrpcService(self._state, self._commands).handlers(),
            options=_OPTIONS,
            maximum_concurrent_rpcs=_CALLS_LIMIT,
        )
        try:
            self._port = self._server.add_insecure_port(bind.target)
        except RuntimeError as error:
            # Someone may have taken the port since it was checked.
            raise ServeError(bind.target, "the system does not allow to listen there") from error
        self._websockets = self._open_websockets(websocket_port, handshakes)
        if not bind.loopback:
            logger.warning(
                "serving at %s, open to the network: anyone who reaches it can change the state "
                "and run commands",
                bind.target,
            )
        self._server.start()
        self._announcer: Announcer | None = None
        if announce is not None:
            self._announcer = Announcer(
                name=announce,
                host=address,
                services=self._services(),
                loopback=bind.loopback,
                port=discovery_port,
            )
        logger.info("serving at %s port %s", address, self._port)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        closed = " closed" if self._state.frozen else ""
        return f"<{type(self).__name__} {self._address} port {self._port}{closed}>"

    @property
    def address(self) -> str:
        """The host name or address it was told to listen at."""
        return self._address

    @property
    def port(self) -> int:
        """The TCP port it listens at; never 0."""
        return self._port

    @property
    def websocket_port(self) -> int | None:
        """The TCP port at which it speaks WebSocket; None if it does not."""
        return None if self._websockets is None else self._websockets.port

    def _services(self) -> dict[str, int]:
        """Ports by the names that NanoVer's servers announce."""
        ports = {"multiplayer": self._port}
        return ports if self._websockets is None else {**ports, "ws": self._websockets.port}

    def _open_websockets(
        self, port: int | None, handshakes: HandshakePolicy
    ) -> WebSocketService | None:
        if port is None:
            return None
        try:
            return WebSocketService(
                self._state,
                self._commands,
                host=self._address,
                port=port,
                handshakes=handshakes,
            )
        except BaseException:
            # gRPC frees the port of a server only if it was started.
            self._server.start()
            self._server.stop(None)
            raise

    # commands -------------------------------------------------------------------

    @property
    def commands(self) -> dict[str, CommandRegistration]:
        """The commands by name; a copy."""
        return self._commands.registrations

    def register_command(
        self,
        name: str,
        callback: Callable[..., object],
        default_arguments: Mapping[str, object] | None = None,
        *,
        label: str | None = None,
        icon: str | None = None,
    ) -> None:
        """Let clients run `callback` as command `name`.

        It is called as `callback(**arguments)`, in one of the server's threads and
        several times at once if clients ask so. The calls of one WebSocket client run one
        after the other; its changes of the state are applied meanwhile. What it raises is
        told to the client.

        Args:
            name: The command.
            callback: Returns what its caller gets: for gRPC clients a dict or None, for
                WebSocket clients also a string, number, list or bytes. If it returns a
                `concurrent.futures.Future`, the caller gets the result of that.
            default_arguments: Its defaults, by name; a call overrides them key by key.
                Numbers come as floats from gRPC clients.
            label: What people read in place of the name, in clients that show labels.
            icon: A character or two shown with it.

        Raises:
            ValueError: There is a command of that name already.
            TypeError: `callback` cannot be called.
            InvalidValue: A default argument, label or icon that cannot be sent.
        """
        self._commands.register(name, callback, default_arguments, label=label, icon=icon)

    def unregister_command(self, name: str) -> None:
        """Take a command back; a call that is running goes on.

        Raises:
            KeyError: There is no such command.
        """
        self._commands.unregister(name)

    # state ----------------------------------------------------------------------

    def update_state(self, access_token: object, change: DictionaryChange) -> None:
        """Apply a change as a client with `access_token` would: whole or not at all.

        Args:
            access_token: Who asks; any object, compared by equality.
            change: New values by key, copied here, and keys to remove. None is a value;
                clients see it as such by WebSocket, and as a removal by gRPC.

        Raises:
            ResourceLockedError: (an UpdateRefused) Someone else has locked a key; `keys`
                names those locked.
            InvalidValue: A value that cannot be sent.
            ClosedError: The server was closed.
        """
        if self._state.attempt_update(access_token, change):
            return
        if self._state.frozen:
            raise ClosedError("this server")
        keys = (*change.updates, *change.removals)
        # A lock may have ended since; then nobody can tell which one it was.
        raise ResourceLockedError(self._state.blocked(access_token, keys) or keys)

    def update_locks(
        self,
        access_token: object = None,
        acquire: Mapping[str, float] | None = None,
        release: Iterable[str] | None = None,
    ) -> None:
        """Lock and release keys as a client with `access_token` would.

        Locks bind those who use this method, `update_state` or the network alike;
        nothing checks that a token belongs to who shows it.

        Args:
            access_token: Who asks; any object, compared by equality, None too.
            acquire: Seconds from now by key; infinity lasts until released.
            release: Keys to give back; those not held are passed over.

        Raises:
            ResourceLockedError: (an UpdateRefused) Someone else holds a lock on `keys`;
                nothing was locked or released.
            InvalidValue: A duration that is no number.
        """
        request = LockRequest(dict(acquire or {}), frozenset(release or ()))
        if not self._state.attempt_update_locks(access_token, request):
            keys = tuple(request.acquire)
            raise ResourceLockedError(self._state.blocked(access_token, keys) or keys)

    def copy_state(self) -> dict[str, Value]:
        """The shared state as it is now; a deep copy."""
        return self._state.copy()

    def lock_state(self) -> AbstractContextManager[Mapping[str, Value]]:
        """The shared state, while all updates from other threads and clients wait.

        To be used in a `with` statement, briefly. The values are the server's own:
        read them, never change them.
        """
        return self._state.held()

    def clear_locks(self) -> None:
        """Release every lock of everyone."""
        self._state.clear_locks()

    # end ------------------------------------------------------------------------

    def close(self) -> None:
        """End all subscriptions in good order and stop serving; again does nothing.

        Takes about a second at most. A command that is still running by then goes
        on in its thread, which does not keep the process alive; its caller is told
        that the call was cancelled.
        """
        deadline = time.monotonic() + _CLOSING_LIMIT
        if self._announcer is not None:
            self._announcer.close()
        self._state.freeze()
        with self._closing:
            stopped = self._server.stop(_GRACE)
            if self._websockets is not None:
                self._websockets.close(max(0.0, deadline - time.monotonic()))
            stopped.wait(max(0.0, deadline - time.monotonic()))
            self._threads.shutdown(timeout=max(0.0, deadline - time.monotonic()))
        logger.info("closed the server at %s port %s", self._address, self._port)
