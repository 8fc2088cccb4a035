"""The commands of a server: callables by name, independent of any protocol.

Errors have the same messages as those of NanoVer's own server.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from nanover_jupyter.errors import CommandFailed, InvalidValue
from nanover_jupyter.wire.values import Value, check_key, copy_value, normalize

__all__ = [
    "CommandRaised",
    "CommandRegistration",
    "CommandRegistry",
    "CommandRejected",
    "UnknownCommand",
    "complete",
    "dict_result",
    "failure_of",
    "unserializable",
]

logger = logging.getLogger("nanover_jupyter.server")

# The number of protocol messages around a result, and around arguments in a command list.
_RESULT_NESTING = 0
_DEFAULTS_NESTING = 1


class CommandRejected(CommandFailed):
    """The command does not exist, raised KeyError, or returned an unserializable result."""


class UnknownCommand(CommandRejected):
    """The command does not exist.

    `message` is quoted, because NanoVer's server sends the text of a KeyError.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name, repr(f"Unknown command: {name}"))
        self.args = (name,)


class CommandRaised(CommandFailed):
    """The command raised an exception; `message` is its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRegistration:
    """A registered command, with the attribute names of NanoVer's servers.

    Attributes:
        name: The name of the command.
        handler: A function that is called as `handler(**arguments)`.
        arguments: The default arguments.
        label: A display name, for clients that show labels.
        icon: One or two characters to show with the label.
    """

    name: str
    handler: Callable[..., object]
    arguments: dict[str, Value] = field(default_factory=dict)
    label: str | None = None
    icon: str | None = None

    def run(self, arguments: Mapping[str, Value] | None = None) -> object:
        """Call the handler with its default arguments, overridden by `arguments`."""
        return self.handler(**{**_copy_fields(self.arguments), **(arguments or {})})


class CommandRegistry:
    """Commands by name. All methods are thread-safe.

    No lock is held while a command runs.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._commands: dict[str, CommandRegistration] = {}

    def register(  # noqa: PLR0913 - most arguments are optional
        self,
        name: str,
        callback: Callable[..., object],
        default_arguments: Mapping[str, object] | None = None,
        *,
        label: str | None = None,
        icon: str | None = None,
        replace: bool = False,
    ) -> None:
        """Register `callback` as command `name`.

        Args:
            name: The name of the command.
            callback: The function to call.
            default_arguments: Default arguments by name.
            label: A display name.
            icon: One or two characters to show with the label.
            replace: Whether to replace a command of the same name.

        Raises:
            ValueError: The name is already registered.
            TypeError: `callback` is not callable.
            InvalidValue: A default argument, label or icon cannot be serialized.
        """
        if not callable(callback):
            raise TypeError(f"the callback of command {name!r} is not callable: {callback!r}")
        registration = CommandRegistration(
            name=check_key(name),
            handler=callback,
            arguments=_normalized_fields(default_arguments or {}, _DEFAULTS_NESTING),
            label=_checked_text("label", label),
            icon=_checked_text("icon", icon),
        )
        with self._lock:
            if name in self._commands and not replace:
                raise ValueError(f"the command {name!r} is already registered; unregister it first")
            self._commands[registration.name] = registration

    def unregister(self, name: str) -> None:
        """Unregister a command. A running call continues.

        Raises:
            KeyError: The command is not registered.
        """
        with self._lock:
            del self._commands[name]

    @property
    def registrations(self) -> dict[str, CommandRegistration]:
        """A deep copy of the commands by name."""
        with self._lock:
            commands = dict(self._commands)
        return {
            name: dataclasses.replace(command, arguments=_copy_fields(command.arguments))
            for name, command in commands.items()
        }

    def start(self, name: str, arguments: Mapping[str, Value]) -> Future[object]:
        """Call a command in this thread.

        Failures are logged at DEBUG with their traceback.

        Args:
            name: The name of the command.
            arguments: Arguments that override or extend the defaults.

        Returns:
            A future with the command's result or a CommandFailed. It is done, unless the
            command itself returned a future. Then the two are linked: the returned future
            is completed along with the command's, and cancelling it cancels that one too.
        """
        future = Future[object]()
        with self._lock:
            command = self._commands.get(name)
        if command is None:
            complete(future, error=UnknownCommand(name))
            return future
        try:
            result = command.run(arguments)
        except BaseException as error:  # even SystemExit must not end a server thread
            logger.debug("! command %r failed", name, exc_info=True)
            complete(future, error=failure_of(name, error))
            return future
        if not isinstance(result, Future):
            complete(future, result)
            return future
        source: Future[object] = result
        future.add_done_callback(lambda done: source.cancel() if done.cancelled() else None)
        source.add_done_callback(lambda done: _copy_outcome(name, done, future))
        return future

    def run(self, name: str, arguments: Mapping[str, Value]) -> object:
        """Call a command and wait for its result; see `start`.

        Raises:
            CommandRejected: The command does not exist or cannot return this result.
            CommandRaised: The command raised an exception.
        """
        return self.start(name, arguments).result()


def dict_result(name: str, result: object) -> dict[str, Value] | None:
    """Return the result of a command for a protocol that supports only dicts and None.

    Raises:
        CommandRejected: The result has another type or contains unserializable values.
        CommandFailed: Reading the result raised an exception.
    """
    if result is None:
        return None
    reason: InvalidValue | None = None
    if isinstance(result, Mapping):
        try:
            return _normalized_fields(result, _RESULT_NESTING)
        except InvalidValue as error:
            reason = error
        except Exception as error:  # a mapping of another library may raise anything
            raise failure_of(name, error) from error
    raise unserializable(name, result) from reason


def unserializable(name: str, result: object) -> CommandRejected:
    """Return the error for an unserializable result, with the message of NanoVer's server."""
    message = f"Command ({name}) generated results that cannot be serialised: {_repr(result)}"
    return CommandRejected(name, message)


def complete(
    future: Future[object], result: object = None, *, error: BaseException | None = None
) -> None:
    """Complete a future unless it was cancelled."""
    if not future.set_running_or_notify_cancel():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


def _copy_outcome(name: str, source: Future[object], target: Future[object]) -> None:
    """Complete `target` with the outcome of `source`, which command `name` returned."""
    if source.cancelled():
        complete(target, error=CommandRaised(name, "the call was cancelled"))
    elif (error := source.exception()) is not None:
        complete(target, error=failure_of(name, error))
    else:
        complete(target, source.result())


def failure_of(name: str, error: BaseException) -> CommandFailed:
    """Return the CommandFailed for an exception that a command raised."""
    kind = CommandRejected if isinstance(error, KeyError) else CommandRaised
    failure = kind(name, _message(error))
    failure.__cause__ = error
    return failure


def _normalized_fields(fields: Mapping[Any, object], nesting: int) -> dict[str, Value]:
    return normalize(dict(fields), nesting)  # type: ignore[return-value]  # a dict stays a dict


def _checked_text(field_name: str, text: str | None) -> str | None:
    if text is None:
        return None
    if not isinstance(text, str):
        raise InvalidValue((field_name,), f"{text!r} is not a string")
    try:
        return check_key(text)
    except InvalidValue as error:
        raise error.within(field_name) from None


def _copy_fields(fields: Mapping[str, Value]) -> dict[str, Value]:
    return {name: copy_value(value) for name, value in fields.items()}


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:  # noqa: BLE001 - a foreign __str__ may raise anything
        return type(error).__name__


def _repr(result: object) -> str:
    try:
        return repr(result)
    except BaseException:  # noqa: BLE001 - a foreign __repr__ may raise anything
        return object.__repr__(result)
