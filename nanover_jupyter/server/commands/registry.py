"""The commands of a server: callables by name, run with arguments; knows no wire.

Failures carry the words that NanoVer's own server says in the same situation.
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
    "unserialisable",
]

logger = logging.getLogger("nanover_jupyter.server")

# How many wire messages surround a result, and arguments in a list of commands.
_RESULT_NESTING = 0
_DEFAULTS_NESTING = 1


class CommandRejected(CommandFailed):
    """No such command, a KeyError in it, or a result that cannot be sent."""


class UnknownCommand(CommandRejected):
    """No such command; `message` is the text of a KeyError, which is why it is in quotes."""

    def __init__(self, name: str) -> None:
        super().__init__(name, repr(f"Unknown command: {name}"))
        self.args = (name,)


class CommandRaised(CommandFailed):
    """The command was called and raised an exception; `message` is its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRegistration:
    """A command as it was registered, by the names that NanoVer's servers use.

    Attributes:
        name: The command.
        handler: What is called as `handler(**arguments)`.
        arguments: The default arguments.
        label: What people read in place of the name, in clients that show labels.
        icon: A character or two shown with it.
    """

    name: str
    handler: Callable[..., object]
    arguments: dict[str, Value] = field(default_factory=dict)
    label: str | None = None
    icon: str | None = None

    def run(self, arguments: Mapping[str, Value] | None = None) -> object:
        """Call the handler with the default arguments, overridden key by key."""
        return self.handler(**{**_copied(self.arguments), **(arguments or {})})


class CommandRegistry:
    """Commands by name. All methods may be called from any thread.

    One lock guards the table; it is never held while a command runs.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._commands: dict[str, CommandRegistration] = {}

    def register(  # noqa: PLR0913 - choices that most callers leave as they are
        self,
        name: str,
        callback: Callable[..., object],
        default_arguments: Mapping[str, object] | None = None,
        *,
        label: str | None = None,
        icon: str | None = None,
        replace: bool = False,
    ) -> None:
        """Offer `callback` under `name`.

        Args:
            name: The command.
            callback: What is called.
            default_arguments: Its defaults, by name.
            label: What people read in place of the name.
            icon: A character or two shown with it.
            replace: Whether it takes the place of a command of the same name.

        Raises:
            ValueError: There is a command of that name already.
            TypeError: `callback` cannot be called.
            InvalidValue: A default argument, label or icon that no wire could carry.
        """
        if not callable(callback):
            raise TypeError(f"the callback of command {name!r} is not callable: {callback!r}")
        registration = CommandRegistration(
            name=check_key(name),
            handler=callback,
            arguments=_plain_fields(default_arguments or {}, _DEFAULTS_NESTING),
            label=_checked_text("label", label),
            icon=_checked_text("icon", icon),
        )
        with self._guard:
            if name in self._commands and not replace:
                raise ValueError(f"there is a command {name!r} already; unregister it first")
            self._commands[registration.name] = registration

    def unregister(self, name: str) -> None:
        """Take a command back; a call that is running goes on.

        Raises:
            KeyError: There is no such command.
        """
        with self._guard:
            del self._commands[name]

    @property
    def registrations(self) -> dict[str, CommandRegistration]:
        """The commands by name; a deep copy."""
        with self._guard:
            commands = dict(self._commands)
        return {
            name: dataclasses.replace(command, arguments=_copied(command.arguments))
            for name, command in commands.items()
        }

    def start(self, name: str, arguments: Mapping[str, Value]) -> Future[object]:
        """Call a command in this thread, its defaults overridden key by key.

        Args:
            name: The command.
            arguments: In place of its defaults, and besides them.

        Returns:
            A future of what the command returned, or of a CommandFailed. It is done,
            unless the command itself returned a future: then it follows that one, is
            completed by the thread that completes that one, and cancels it when cancelled.
            Failures are logged at DEBUG with their traceback.
        """
        future = Future[object]()
        with self._guard:
            command = self._commands.get(name)
        if command is None:
            complete(future, error=UnknownCommand(name))
            return future
        try:
            result = command.run(arguments)
        except BaseException as error:  # SystemExit too: it may not end a thread of the server
            logger.debug("! command %r failed", name, exc_info=True)
            complete(future, error=failure_of(name, error))
            return future
        if not isinstance(result, Future):
            complete(future, result)
            return future
        followed: Future[object] = result
        future.add_done_callback(lambda done: followed.cancel() if done.cancelled() else None)
        followed.add_done_callback(lambda done: _follow(name, future, done))
        return future

    def run(self, name: str, arguments: Mapping[str, Value]) -> object:
        """As `start`, waiting for the result.

        Raises:
            CommandRejected: See there.
            CommandRaised: See there.
        """
        return self.start(name, arguments).result()


def dict_result(name: str, result: object) -> dict[str, Value] | None:
    """Return the result of a command for a wire that carries only dicts and None.

    Raises:
        CommandRejected: It is something else, or holds what cannot be sent.
        CommandFailed: Reading it raised an exception.
    """
    if result is None:
        return None
    reason: InvalidValue | None = None
    if isinstance(result, Mapping):
        try:
            return _plain_fields(result, _RESULT_NESTING)
        except InvalidValue as error:
            reason = error
        except Exception as error:  # it may change, or raise anything, while it is read
            raise failure_of(name, error) from error
    raise unserialisable(name, result) from reason


def unserialisable(name: str, result: object) -> CommandRejected:
    """Return the error of a result that the wire cannot carry, in the words of NanoVer's server."""
    said = f"Command ({name}) generated results that cannot be serialised: {_described(result)}"
    return CommandRejected(name, said)


def complete(
    future: Future[object], result: object = None, *, error: BaseException | None = None
) -> None:
    """Complete a future, unless it was cancelled."""
    if not future.set_running_or_notify_cancel():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


def _follow(name: str, future: Future[object], done: Future[object]) -> None:
    """Complete `future` with the outcome of a future that command `name` returned."""
    if done.cancelled():
        complete(future, error=CommandRaised(name, "the call was cancelled"))
    elif (error := done.exception()) is not None:
        complete(future, error=failure_of(name, error))
    else:
        complete(future, done.result())


def failure_of(name: str, error: BaseException) -> CommandFailed:
    """Return the failure of a command that raised `error`."""
    kind = CommandRejected if isinstance(error, KeyError) else CommandRaised
    failure = kind(name, _text(error))
    failure.__cause__ = error
    return failure


def _plain_fields(fields: Mapping[Any, object], nesting: int) -> dict[str, Value]:
    return normalize(dict(fields), nesting)  # type: ignore[return-value]  # a dict stays one


def _checked_text(what: str, text: str | None) -> str | None:
    if text is None:
        return None
    if not isinstance(text, str):
        raise InvalidValue((what,), f"{text!r} is not a string")
    try:
        return check_key(text)
    except InvalidValue as error:
        raise error.within(what) from None


def _copied(fields: Mapping[str, Value]) -> dict[str, Value]:
    return {name: copy_value(value) for name, value in fields.items()}


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:  # noqa: BLE001 - someone else's __str__
        return type(error).__name__


def _described(result: object) -> str:
    try:
        return repr(result)
    except BaseException:  # noqa: BLE001 - someone else's __repr__
        return object.__repr__(result)
