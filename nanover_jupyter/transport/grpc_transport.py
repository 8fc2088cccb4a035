"""gRPC as a transport: one channel, one reader thread, errors translated."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import grpc

from nanover_jupyter.errors import ClosedError, NanoverJupyterError, ProtocolError
from nanover_jupyter.transport.address import Address
from nanover_jupyter.transport.base import TransportListener
from nanover_jupyter.transport.grpc_errors import translate
from nanover_jupyter.wire import grpc_codec
from nanover_jupyter.wire.command_info import CommandInfo
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


def open_channel(address: Address) -> grpc.Channel:
    """A channel to a server, without encryption; nothing is sent before the first call."""
    # With its scheme, as "dns", "unix" and others mean more than a host to gRPC.
    target = f"dns:///{quote(address.target, safe='[]:')}"
    return grpc.insecure_channel(target, options=CHANNEL_OPTIONS)


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
        # Guards the three below.
        self._lock = threading.Lock()
        self._stream: Any = None
        self._reader: threading.Thread | None = None
        self._closed = False

    @property
    def capabilities(self) -> Capabilities:
        """What gRPC servers can do."""
        return grpc_codec.CAPABILITIES

    def start(self, listener: TransportListener, interval: float) -> None:
        """See `Transport.start`."""
        with self._lock:
            if self._closed:
                raise self._closed_error()
            try:
                stream = self._subscribe(grpc_codec.encode_subscribe_request(interval))
            except ValueError as error:
                # As in _call: the owner of the channel closed it.
                raise self._closed_error() from error
            self._stream = stream
            self._reader = threading.Thread(
                target=self._read,
                args=(stream, listener),
                name=f"nanover-reader-{self.address}",
                daemon=True,
            )
            self._reader.start()

    def update_state(self, change: DictionaryChange, timeout: float | None) -> bool:
        """See `Transport.update_state`."""
        request = grpc_codec.encode_update_request(self._access_token, change)
        reply = self._call(self._update_state, request, "changing the shared state", timeout)
        return grpc_codec.decode_success(reply)

    def update_locks(self, request: LockRequest, timeout: float | None) -> bool:
        """See `Transport.update_locks`."""
        encoded = grpc_codec.encode_locks_request(self._access_token, request)
        reply = self._call(self._update_locks, encoded, "changing locks", timeout)
        return grpc_codec.decode_success(reply)

    def list_commands(self, timeout: float | None) -> list[CommandInfo]:
        """See `Transport.list_commands`."""
        reply = self._call(self._list_commands, b"", "listing the commands", timeout)
        listed = grpc_codec.decode_commands(reply)
        return [CommandInfo(name, **arguments) for name, arguments in listed.items()]

    def run_command(
        self, name: str, arguments: Mapping[str, object], timeout: float | None
    ) -> dict[str, Value]:
        """See `Transport.run_command`."""
        request = grpc_codec.encode_command(name, arguments)
        reply = self._call(self._run_command, request, f"running {name!r}", timeout, command=name)
        return grpc_codec.decode_command_reply(reply)

    def close(self) -> None:
        """See `Transport.close`."""
        with self._lock:
            self._closed = True
            stream, reader = self._stream, self._reader
        if stream is not None:
            stream.cancel()
        if reader is not None and reader is not threading.current_thread():
            reader.join(_JOIN_SECONDS)

    def _call(
        self,
        method: Any,
        request: bytes,
        doing: str,
        timeout: float | None,
        *,
        command: str | None = None,
    ) -> bytes:
        if self._closed:
            raise self._closed_error()
        try:
            reply: bytes = method(request, timeout=timeout)
        except grpc.RpcError as error:
            raise translate(
                error, address=self.address, doing=doing, timeout=timeout, command=command
            ) from error
        except ValueError as error:
            # gRPC's word for a channel that was closed under the call.
            raise self._closed_error() from error
        return reply

    def _read(self, stream: Any, listener: TransportListener) -> None:
        reason: NanoverJupyterError | None = ProtocolError("the server ended the stream")
        try:
            for message in stream:
                try:
                    change = grpc_codec.decode_state_update(message)
                except ProtocolError:
                    logger.warning("! skipped an update from %s", self.address, exc_info=True)
                else:
                    listener.on_change(change)
        except grpc.RpcError as error:
            reason = translate(
                error, address=self.address, doing="following the state", timeout=None
            )
            reason.__cause__ = error
        except Exception as error:
            logger.exception("! the reader of %s failed", self.address)
            reason = ProtocolError(f"reading failed ({error})")
        finally:
            stream.cancel()
            listener.on_closed(None if self._closed else reason)

    def _closed_error(self) -> ClosedError:
        return ClosedError(f"the connection to {self.address}")
