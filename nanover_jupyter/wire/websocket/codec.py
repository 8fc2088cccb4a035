"""NanoVer's WebSocket protocol: messages to MessagePack and back; no sockets.

A message is one map with the keys `state`, `command` or `frame` (wire-protocol W2 to
W5). Decoders raise ProtocolError for what is no such map; encoders raise InvalidValue,
with the path, for what the wire or NanoVer's server cannot carry.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from nanover_jupyter.errors import InvalidValue, ProtocolError
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.messages import Capabilities, DictionaryChange
from nanover_jupyter.wire.values import Value, check_key, normalise, with_article
from nanover_jupyter.wire.websocket.state import lazy_change
from nanover_jupyter.wire.websocket.values import (
    DEEPEST,
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
    locks=False,
    acknowledged_updates=False,
    integers=True,
    null_values=True,
    command_labels=True,
    client_commands=True,
)

LIST_COMMANDS: Final = "commands/list"
# NanoVer's server hangs up on longer ones, and its client does too.
MESSAGE_LIMIT: Final = 128 * 1024 * 1024

# How many maps a message itself has around a value.
_ENVELOPE: Final = 4

# The one key that `unpack` leaves as it is although it is no text.
_NO_BYTES: Final[Any] = b""

# What surrounds updates and removals in a `state` message: a map of one entry that is
# a map of two.
_BEFORE_UPDATES: Final = b"\x81\xa5state\x82\xa7updates"
_BEFORE_REMOVALS: Final = b"\xa8removals"

# A map of one entry whose key is `frame`: what upstream's frames begin with.
_FRAME_ALONE: Final = b"\x81\xa5frame"


@dataclass(frozen=True, slots=True)
class Request:
    """A command to run; `said` is the request as it came, to be echoed in the reply."""

    name: str
    arguments: dict[str, Value]
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of the request `id`: a result, or an exception's text in `failure`."""

    id: object
    result: Value
    failure: str | None


@dataclass(frozen=True, slots=True)
class Registration:
    """A command that a client offers to run."""

    command: CommandInfo


Command = Request | Reply | Registration


class Message(NamedTuple):
    """All that one message says; a tuple, as that is made in half the time of a dataclass."""

    change: DictionaryChange | None = None
    commands: tuple[Command, ...] = ()
    frame: Mapping[str, Any] | None = None


# to the wire --------------------------------------------------------------------


def encode_change(change: DictionaryChange) -> bytes:
    """A `state` message. None is a value like others here. Raises InvalidValue."""
    updates = {check_key(key): _within(key, value) for key, value in change.updates.items()}
    removals = [check_key(key) for key in change.removals]
    return pack({"state": {"updates": updates, "removals": removals}}, updates)


def encode_change_entry(key: str, value: Value) -> bytes:
    """One key of a `state` message and its value, for `join_change_entries`.

    Args:
        key: The key.
        value: Plain, as decoders and `normalise` make it, so it is not walked again.

    Raises:
        InvalidValue: This wire cannot carry the value.
    """
    return pack(key, {}) + pack(value, {key: value})


def join_change_entries(entries: Sequence[bytes], removals: Sequence[str]) -> bytes:
    """A `state` message of entries as `encode_change_entry` makes them, and of removals."""
    return b"".join((_BEFORE_UPDATES, pack_map(entries), _BEFORE_REMOVALS, pack(removals, {})))


def encode_request(number: int, name: str, arguments: Mapping[str, object]) -> bytes:
    """A `command` message that asks for a command. Raises InvalidValue."""
    given = _fields(arguments)
    request = {"name": check_key(name), "arguments": given, "id": number}
    return pack({"command": {"request": request}}, given)


def encode_registration(command: CommandInfo) -> bytes:
    """A `command` message that offers a command. Raises InvalidValue."""
    arguments = _fields(command.arguments)
    register = {
        "name": check_key(command.name),
        "arguments": arguments,
        "label": command.label,
        "icon": command.icon,
    }
    return pack({"command": {"register": register}}, arguments)


def encode_response(request: Mapping[str, Any], result: object) -> bytes:
    """A `command` message that answers a request with its result. Raises InvalidValue."""
    sendable = _within("result", result)
    return pack({"command": {"request": request, "response": sendable}}, {"result": sendable})


def encode_exception(request: Mapping[str, Any], text: str) -> bytes:
    """A `command` message that answers a request with the text of an error."""
    carried = text.encode("utf-8", "replace").decode()
    return pack({"command": {"request": request, "exception": carried}}, {})


def command_list(commands: Iterable[CommandInfo]) -> dict[str, object]:
    """The result of `commands/list`, as NanoVer's server gives it."""
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


