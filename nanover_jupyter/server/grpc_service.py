"""NanoVer's gRPC services for a shared state, commands and frames.

gRPC handles requests and replies as bytes, which the codec encodes and decodes. Status codes
and messages equal those of NanoVer's own server.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Final, NoReturn

import grpc

from nanover_jupyter.errors import ProtocolError
from nanover_jupyter.server.command_registry import (
    CommandRaised,
    CommandRejected,
    dict_result,
)
from nanover_jupyter.server.content import ServerContent
from nanover_jupyter.server.frames.frame_encoder import FrameEncoder, FrameFormat
from nanover_jupyter.server.frames.subscription import FrameSubscription
from nanover_jupyter.server.state.own_interactions import PeerInteractions
from nanover_jupyter.server.state.update_encoder import UpdateEncoder, UpdateFormat
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.grpc import frame_writer
from nanover_jupyter.wire.messages import LockRequest
from nanover_jupyter.wire.values import Value

__all__ = ["GRPC_FRAMES", "GRPC_UPDATES", "SUBSCRIPTIONS_LIMIT", "GrpcService"]

logger = logging.getLogger("nanover_jupyter.server")

# Each open subscription occupies a thread of the server's pool. This limit leaves threads for
# calls.
SUBSCRIPTIONS_LIMIT: Final = 100

GRPC_UPDATES: Final = UpdateFormat(
    "gRPC", grpc_codec.encode_state_entry, grpc_codec.join_state_entries
)

GRPC_FRAMES: Final = FrameFormat(
    "gRPC",
    frame_writer.encode_frame_entry,
    frame_writer.join_frame_entries,
    first_is_reset=False,
)

# How long the interactions of a client outlive its last subscription, as it may subscribe again.
_RESUBSCRIBE_SECONDS: Final = 0.5

_UNSET_VALUE = "Value not set"
_INVALID_DURATION = "Lock duration must be a real number."

# gRPC sends error details in a header, and clients reject headers larger than 8 KiB. A byte that
# is not printable ASCII is encoded as three.
_DETAILS_LIMIT = 6000


class GrpcService:
    """Implements the Command, State and Trajectory services.

    Methods run in the gRPC server's thread pool. A subscription occupies its thread until the
    client or the server ends it.
    """

    def __init__(self, content: ServerContent) -> None:
        self._state = content.state
        self._commands = content.commands
        self._frames = content.frames
        self._updates = UpdateEncoder(GRPC_UPDATES)
        self._frame_encoder = FrameEncoder(GRPC_FRAMES)
        self._subscriptions = threading.BoundedSemaphore(SUBSCRIPTIONS_LIMIT)
        self._peers = PeerInteractions()

    def handlers(self) -> list[grpc.GenericRpcHandler]:
        """Return the handlers to pass to `grpc.server`."""
        unary = grpc.unary_unary_rpc_method_handler
        stream = grpc.unary_stream_rpc_method_handler
        methods: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
            grpc_codec.GET_COMMANDS: unary(self._get_commands),
            grpc_codec.RUN_COMMAND: unary(self._run_command),
            grpc_codec.UPDATE_STATE: unary(self._update_state),
            grpc_codec.UPDATE_LOCKS: unary(self._update_locks),
            grpc_codec.SUBSCRIBE_STATE_UPDATES: stream(self._subscribe_state_updates),
            grpc_codec.SUBSCRIBE_FRAMES: stream(self._subscribe_frames),
            grpc_codec.SUBSCRIBE_LATEST_FRAMES: stream(self._subscribe_latest_frames),
        }
        services: dict[str, dict[str, grpc.RpcMethodHandler[bytes, bytes]]] = {}
        for path, handler in methods.items():
            _, service, method = path.split("/")
            services.setdefault(service, {})[method] = handler
        return [
            grpc.method_handlers_generic_handler(service, handlers)
            for service, handlers in services.items()
        ]

    # commands -------------------------------------------------------------------

    def _get_commands(self, _request: bytes, _context: grpc.ServicerContext) -> bytes:
        registrations = self._commands.registrations
        return grpc_codec.encode_commands(
            {name: command.arguments for name, command in registrations.items()}
        )

    def _run_command(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        try:
            name, arguments = grpc_codec.decode_command(request)
        except ProtocolError as error:
            _abort_malformed(context, error)
        logger.debug("< command %s", name)
        try:
            pending = self._commands.start(name, arguments)

            def cancel() -> None:
                pending.cancel()

            # If the caller cancels while another client runs the command, free this thread.
            if not context.add_callback(cancel):
                cancel()
            result = dict_result(name, pending.result())
        except CancelledError:
            context.abort(grpc.StatusCode.CANCELLED, "The caller cancelled the call.")
        except CommandRejected as failure:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, _truncated_details(failure.message))
        except CommandRaised as failure:
            _abort_with_exception_text(context, failure.message)
        return grpc_codec.encode_command_reply(result)

    # state ----------------------------------------------------------------------

    def _update_state(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        try:
            token, change = grpc_codec.decode_update_request(request)
        except ProtocolError as error:
            _abort_malformed(context, error)
        success = self._state.attempt_update(token, change, normalized=True)
        if success:
            self._peers.note(context.peer(), change)
        return grpc_codec.encode_success(success)

    def _update_locks(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        try:
            token, durations = grpc_codec.decode_locks_request(request)
        except ProtocolError as error:
            _abort_malformed(context, error)
        locks = _lock_request(durations)
        if locks is None:
            _abort_with_exception_text(context, _INVALID_DURATION)
        return grpc_codec.encode_success(self._state.attempt_update_locks(token, locks))

    def _subscribe_state_updates(
        self, request: bytes, context: grpc.ServicerContext
    ) -> Iterator[bytes]:
        try:
            interval = grpc_codec.decode_subscribe_request(request)
        except ProtocolError as error:
            _abort_malformed(context, error)
        with (
            self._subscription_slot(context),
            self._state.subscribe() as subscription,
        ):
            # gRPC runs callbacks on its only serving thread, so they must not wait for the
            # state. `end` acquires only the lock of the change log.
            if not context.add_callback(subscription.end):
                return
            for delta in subscription.paced(interval):
                yield self._updates.encode(delta)
            if subscription.lagging:
                context.abort(
                    grpc.StatusCode.RESOURCE_EXHAUSTED,
                    "This subscription is too far behind. Subscribe again.",
                )

    @contextmanager
    def _subscription_slot(self, context: grpc.ServicerContext) -> Iterator[None]:
        """Count a subscription while it is open; abort the call if there are too many.

        The interactions of a client end with its last subscription.
        """
        if not self._subscriptions.acquire(blocking=False):
            context.abort(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                f"The server has reached its limit of {SUBSCRIPTIONS_LIMIT} subscriptions.",
            )
        peer = context.peer()
        self._peers.open(peer)
        try:
            yield
        finally:
            self._subscriptions.release()
            grace = 0.0 if self._state.frozen else _RESUBSCRIBE_SECONDS
            self._state.remove_unlocked(self, self._peers.close(peer, grace).find)

    # frames ---------------------------------------------------------------------

    def _subscribe_frames(self, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        return self._send_frames(request, context, every_frame=True)

    def _subscribe_latest_frames(
        self, request: bytes, context: grpc.ServicerContext
    ) -> Iterator[bytes]:
        return self._send_frames(request, context, every_frame=False)

    def _send_frames(
        self, request: bytes, context: grpc.ServicerContext, *, every_frame: bool
    ) -> Iterator[bytes]:
        try:
            interval = grpc_codec.decode_frame_request(request)
        except ProtocolError as error:
            _abort_malformed(context, error)
        with (
            self._subscription_slot(context),
            FrameSubscription(self._frames, every_frame=every_frame) as subscription,
        ):
            # See above: `end` acquires only the lock of the store, which is held briefly.
            if not context.add_callback(subscription.end):
                return
            for delta in subscription.paced(interval):
                yield self._frame_encoder.encode(delta)


def _lock_request(durations: Mapping[str, Value]) -> LockRequest | None:
    acquire: dict[str, float] = {}
    release: set[str] = set()
    for key, seconds in durations.items():
        if seconds is None:
            release.add(key)
        elif isinstance(seconds, int | float):  # includes bool: NanoVer treats true as one second
            acquire[key] = float(seconds)
        else:
            return None
    return LockRequest(acquire, frozenset(release))


def _abort_malformed(context: grpc.ServicerContext, error: ProtocolError) -> NoReturn:
    logger.debug("! rejected a malformed request: %s", error)
    if isinstance(error, grpc_codec.UnsetValue):
        _abort_with_exception_text(context, _UNSET_VALUE)
    context.abort(grpc.StatusCode.INTERNAL, "Exception deserializing request!")


def _abort_with_exception_text(context: grpc.ServicerContext, message: str) -> NoReturn:
    text = f"Exception calling application: {message}"
    context.abort(grpc.StatusCode.UNKNOWN, _truncated_details(text))


def _truncated_details(text: str) -> str:
    encodable = text.encode("utf-8", "replace").decode()
    remaining = _DETAILS_LIMIT
    for index, character in enumerate(encodable):
        plain = character.isascii() and character.isprintable() and character != "%"
        remaining -= 1 if plain else 3 * len(character.encode())
        if remaining < 0:
            return encodable[:index] + "..."
    return encodable
