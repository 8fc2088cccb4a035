"""NanoVer's gRPC services over a state and commands: status codes, texts and streams.

Requests and replies are bytes to gRPC; the codec reads and writes them. What a
client is told in each case is what NanoVer's own server says.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError
from typing import Final, NoReturn

import grpc

from nanover_jupyter.errors import ProtocolError
from nanover_jupyter.server.commands.registry import (
    CommandRaised,
    CommandRegistry,
    CommandRejected,
    dict_result,
)
from nanover_jupyter.server.state.store import SharedState
from nanover_jupyter.server.state.update_encoder import UpdateEncoder, UpdateFormat
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.messages import LockRequest
from nanover_jupyter.wire.values import Value

__all__ = ["GRPC_UPDATES", "SUBSCRIPTIONS_LIMIT", "GrpcService"]

logger = logging.getLogger("nanover_jupyter.server")

# Each open subscription holds a thread of the server's pool. Those beyond this
# number are refused at once, so that calls always find a thread.
SUBSCRIPTIONS_LIMIT: Final = 100

GRPC_UPDATES: Final = UpdateFormat(
    "gRPC", grpc_codec.encode_state_entry, grpc_codec.join_state_entries
)

_UNSET = "Value not set"
_NOT_A_DURATION = "Lock duration must be a real number."

# The text of an error travels in a header, and clients refuse headers beyond 8 KiB.
# What is not printable ASCII takes three bytes for each of its own.
_DETAILS_LIMIT = 6000


class GrpcService:
    """Answers the calls of the Command and State services.

    Every method runs in a thread of the gRPC server's pool; a subscription holds
    its thread until the client or the state ends it.
    """

    def __init__(self, state: SharedState, commands: CommandRegistry) -> None:
        self._state = state
        self._commands = commands
        self._updates = UpdateEncoder(GRPC_UPDATES)
        self._subscriptions = threading.BoundedSemaphore(SUBSCRIPTIONS_LIMIT)

    def handlers(self) -> list[grpc.GenericRpcHandler]:
        """What a `grpc.Server` needs to route calls here."""
        unary = grpc.unary_unary_rpc_method_handler
        stream = grpc.unary_stream_rpc_method_handler
        methods: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
            grpc_codec.GET_COMMANDS: unary(self._get_commands),
            grpc_codec.RUN_COMMAND: unary(self._run_command),
            grpc_codec.UPDATE_STATE: unary(self._update_state),
            grpc_codec.UPDATE_LOCKS: unary(self._update_locks),
            grpc_codec.SUBSCRIBE_STATE_UPDATES: stream(self._subscribe_state_updates),
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
            _refuse_malformed(context, error)
        logger.debug("< command %s", name)
        try:
            pending = self._commands.start(name, arguments)

            def give_up() -> None:
                pending.cancel()

            # A caller that stops waiting for another client's command must free the thread.
            if not context.add_callback(give_up):
                give_up()
            result = dict_result(name, pending.result())
        except CancelledError:
            context.abort(grpc.StatusCode.CANCELLED, "the caller gave up")
        except CommandRejected as failure:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, _details(failure.message))
        except CommandRaised as failure:
            _refuse_as_raised(context, failure.message)
        return grpc_codec.encode_command_reply(result)

    # state ----------------------------------------------------------------------

    def _update_state(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        try:
            token, change = grpc_codec.decode_update_request(request)
        except ProtocolError as error:
            _refuse_malformed(context, error)
        return grpc_codec.encode_success(self._state.attempt_update(token, change, plain=True))

    def _update_locks(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        try:
            token, durations = grpc_codec.decode_locks_request(request)
        except ProtocolError as error:
            _refuse_malformed(context, error)
        locks = _lock_request(durations)
        if locks is None:
            _refuse_as_raised(context, _NOT_A_DURATION)
        return grpc_codec.encode_success(self._state.attempt_update_locks(token, locks))

    def _subscribe_state_updates(
        self, request: bytes, context: grpc.ServicerContext
    ) -> Iterator[bytes]:
        try:
            interval = grpc_codec.decode_subscribe_request(request)
        except ProtocolError as error:
            _refuse_malformed(context, error)
        if not self._subscriptions.acquire(blocking=False):
            context.abort(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                f"This server has {SUBSCRIPTIONS_LIMIT} subscriptions and takes no more.",
            )
        try:
            with self._state.subscribed() as subscription:
                # gRPC calls back on the one thread that serves all calls, so the callback
                # must not wait for the state: ending takes only the lock of the log.
                if not context.add_callback(subscription.end):
                    return
                for delta in subscription.paced(interval):
                    yield self._updates.encode(delta)
                if subscription.lagging:
                    context.abort(
                        grpc.StatusCode.RESOURCE_EXHAUSTED,
                        "This subscription is too far behind; subscribe again.",
                    )
        finally:
            self._subscriptions.release()


def _lock_request(durations: Mapping[str, Value]) -> LockRequest | None:
    acquire: dict[str, float] = {}
    release: set[str] = set()
    for key, seconds in durations.items():
        if seconds is None:
            release.add(key)
        elif isinstance(seconds, int | float):  # a bool too: NanoVer takes true for one second
            acquire[key] = float(seconds)
        else:
            return None
    return LockRequest(acquire, frozenset(release))


def _refuse_malformed(context: grpc.ServicerContext, error: ProtocolError) -> NoReturn:
    logger.debug("! refused a request: %s", error)
    if isinstance(error, grpc_codec.UnsetValue):
        _refuse_as_raised(context, _UNSET)
    context.abort(grpc.StatusCode.INTERNAL, "Exception deserializing request!")


def _refuse_as_raised(context: grpc.ServicerContext, message: str) -> NoReturn:
    text = f"Exception calling application: {message}"
    context.abort(grpc.StatusCode.UNKNOWN, _details(text))


def _details(text: str) -> str:
    sendable = text.encode("utf-8", "replace").decode()
    room = _DETAILS_LIMIT
    for place, character in enumerate(sendable):
        plain = character.isascii() and character.isprintable() and character != "%"
        room -= 1 if plain else 3 * len(character.encode())
        if room < 0:
            return sendable[:place] + "..."
    return sendable
