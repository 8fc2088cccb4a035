"""A NanoVer server in this process, for gRPC and optionally for WebSocket clients."""

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
from nanover_jupyter.server.application_defaults import (
    add_application_defaults,
    mirrored_pose_updates,
)
from nanover_jupyter.server.bind_address import BindAddress, ServeError
from nanover_jupyter.server.command_registry import CommandRegistration, CommandRegistry
from nanover_jupyter.server.content import ServerContent
from nanover_jupyter.server.frames.frame_store import FrameStore
from nanover_jupyter.server.grpc_service import GrpcService
from nanover_jupyter.server.state.store import SharedState
from nanover_jupyter.server.thread_pool import DaemonThreadPool
from nanover_jupyter.server.websocket.handshake_policy import HandshakePolicy
from nanover_jupyter.server.websocket.service import WebSocketService
from nanover_jupyter.wire.discovery import DISCOVERY_PORT
from nanover_jupyter.wire.frames.sendable import owned
from nanover_jupyter.wire.messages import DictionaryChange, LockRequest
from nanover_jupyter.wire.values import Value, check_key

__all__ = ["NanoverServer"]

logger = logging.getLogger("nanover_jupyter.server")

# At most 100 of these serve subscriptions (see grpc_service); the rest serve calls.
_THREADS: Final = 120
# The limit of concurrent calls, including queued ones. Clients may pipeline thousands.
_CALLS_LIMIT: Final = 100_000

# How long calls in progress may continue when the server closes, and the limit for closing
# as a whole, in seconds.
_GRACE_SECONDS: Final = 0.3
_CLOSE_SECONDS: Final = 1.0

_OPTIONS: Final = (
    # Otherwise a second server could share the port and would get half the calls.
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # By default, gRPC cancels some calls when 1000 wait to be accepted and all from 3000 on. A
    # burst of pipelined calls can exceed both on a busy machine.
    ("grpc.server.max_pending_requests", _CALLS_LIMIT),
    ("grpc.server.max_pending_requests_hard_limit", _CALLS_LIMIT),
)


