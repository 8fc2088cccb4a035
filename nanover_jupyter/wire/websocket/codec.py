"""Codec of NanoVer's WebSocket protocol: messages to MessagePack and back.

A message is a map with the keys `state`, `command` or `frame` (wire-protocol W2 to W5).
Decoders raise ProtocolError for other messages. Encoders raise InvalidValue, with the path,
for values that the protocol or NanoVer's server does not support.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from nanover_jupyter.errors import InvalidValue, ProtocolError
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.messages import Capabilities, DictionaryChange, LockKind
from nanover_jupyter.wire.values import Value, check_key, normalize, with_article
from nanover_jupyter.wire.websocket.state import lazy_change
from nanover_jupyter.wire.websocket.values import (
    MAX_DEPTH,
    check_depth,
    pack,
    pack_map,
    plain,
    unpack,
)

__all__ = [
    "CAPABILITIES",
    "LIST_COMMANDS",
    "MESSAGE_LIMIT",
    "Message",
    "Registration",
    "Reply",
    "Request",
    "command_list",
    "decode_command_list",
    "decode_message",
    "encode_change",
    "encode_change_entry",
    "encode_exception",
    "encode_registration",
    "encode_request",
    "encode_response",
    "is_frame",
    "join_change_entries",
]

logger = logging.getLogger("nanover_jupyter.wire")

CAPABILITIES: Final = Capabilities(
    transport="WebSocket",
    locks=LockKind.COOPERATIVE,
    acknowledged_updates=False,
    integers=True,
    null_values=True,
    command_labels=True,
    client_commands=True,
)

LIST_COMMANDS: Final = "commands/list"
# NanoVer's server and client close the connection on larger messages.
MESSAGE_LIMIT: Final = 128 * 1024 * 1024

# The number of maps around a value in a message.
_ENVELOPE: Final = 4

# The one key that `unpack` returns although it is not a string.
_EMPTY_BYTES: Final[Any] = b""

# The bytes before the updates and the removals of a `state` message, a map with one entry
# that is a map with two.
_BEFORE_UPDATES: Final = b"\x81\xa5state\x82\xa7updates"
_BEFORE_REMOVALS: Final = b"\xa8removals"

# A map of one entry whose key is `frame`. Upstream's frames begin with it.
_FRAME_ALONE: Final = b"\x81\xa5frame"


@dataclass(frozen=True, slots=True)
class Request:
    """A command to run. `raw` is the request as received, to be echoed in the reply."""

    name: str
    arguments: dict[str, Value]
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply to the request `id`: a result, or the text of an exception in `error`."""

    id: object
    result: Value
    error: str | None


@dataclass(frozen=True, slots=True)
class Registration:
    """A command that a client registers, to run it on request."""

    command: CommandInfo


Command = Request | Reply | Registration


class Message(NamedTuple):
    """The content of a message. A tuple takes half the time of a dataclass to create.

    If its frame cannot be used, `frame_problem` says why; the rest of the message is valid.
    """

    change: DictionaryChange | None = None
    commands: tuple[Command, ...] = ()
    frame: Mapping[str, Any] | None = None
    frame_problem: str | None = None


# encoding -----------------------------------------------------------------------


def encode_change(change: DictionaryChange) -> bytes:
    """Encode a `state` message. None is an ordinary value here. Raises InvalidValue."""
    updates = {check_key(key): _within(key, value) for key, value in change.updates.items()}
    removals = [check_key(key) for key in change.removals]
    return pack({"state": {"updates": updates, "removals": removals}}, updates)


def encode_change_entry(key: str, value: Value) -> bytes:
    """Encode one key of a `state` message and its value, for `join_change_entries`.

    Args:
        key: The key.
        value: A plain value, as returned by decoders and `normalize`.

    Raises:
        InvalidValue: The value cannot be sent over WebSocket.
    """
    return pack(key, {}) + pack(value, {key: value})


def join_change_entries(entries: Sequence[bytes], removals: Sequence[str]) -> bytes:
    """Return a `state` message of results of `encode_change_entry`, and of removals."""
    return b"".join((_BEFORE_UPDATES, pack_map(entries), _BEFORE_REMOVALS, pack(removals, {})))


def encode_request(number: int, name: str, arguments: Mapping[str, object]) -> bytes:
    """Encode a `command` message that requests a command. Raises InvalidValue."""
    given = _fields(arguments)
    request = {"name": check_key(name), "arguments": given, "id": number}
    return pack({"command": {"request": request}}, given)


def encode_registration(command: CommandInfo) -> bytes:
    """Encode a `command` message that registers a command. Raises InvalidValue."""
    arguments = _fields(command.arguments)
    register = {
        "name": check_key(command.name),
        "arguments": arguments,
        "label": command.label,
        "icon": command.icon,
    }
    return pack({"command": {"register": register}}, arguments)


def encode_response(request: Mapping[str, Any], result: object) -> bytes:
    """Encode a `command` message that replies with a result. Raises InvalidValue."""
    sendable = _within("result", result)
    return pack({"command": {"request": request, "response": sendable}}, {"result": sendable})


def encode_exception(request: Mapping[str, Any], text: str) -> bytes:
    """Encode a `command` message that replies with the text of an exception."""
    valid = text.encode("utf-8", "replace").decode()
    return pack({"command": {"request": request, "exception": valid}}, {})


def command_list(commands: Iterable[CommandInfo]) -> dict[str, object]:
    """Return the result of `commands/list` in the form of NanoVer's server."""
    defaults: dict[str, object] = {}
    listed = []
    for command in commands:
        arguments = command.arguments
        entry: dict[str, object] = {"name": command.name, "arguments": arguments}
        if command.label is not None:
            entry["label"] = command.label
        if command.icon is not None:
            entry["icon"] = command.icon
        listed.append(entry)
        defaults[command.name] = arguments
    return {"list": defaults, "commands": listed}


