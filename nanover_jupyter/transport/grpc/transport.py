"""gRPC transport: one channel and one reader thread."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple, NoReturn, TypeVar
from urllib.parse import quote

import grpc

from nanover_jupyter.errors import (
    ClosedError,
    ConnectionLost,
    NanoverJupyterError,
    NotSupported,
    ProtocolError,
)
from nanover_jupyter.transport.address import Address
from nanover_jupyter.transport.base import FrameListener, TransportListener
from nanover_jupyter.transport.grpc.call_window import CallWindow
from nanover_jupyter.transport.grpc.errors import translate
from nanover_jupyter.transport.grpc.frame_stream import GrpcFrameStream
from nanover_jupyter.transport.pending import PendingCall
from nanover_jupyter.transport.threads import Daemon
from nanover_jupyter.transport.tls import TlsSettings
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.messages import Capabilities, DictionaryChange, LockRequest
from nanover_jupyter.wire.values import Value

__all__ = ["CHANNEL_OPTIONS", "GrpcTransport", "open_channel"]

logger = logging.getLogger("nanover_jupyter.transport")

CHANNEL_OPTIONS: list[tuple[str, Any]] = [
    # The full state is one message, often larger than the default limit of 4 MiB.
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # By default gRPC waits up to two minutes before it reconnects.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # Despite its name, this is the timeout of one connection attempt.
    ("grpc.min_reconnect_backoff_ms", 5000),
    # By default subchannels, and their backoff, are shared by the process.
    ("grpc.use_local_subchannel_pool", 1),
]

_JOIN_SECONDS = 2.0
# NanoVer servers cancel calls if more than 1 000 of all clients are pending.
_CALLS_IN_FLIGHT = 256
# How long an open stream without its first message counts as a sign of life.
_LOADING_SECONDS = 300.0
# NanoVer's simulations publish 30 frames per second.
_FRAME_INTERVAL: Final = 1 / 30
_GRPC_ERRORS = (grpc.RpcError, grpc.FutureCancelledError, ValueError)

Result = TypeVar("Result")


class _Call(NamedTuple):
    """Details of a call, for error messages."""

    doing: str
    timeout: float | None
    command: str | None = None


class _Metadata(grpc.AuthMetadataPlugin):
    """Adds headers to every call. gRPC only supports this with encryption."""

    def __init__(self, metadata: Mapping[str, str]) -> None:
        self._metadata = tuple(metadata.items())

    def __call__(self, _: Any, callback: Any) -> None:
        """Called by gRPC before each call, on a separate thread."""
        callback(self._metadata, None)


def open_channel(address: Address, tls: TlsSettings | None = None) -> grpc.Channel:
    """Return a channel to a server. Nothing is sent before the first call.

    Args:
        address: The server; the scheme `grpcs` encrypts.
        tls: Certificates and tokens, for `grpcs`.

    Raises:
        ConnectError: A certificate file cannot be read.
    """
    # With a scheme, because gRPC interprets hosts such as "dns" and "unix".
    target = f"dns:///{quote(address.target, safe='[]:')}"
    if address.scheme != "grpcs":
        return grpc.insecure_channel(target, options=CHANNEL_OPTIONS)
    settings = tls or TlsSettings()
    credentials = grpc.ssl_channel_credentials(
        settings.pem("root_certificates"),
        settings.pem("private_key"),
        settings.pem("certificate_chain"),
    )
    if settings.metadata:
        tokens = grpc.metadata_call_credentials(_Metadata(settings.metadata))
        credentials = grpc.composite_channel_credentials(credentials, tokens)
    options = list(CHANNEL_OPTIONS)
    if settings.server_name is not None:
        options.append(("grpc.ssl_target_name_override", settings.server_name))
    return grpc.secure_channel(target, credentials, options=options)


class GrpcTransport:
    """Carries messages over a gRPC channel; implements `Transport`.

    Args:
        channel: The channel to use. Its owner closes it.
        access_token: Identifies this client in updates and locks.
        address: The address of the server, for messages.
    """

    def __init__(self, channel: grpc.Channel, *, access_token: str, address: str) -> None:
        self.address = address
        self._access_token = access_token
        self._list_commands: Any = channel.unary_unary(grpc_codec.GET_COMMANDS)
        self._run_command: Any = channel.unary_unary(grpc_codec.RUN_COMMAND)
        self._update_state: Any = channel.unary_unary(grpc_codec.UPDATE_STATE)
        self._update_locks: Any = channel.unary_unary(grpc_codec.UPDATE_LOCKS)
        self._subscribe: Any = channel.unary_stream(grpc_codec.SUBSCRIBE_STATE_UPDATES)
        self._subscribe_frames: Any = channel.unary_stream(grpc_codec.SUBSCRIBE_LATEST_FRAMES)
        self.frame_listener: FrameListener | None = None
        # Separate, so that no update waits for commands, which may take minutes.
        self._updates = CallWindow(_CALLS_IN_FLIGHT)
        self._commands = CallWindow(_CALLS_IN_FLIGHT)
        # Guards the fields below.
        self._lock = threading.Lock()
        self._stream: Any = None
        self._received_at = 0.0
        # When the stream was requested; None once its first message was received.
        self._loading_since: float | None = None
        self._reader: Daemon | None = None
        self._frames: GrpcFrameStream | None = None
        self._closed = False

    @property
    def capabilities(self) -> Capabilities:
        """See `Transport.capabilities`."""
        return grpc_codec.CAPABILITIES

    @property
    def last_received_at(self) -> float:
        """See `Transport.last_received_at`."""
        loading_since = self._loading_since
        now = time.monotonic()
        if loading_since is not None and now - loading_since < _LOADING_SECONDS:
            return now
        return self._received_at

    @property
    def received_bytes(self) -> int | None:
        """See `Transport.received_bytes`."""
        return None

    def connect(self, timeout: float) -> None:
        """See `Transport.connect`. A channel only connects for a call, so one is made."""
        self.list_commands(timeout)

    def start(self, listener: TransportListener, interval: float) -> None:
        """See `Transport.start`."""
        with self._lock:
            if self._closed:
                raise self._closed_error()
            if self._stream is not None:
                # The previous stream may still be open if its server only seems dead.
                self._stream.cancel()
            try:
                stream = self._subscribe(grpc_codec.encode_subscribe_request(interval))
            except ValueError as error:
                # The owner of the channel closed it.
                raise self._closed_error() from error
            self._stream = stream
            self._loading_since = time.monotonic()
            self._reader = Daemon(
                f"nanover-reader-{self.address}", lambda: self._read(stream, listener)
            )
            self._reader.start()

    def request_frames(self) -> None:
        """See `Transport.request_frames`. The first call opens the stream of frames."""
        if self._frames is not None or self.frame_listener is None:
            return
        with self._lock:
            if self._closed:
                raise self._closed_error()
            if self._frames is None:
                request = grpc_codec.encode_frame_request(_FRAME_INTERVAL)
                subscribe = partial(self._subscribe_frames, request)
                self._frames = GrpcFrameStream(subscribe, self.frame_listener, self.address)
            frames = self._frames
        frames.open()

    def publish_frame(self, frame: Mapping[str, object], timeout: float | None) -> NoReturn:  # noqa: ARG002
        """Raise NotSupported: in this protocol, only servers send frames."""
        raise NotSupported("frames from clients", self.capabilities.transport)

    def update_state(self, change: DictionaryChange, timeout: float | None) -> bool:
        """See `Transport.update_state`."""
        request = grpc_codec.encode_update_request(self._access_token, change)
        reply = self._wait(self._update_state, request, _Call("changing the shared state", timeout))
        return grpc_codec.decode_success(reply)

    def update_locks(self, request: LockRequest, timeout: float | None) -> bool:
        """See `Transport.update_locks`."""
        encoded = grpc_codec.encode_locks_request(self._access_token, request)
        reply = self._wait(self._update_locks, encoded, _Call("changing locks", timeout))
        return grpc_codec.decode_success(reply)

    def list_commands(self, timeout: float | None) -> list[CommandInfo]:
        """See `Transport.list_commands`."""
        reply = self._wait(self._list_commands, b"", _Call("listing the commands", timeout))
        listed = grpc_codec.decode_commands(reply)
        # gRPC does not preserve the order; sorting makes the result stable.
        return [CommandInfo(name, **dict(sorted(listed[name].items()))) for name in sorted(listed)]

    def run_command(
        self, name: str, arguments: Mapping[str, object], timeout: float | None
    ) -> dict[str, Value]:
        """See `Transport.run_command`."""
        request = grpc_codec.encode_command(name, arguments)
        reply = self._wait(self._run_command, request, _Call(f"running {name!r}", timeout, name))
        return grpc_codec.decode_command_reply(reply)

    def start_update(self, change: DictionaryChange, timeout: float | None) -> PendingCall[bool]:
        """See `Transport.start_update`."""
        request = grpc_codec.encode_update_request(self._access_token, change)
        call = _Call("changing the shared state", timeout)
        method, decode = self._update_state, grpc_codec.decode_success
        return self._start(self._updates, method, request, call, decode)

    def start_command(
        self, name: str, arguments: Mapping[str, object], timeout: float | None
    ) -> PendingCall[dict[str, Value]]:
        """See `Transport.start_command`."""
        request = grpc_codec.encode_command(name, arguments)
        call = _Call(f"running {name!r}", timeout, name)
        method, decode = self._run_command, grpc_codec.decode_command_reply
        return self._start(self._commands, method, request, call, decode)

    def close(self) -> None:
        """See `Transport.close`."""
        with self._lock:
            self._closed = True
            stream, reader, frames = self._stream, self._reader, self._frames
        self._updates.release_all()
        self._commands.release_all()
        if stream is not None:
            stream.cancel()
        if frames is not None:
            frames.close()
        if reader is not None:
            reader.join(_JOIN_SECONDS)

    def _wait(self, method: Any, request: bytes, call: _Call) -> bytes:
        """Make a call and wait for its reply."""
        reply: bytes = self._guarded(lambda: method(request, timeout=call.timeout), call)
        return reply

    def _start(
        self,
        window: CallWindow,
        method: Any,
        request: bytes,
        call: _Call,
        decode: Callable[[bytes], Result],
    ) -> PendingCall[Result]:
        """Start a call. A thread of gRPC settles it."""
        self._require_open()
        pending: PendingCall[Result] = PendingCall(lambda: [call.cancel() for call in started])
        started: list[Any] = []
        deadline = None if call.timeout is None else time.monotonic() + call.timeout

        def start() -> bool:
            if pending.cancelled():
                return False
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            try:
                started.append(self._guarded(lambda: method.future(request, timeout=left), call))
            except NanoverJupyterError as error:
                pending.settle_with_error(error)
                return False
            started[0].add_done_callback(settle)
            if pending.cancelled():  # by another thread in the meantime
                started[0].cancel()
            return True

        def settle(done: Any) -> None:
            pending.settle(lambda: decode(self._guarded(done.result, call)))
            window.leave()

        window.enter(start)
        return pending

    def _guarded(self, function: Callable[[], Any], call: _Call) -> Any:
        """Return the result of `function()`; translate its errors. Raises if closed."""
        self._require_open()
        try:
            return function()
        except _GRPC_ERRORS as error:
            raise self._translated(error, call) from error

    def _require_open(self) -> None:
        if self._closed:
            raise self._closed_error()

    def _translated(self, error: Exception, call: _Call) -> NanoverJupyterError:
        """Return the error of this package for an error of gRPC."""
        if isinstance(error, grpc.RpcError):
            return translate(
                error,
                address=self.address,
                doing=call.doing,
                timeout=call.timeout,
                command=call.command,
            )
        # The owner closed the channel during the call.
        return self._closed_error()

    def _read(self, stream: Any, listener: TransportListener) -> None:
        following = "following the state"
        reason: NanoverJupyterError | None = ConnectionLost(
            self.address, following, "the server ended the stream"
        )
        try:
            for message in stream:
                self._received(stream)
                try:
                    change = grpc_codec.decode_state_update(message)
                except ProtocolError:
                    logger.warning("! skipped an update from %s", self.address, exc_info=True)
                else:
                    listener.on_change(change)
        except grpc.RpcError as error:
            reason = translate(error, address=self.address, doing=following, timeout=None)
            reason.__cause__ = error
        except Exception as error:
            logger.exception("! the reader of %s failed", self.address)
            reason = ProtocolError(f"reading failed ({error})")
        finally:
            stream.cancel()
            self._received(stream)
            listener.on_closed(None if self._closed else reason)

    def _received(self, stream: Any) -> None:
        """Record that a message of a stream, or its end, was received."""
        with self._lock:
            self._received_at = time.monotonic()
            if stream is self._stream:
                self._loading_since = None

    def _closed_error(self) -> ClosedError:
        return ClosedError(f"the connection to {self.address}")
