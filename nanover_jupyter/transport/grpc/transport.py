"""gRPC as a transport: one channel, one reader thread, errors translated."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

import grpc

from nanover_jupyter.errors import (
    ClosedError,
    ConnectionLost,
    NanoverJupyterError,
    ProtocolError,
)
from nanover_jupyter.transport.address import Address
from nanover_jupyter.transport.base import TransportListener
from nanover_jupyter.transport.grpc.call_window import CallWindow
from nanover_jupyter.transport.grpc.errors import translate
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
    # A session's whole state is one message, and 4 MiB is soon passed.
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # Left alone, gRPC waits up to two minutes before it looks for a server again.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # In spite of its name, how long one attempt to connect may take.
    ("grpc.min_reconnect_backoff_ms", 5000),
    # Subchannels are otherwise shared in the process, back-off included.
    ("grpc.use_local_subchannel_pool", 1),
]

_JOIN_SECONDS = 2.0
# Stock servers cancel calls beyond 1 000 that wait; several clients share those.
_CALLS_IN_FLIGHT = 256
# An open stream without its first message is a sign of life for so long.
_LOADING_SECONDS = 300.0
_GRPC_ERRORS = (grpc.RpcError, grpc.FutureCancelledError, ValueError)

Answer = TypeVar("Answer")


class _Call(NamedTuple):
    """What a call is for, for the error it may end in."""

    doing: str
    timeout: float | None
    command: str | None = None


class _Metadata(grpc.AuthMetadataPlugin):
    """Adds headers to every call; gRPC refuses to do that without encryption."""

    def __init__(self, metadata: Mapping[str, str]) -> None:
        self._metadata = tuple(metadata.items())

    def __call__(self, _: Any, callback: Any) -> None:
        """Called by gRPC on a thread of its own, before each call."""
        callback(self._metadata, None)


def open_channel(address: Address, tls: TlsSettings | None = None) -> grpc.Channel:
    """A channel to a server; nothing is sent before the first call.

    Args:
        address: The server; the scheme `grpcs` encrypts.
        tls: Certificates and tokens, for `grpcs`.

    Raises:
        ConnectError: A certificate file cannot be read.
    """
    # With its scheme, as "dns", "unix" and others mean more than a host to gRPC.
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
        channel: The channel to use. It is not closed here: its owner does that.
        access_token: Whose locks and updates these are.
        address: What the channel leads to, for messages.
    """

    def __init__(self, channel: grpc.Channel, *, access_token: str, address: str) -> None:
        self.address = address
        self._access_token = access_token
        self._list_commands: Any = channel.unary_unary(grpc_codec.GET_COMMANDS)
        self._run_command: Any = channel.unary_unary(grpc_codec.RUN_COMMAND)
        self._update_state: Any = channel.unary_unary(grpc_codec.UPDATE_STATE)
        self._update_locks: Any = channel.unary_unary(grpc_codec.UPDATE_LOCKS)
        self._subscribe: Any = channel.unary_stream(grpc_codec.SUBSCRIBE_STATE_UPDATES)
        # Apart, so that no change waits for commands, which may take minutes.
        self._updates = CallWindow(_CALLS_IN_FLIGHT)
        self._commands = CallWindow(_CALLS_IN_FLIGHT)
        # Guards what follows.
        self._lock = threading.Lock()
        self._stream: Any = None
        self._received_at = 0.0
        # When the first message of the stream was asked for, until it is here.
        self._loading_since: float | None = None
        self._reader: Daemon | None = None
        self._closed = False

    @property
    def capabilities(self) -> Capabilities:
        """What gRPC servers can do."""
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
        """See `Transport.connect`; a channel says nothing of itself, so a call is made."""
        self.list_commands(timeout)

    def start(self, listener: TransportListener, interval: float) -> None:
        """See `Transport.start`."""
        with self._lock:
            if self._closed:
                raise self._closed_error()
            if self._stream is not None:
                # One that was given up may still be open: its server only seems dead.
                self._stream.cancel()
            try:
                stream = self._subscribe(grpc_codec.encode_subscribe_request(interval))
            except ValueError as error:
                # As in _call: the owner of the channel closed it.
                raise self._closed_error() from error
            self._stream = stream
            self._loading_since = time.monotonic()
            self._reader = Daemon(
                f"nanover-reader-{self.address}", lambda: self._read(stream, listener)
            )
            self._reader.start()

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
        # The wire keeps no order; sorted, a command looks the same each time.
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
            stream, reader = self._stream, self._reader
        self._updates.open_wide()
        self._commands.open_wide()
        if stream is not None:
            stream.cancel()
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
        decode: Callable[[bytes], Answer],
    ) -> PendingCall[Answer]:
        """Make a call and let gRPC's thread settle it."""
        self._require_open()
        pending: PendingCall[Answer] = PendingCall(lambda: [each.cancel() for each in begun])
        begun: list[Any] = []
        deadline = None if call.timeout is None else time.monotonic() + call.timeout

        def begin() -> bool:
            if pending.cancelled():
                return False
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            try:
                begun.append(self._guarded(lambda: method.future(request, timeout=left), call))
            except NanoverJupyterError as error:
                pending.settle_with_error(error)
                return False
            begun[0].add_done_callback(settle)
            if pending.cancelled():  # meanwhile, by another thread
                begun[0].cancel()
            return True

        def settle(ended: Any) -> None:
            pending.settle(lambda: decode(self._guarded(ended.result, call)))
            window.leave()

        window.enter(begin)
        return pending

    def _guarded(self, ask: Callable[[], Any], call: _Call) -> Any:
        """What `ask` returns; what it raises, and that we are closed, as an error of ours."""
        self._require_open()
        try:
            return ask()
        except _GRPC_ERRORS as error:
            raise self._translated(error, call) from error

    def _require_open(self) -> None:
        if self._closed:
            raise self._closed_error()

    def _translated(self, error: Exception, call: _Call) -> NanoverJupyterError:
        """Our error for one of gRPC's."""
        if isinstance(error, grpc.RpcError):
            return translate(
                error,
                address=self.address,
                doing=call.doing,
                timeout=call.timeout,
                command=call.command,
            )
        # Its owner closed the channel under the call.
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
        """A message of a stream is here, or its end."""
        with self._lock:
            self._received_at = time.monotonic()
            if stream is self._stream:
                self._loading_since = None

    def _closed_error(self) -> ClosedError:
        return ClosedError(f"the connection to {self.address}")