def _fields(arguments: Mapping[str, object]) -> dict[str, object]:
    return {check_key(name): _within(name, value) for name, value in arguments.items()}


def _within(name: str, value: object) -> object:
    try:
        return plain(value)
    except InvalidValue as error:
        raise error.within(name) from None


# decoding -----------------------------------------------------------------------


def is_frame(data: bytes) -> bool:
    """Whether a message contains only a frame, without decoding it."""
    return data.startswith(_FRAME_ALONE)


def decode_message(data: bytes | str, *, bounded: bool = False) -> Message:
    """Decode a message. Unknown fields are ignored.

    Args:
        data: The message.
        bounded: Whether to reject values that are nested more deeply than we would send
            them. If false, the values of the state are decoded when they are first read.

    Raises:
        ProtocolError: The message does not follow NanoVer's protocol.
    """
    if isinstance(data, str):
        raise ProtocolError("received a text message; NanoVer servers send binary messages")
    change = None if bounded else lazy_change(data)
    if change is not None:
        return Message(change)
    content = unpack(data)
    if not isinstance(content, dict):
        raise ProtocolError(f"a message must be a map, not {_kind(content)}")
    frame, frame_problem = None, None
    try:
        if "frame" in content:
            frame, frame_problem = _frame(content.pop("frame"), bounded=bounded)
        if bounded:
            check_depth(content, MAX_DEPTH + _ENVELOPE)
        change = _change(content["state"]) if "state" in content else None
        commands = _commands(content["command"]) if "command" in content else ()
    except RecursionError as error:
        raise ProtocolError("it is nested too deeply") from error
    return Message(change, commands, frame, frame_problem)


def decode_command_list(result: Value) -> list[CommandInfo]:
    """Return the commands in the result of `commands/list`, in either of its forms, by name.

    Raises:
        ProtocolError: The result has another form.
    """
    fields = _map(result, "the result of commands/list")
    if "commands" in fields:
        entries = fields["commands"]
        if not isinstance(entries, list):
            raise ProtocolError(f"the commands must be a list, not {_kind(entries)}")
        commands = [_command_info(_map(entry, "a command")) for entry in entries]
    elif "list" in fields:
        defaults = _map(fields["list"], "list")
        commands = [
            _command_info({"name": name, "arguments": arguments})
            for name, arguments in defaults.items()
        ]
    else:
        raise ProtocolError("the result of commands/list contains no list of commands")
    return sorted(commands, key=lambda command: command.name)


def _change(state: object) -> DictionaryChange:
    fields = _map(state, "state")
    updates = _map(fields["updates"], "updates") if "updates" in fields else {}
    removals = fields.get("removals", [])
    if _EMPTY_BYTES in updates:
        updates = {str(key): value for key, value in updates.items()}
    if removals == []:
        return DictionaryChange.adopt(updates, set())
    if not isinstance(removals, list) or not all(isinstance(key, str) for key in removals):
        raise ProtocolError("the removals must be a list of keys")
    # A key in both is removed (W3).
    for key in removals:
        updates.pop(key, None)
    return DictionaryChange.adopt(updates, set(removals))


def _frame(content: object, *, bounded: bool) -> tuple[dict[str, Any] | None, str | None]:
    """Return a frame, or what is wrong with it."""
    try:
        frame = _map(content, "frame")
        if bounded:
            check_depth(frame, MAX_DEPTH + 1)
    except ProtocolError as error:
        return None, str(error)
    return frame, None


def _commands(content: object) -> tuple[Command, ...]:
    # Servers of September 2025 send a list (W4).
    commands = content if isinstance(content, list) else [content]
    return tuple(_command(_map(command, "command")) for command in commands)


def _command(fields: dict[str, Any]) -> Command:
    if "register" in fields:
        return Registration(_command_info(_map(fields["register"], "register")))
    request = _map(fields.get("request", {}), "request")
    if "exception" in fields:
        return Reply(request.get("id"), None, str(fields["exception"]))
    if "response" in fields:
        return Reply(request.get("id"), fields["response"], None)
    if "request" not in fields:
        raise ProtocolError("a command must be a request, a reply or a registration")
    return Request(
        str(request.get("name")), _map(request.get("arguments") or {}, "arguments"), request
    )


def _command_info(entry: dict[str, Any]) -> CommandInfo:
    name, label, icon = entry.get("name"), entry.get("label"), entry.get("icon")
    if not isinstance(name, str):
        raise ProtocolError(f"the name of a command must be a string, not {_kind(name)}")
    arguments = _map(entry.get("arguments") or {}, "arguments")
    return CommandInfo.labeled(
        name, _sendable(name, arguments), label=_string(label), icon=_string(icon)
    )


def _sendable(command: str, arguments: Mapping[str, object]) -> dict[str, object]:
    """Return the default arguments that can be sent. Clients may register others."""
    sendable: dict[str, object] = {}
    for name, value in arguments.items():
        if not isinstance(name, str):
            logger.warning(
                "! ignored a default argument of command %r: its name is not a string", command
            )
            continue
        try:
            # In a map, for the depth at which it will be sent.
            normalize({name: value})
        except InvalidValue as error:
            logger.warning(
                "! ignored the default argument %r of command %r: %s", name, command, error
            )
        else:
            sendable[name] = value
    return sendable


def _string(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _map(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ProtocolError(f"{what} must be a map, not {_kind(value)}")
    return value


def _kind(value: object) -> str:
    return "null" if value is None else with_article(type(value).__name__)