class NanoverServer:
    """A NanoVer server with shared state, locks, commands and frames.

    It serves clients from its creation until `close` or the end of the process, which it never
    delays. It serves up to 100 subscriptions and 20 calls at once. Further calls wait; further
    subscriptions are rejected.

    If a protocol cannot carry a value (bytes over gRPC, integers of more than 64 bits over
    WebSocket), clients of that protocol see the key as removed, and a warning is logged. gRPC
    clients also see None as a removal.

    The interactions that a client wrote last end when it disconnects (gRPC: with its last
    subscription). A WebSocket client's disconnection also removes the keys of its user.

    All methods are thread-safe.

    Example:
        >>> with NanoverServer() as server:
        ...     server.register_command("greet", lambda name: {"result": f"Hi {name}"})
        ...     server.update_state("me", DictionaryChange({"answer": 42}))
        ...     server.copy_state()
        {'answer': 42}

    Args:
        address: The host name or address to listen on. All clients that can reach it can
            read and change everything, so other than loopback addresses are logged as a
            warning.
        port: The TCP port for gRPC, or 0 for any free port.
        websocket_port: The TCP port for the WebSocket protocol of NanoVer's current servers,
            with the same state and commands. 0 selects any free port; None disables it. The
            server ignores changes by WebSocket clients to keys that a gRPC client has locked,
            and grants gRPC clients no lock on keys that a WebSocket client claims.
        application_defaults: Whether a server with a WebSocket port starts with the defaults
            of NanoVer's application servers: the key `imd.velocity_reset_available`, the
            command `multiuser/radially-orient-origins`, and the keys `transform.simulation`
            and `scene` kept consistent with each other.
        origins: The origins of web pages that may use the WebSocket port, such as
            "https://lab.example:8443". By default, only native clients may. If the server
            listens on a loopback address, native clients must connect to `localhost`, a
            loopback address or the host given as `address`.
        announce: A name under which to announce the server for discovery, on the network or,
            for a loopback address, on this machine. By default, it is not announced.
        discovery_port: The UDP port of the announcements.

    Raises:
        AddressError: The address or port is invalid.
        ConnectError: A port is in use, or the address does not belong to this machine.
        InvalidArgument: (a ValueError) One of `origins` is not an origin.
    """

    def __init__(  # noqa: PLR0913 - all arguments are optional
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
            self._state = SharedState(derive=mirrored_pose_updates)
            add_application_defaults(self._state, self._commands)
        else:
            self._state = SharedState()
        self._frames = FrameStore()
        content = ServerContent(self._state, self._commands, self._frames)
        self._closing_lock = threading.Lock()
        self._threads = DaemonThreadPool(_THREADS, name="nanover-server")
        self._server = grpc.server(
            self._threads,  # type: ignore[arg-type]  # gRPC uses only submit()
            handlers=GrpcService(content).handlers(),
            options=_OPTIONS,
            maximum_concurrent_rpcs=_CALLS_LIMIT,
        )
        try:
            self._port = self._server.add_insecure_port(bind.target)
        except RuntimeError as error:
            # Another process may have bound the port since the check.
            raise ServeError(bind.target, "the port cannot be bound; choose another") from error
        self._websockets = self._open_websockets(content, websocket_port, handshakes)
        if not bind.loopback:
            logger.warning(
                "serving on %s: any client on the network can change the state and run commands; "
                'use address="127.0.0.1" to serve this machine only',
                bind.target,
            )
        self._server.start()
        self._announcer: Announcer | None = None
        if announce is not None:
            self._announcer = Announcer(
                name=announce,
                host=address,
                services=self._ports_by_service(),
                loopback=bind.loopback,
                port=discovery_port,
            )
        logger.info("serving on %s port %s", address, self._port)

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
        """The host name or address that the server listens on, as given."""
        return self._address

    @property
    def port(self) -> int:
        """The TCP port for gRPC."""
        return self._port

    @property
    def websocket_port(self) -> int | None:
        """The TCP port for WebSocket clients, or None if disabled."""
        return None if self._websockets is None else self._websockets.port

    def _ports_by_service(self) -> dict[str, int]:
        """Return the ports by the service names of NanoVer's announcements."""
        ports = {"multiplayer": self._port, "trajectory": self._port}
        return ports if self._websockets is None else {**ports, "ws": self._websockets.port}

    def _open_websockets(
        self, content: ServerContent, port: int | None, handshakes: HandshakePolicy
    ) -> WebSocketService | None:
        if port is None:
            return None
        try:
            return WebSocketService(
                content,
                host=self._address,
                port=port,
                handshakes=handshakes,
            )
        except BaseException:
            # gRPC releases the port only of a server that was started.
            self._server.start()
            self._server.stop(None)
            raise

    # commands -------------------------------------------------------------------

    @property
    def commands(self) -> dict[str, CommandRegistration]:
        """A deep copy of the commands by name."""
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
        """Register `callback` as command `name`.

        The server calls `callback(**arguments)` in one of its threads, concurrently for several
        clients. Calls by one WebSocket client run one at a time, while its state changes are
        still applied. The message of an exception is sent to the client.

        Args:
            name: The name of the command.
            callback: Returns the result: for gRPC clients a dict or None, for WebSocket clients
                also a string, number, list or bytes. It may return a
                `concurrent.futures.Future` with the result.
            default_arguments: Default arguments by name, which a call may override. gRPC
                clients send numbers as floats.
            label: A display name, for clients that show labels.
            icon: One or two characters to show with the label.

        Raises:
            ValueError: The name is already registered.
            TypeError: `callback` is not callable.
            InvalidValue: A default argument, label or icon cannot be serialized.
        """
        self._commands.register(name, callback, default_arguments, label=label, icon=icon)

    def unregister_command(self, name: str) -> None:
        """Unregister a command. A running call continues.

        Raises:
            KeyError: The command is not registered.
        """
        self._commands.unregister(name)

    # state ----------------------------------------------------------------------

    def update_state(self, access_token: object, change: DictionaryChange) -> None:
        """Apply all of a change or nothing, as for a client with `access_token`.

        Args:
            access_token: The owner of locks; any object, compared by equality.
            change: Updates, which are copied, and removals. None is a value for WebSocket
                clients and a removal for gRPC clients.

        Raises:
            ResourceLockedError: (an UpdateRefused) Other tokens have locked `keys`.
            InvalidValue: A value cannot be serialized.
            ClosedError: The server is closed.
        """
        if self._state.attempt_update(access_token, change):
            return
        if self._state.frozen:
            raise ClosedError("this server")
        keys = (*change.updates, *change.removals)
        # If the lock has expired since, the blocking key is unknown.
        raise ResourceLockedError(self._state.blocked(access_token, keys) or keys)

    def update_locks(
        self,
        access_token: object = None,
        acquire: Mapping[str, float] | None = None,
        release: Iterable[str] | None = None,
    ) -> None:
        """Acquire and release locks, as a client with `access_token`.

        Locks apply to this process and to network clients alike. Tokens are not authenticated.

        Args:
            access_token: The owner of the locks; any object, compared by equality.
            acquire: Durations in seconds by key. An infinite lock lasts until released.
            release: Keys to release. Keys that are not locked by the token are ignored.

        Raises:
            ResourceLockedError: (an UpdateRefused) Other tokens have locked `keys`, or claim
                them as clients of WebSocket servers do. No lock was acquired or released.
            InvalidValue: A duration is not a number.
        """
        request = LockRequest(dict(acquire or {}), frozenset(release or ()))
        if not self._state.attempt_update_locks(access_token, request):
            keys = tuple(request.acquire)
            raise ResourceLockedError(self._state.unavailable(access_token, keys) or keys)

    def copy_state(self) -> dict[str, Value]:
        """Return a deep copy of the shared state."""
        return self._state.copy()

    def lock_state(self) -> AbstractContextManager[Mapping[str, Value]]:
        """Return a context manager that yields the state while all other updates wait.

        Use it briefly. The values are shared with the server and read-only.
        """
        return self._state.exclusive()

    def clear_locks(self) -> None:
        """Release all locks of all clients."""
        self._state.clear_locks()

    # frames ---------------------------------------------------------------------

    def publish_frame(self, frame: Mapping[str, object], *, reset: bool = False) -> None:
        """Send a frame of a simulation to all clients.

        A frame holds what has changed; clients merge it with the earlier ones. A new client
        receives the merged frame. The server numbers the frames (`frame.index`) and sets the
        time (`server.timestamp`, in monotonic seconds) and, at a reset, the number of earlier
        resets (`system.simulation.counter`, unless the frame has it). Clients that read slowly
        receive several frames merged into one.

        Args:
            frame: Values by NanoVer's keys, such as `particle.positions` in nm: numpy arrays of
                any shape, lists, numbers or strings, which are copied. Fields with other keys
                may also be dicts.
            reset: Whether clients discard the earlier frames. So does a `frame.index` of 0 and
                the first frame.

        Raises:
            InvalidValue: A value does not fit its key or cannot be sent, or there is too much
                data for one message. Nothing is published.
            ClosedError: The server is closed.

        Example:
            >>> positions = numpy.zeros((2, 3))
            >>> server.publish_frame(
            ...     {"particle.count": 2, "particle.elements": [6, 8], "bond.pairs": [0, 1]},
            ...     reset=True,
            ... )
            >>> server.publish_frame({"particle.positions": positions, "energy.potential": 1.5})
        """
        fields = {check_key(key): owned(key, value) for key, value in frame.items()}
        if not self._frames.publish(fields, reset=reset):
            raise ClosedError("this server")

    # closing --------------------------------------------------------------------

    def close(self) -> None:
        """End all subscriptions and stop serving. Idempotent.

        Takes about a second at most. A command that is still running then continues in its
        daemon thread, and its caller receives an error that the call was cancelled.
        """
        deadline = time.monotonic() + _CLOSE_SECONDS
        if self._announcer is not None:
            self._announcer.close()
        self._frames.close()
        self._state.freeze()
        with self._closing_lock:
            try:
                stopped = self._server.stop(_GRACE_SECONDS)
            except RuntimeError:
                # Python 3.12 starts no thread at interpreter shutdown, and this needs none.
                stopped = self._server.stop(None)
            if self._websockets is not None:
                self._websockets.close(max(0.0, deadline - time.monotonic()))
            stopped.wait(max(0.0, deadline - time.monotonic()))
            self._threads.shutdown(timeout=max(0.0, deadline - time.monotonic()))
        logger.info("closed the server on %s port %s", self._address, self._port)