# from the wire ------------------------------------------------------------------


def is_frame(data: bytes) -> bool:
    """Whether a message is a frame and nothing else, told without decoding it."""
    return data.startswith(_FRAME_ALONE)


def decode_message(data: bytes | str, *, bounded: bool = False) -> Message:
    """What a message says; what is new in it is passed over.

    Args:
        data: The message.
        bounded: Whether to refuse values that are nested more deeply than we send. Else the
            values of the state may be read when they are first needed.

    Raises:
        ProtocolError: It is no message of NanoVer's.
    """
    if isinstance(data, str):
        raise ProtocolError("it came as text; is it another kind of WebSocket server?")
    change = None if bounded else lazy_change(data)
    if change is not None:
        return Message(change)
    said = unpack(data)
    if not isinstance(said, dict):
        raise ProtocolError(f"a message is a map, not {_kind(said)}")
    if bounded:
        check_depth(said, DEEPEST + _ENVELOPE)
    if len(said) == 1 and "state" in said:
        return Message(_change(said["state"]))
    try:
        change = _change(said["state"]) if "state" in said else None
        commands = _commands(said["command"]) if "command" in said else ()
        frame = _map(said["frame"], "frame") if "frame" in said else None
    except RecursionError as error:
        raise ProtocolError("it is nested too deeply") from error
    return Message(change, commands, frame)


def decode_command_list(result: Value) -> list[CommandInfo]:
    """The commands in the answer to `commands/list`, in either of its forms, by name.

    Raises:
        ProtocolError: It is no such answer.
    """
    answer = _map(result, "commands/list")
    if "commands" in answer:
        entries = answer["commands"]
        if not isinstance(entries, list):
            raise ProtocolError(f"the commands are a list, not {_kind(entries)}")
        found = [_described(_map(entry, "a command")) for entry in entries]
    elif "list" in answer:
        listed = _map(answer["list"], "list")
        found = [_described({"name": name, "arguments": given}) for name, given in listed.items()]
    else:
        raise ProtocolError("there is no list in the list of commands")
    return sorted(found, key=lambda command: command.name)


def _change(state: object) -> DictionaryChange:
    said = _map(state, "state")
    updates = _map(said["updates"], "updates") if "updates" in said else {}
    removals = said.get("removals", [])
    if _NO_BYTES in updates:
        updates = {str(key): value for key, value in updates.items()}
    if removals == []:
        return DictionaryChange.adopt(updates, set())
    if not isinstance(removals, list) or not all(isinstance(key, str) for key in removals):
        raise ProtocolError("removals are a list of keys")
    # What is in both ends up removed (W3).
    for key in removals:
        updates.pop(key, None)
    return DictionaryChange.adopt(updates, set(removals))


def _commands(said: object) -> tuple[Command, ...]:
    # A list is what servers of September 2025 spoke (W4).
    several = said if isinstance(said, list) else [said]
    return tuple(_command(_map(one, "command")) for one in several)


def _command(said: dict[str, Any]) -> Command:
    if "register" in said:
        return Registration(_described(_map(said["register"], "register")))
    request = _map(said.get("request", {}), "request")
    if "exception" in said:
        return Reply(request.get("id"), None, str(said["exception"]))
    if "response" in said:
        return Reply(request.get("id"), said["response"], None)
    if "request" not in said:
        raise ProtocolError("a command is a request, a reply or a registration")
    return Request(
        str(request.get("name")), _map(request.get("arguments") or {}, "arguments"), request
    )


def _described(entry: dict[str, Any]) -> CommandInfo:
    name, label, icon = entry.get("name"), entry.get("label"), entry.get("icon")
    if not isinstance(name, str):
        raise ProtocolError(f"the name of a command is a text, not {_kind(name)}")
    arguments = _map(entry.get("arguments") or {}, "arguments")
    return CommandInfo.described(
        name, _sendable(name, arguments), label=_text(label), icon=_text(icon)
    )


def _sendable(command: str, arguments: Mapping[str, object]) -> dict[str, object]:
    """Those defaults that one could send: anybody may offer a command with others."""
    sendable: dict[str, object] = {}
    for name, value in arguments.items():
        if not isinstance(name, str):
            logger.warning("! passed over a default of command %r, whose name is no text", command)
            continue
        try:
            # In a map of its own, as deep as it will be sent.
            normalise({name: value})
        except InvalidValue as error:
            logger.warning("! passed over the default %r of command %r: %s", name, command, error)
        else:
            sendable[name] = value
    return sendable


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _map(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ProtocolError(f"{what} is a map, not {_kind(value)}")
    return value


def _kind(value: object) -> str:
    return "nothing" if value is None else with_article(type(value).__name__)
