"""The commands of a server: callables by name, run with arguments; knows no wire.

Failures carry the words that NanoVer's own server says in the same situation.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from nanover_jupyter.errors import CommandFailed, InvalidValue
from nanover_jupyter.wire.values import Value, check_key, copy_value, normalise

__all__ = [
    "CommandRaised",
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


class CommandRegistry:
    """Commands by name. All methods may be called from any thread.

    One lock guards the table; it is never held while a command runs.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._commands: dict[str, tuple[Callable[..., object], dict[str, Value]]] = {}

    def register(
        self,
        name: str,
        callback: Callable[..., object],
        default_arguments: Mapping[str, object] | None = None,
    ) -> None:
        """Offer `callback` under `name`.

        Raises:
            ValueError: There is a command of that name already.
            TypeError: `callback` cannot be called.
            InvalidValue: A default argument that no wire could carry.
        """
        if not callable(callback):
            raise TypeError(f"the callback of command {name!r} is not callable: {callback!r}")
        defaults = _plain_fields(default_arguments or {}, _DEFAULTS_NESTING)
        with self._guard:
            if name in self._commands:
                raise ValueError(f"there is a command {name!r} already; unregister it first")
            self._commands[check_key(name)] = (callback, defaults)

    def replace(
        self, name: str, callback: Callable[..., object], default_arguments: Mapping[str, object]
    ) -> None:
        """As `register`, also where there is a command of that name: it is no more."""
        defaults = _plain_fields(default_arguments, _DEFAULTS_NESTING)
        with self._guard:
            self._commands[check_key(name)] = (callback, defaults)

    def unregister(self, name: str) -> None:
        """Take a command back; a call that is running goes on.

        Raises:
            KeyError: There is no such command.
        """
        with self._guard:
            del self._commands[name]

    @property
    def defaults(self) -> dict[str, dict[str, Value]]:
        """The default arguments by command name; a deep copy."""
        with self._guard:
            commands = dict(self._commands)
        return {name: _copied(defaults) for name, (_, defaults) in commands.items()}

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
        callback, defaults = command
        try:
            result = callback(**{**_copied(defaults), **arguments})
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
    return normalise(dict(fields), nesting)  # type: ignore[return-value]  # a dict stays one


def _copied(fields: Mapping[str, Value]) -> dict[str, Value]:
    return {name: copy_value(value) for name, value in fields.items()}


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - someone else's __str__
        return type(error).__name__


def _described(result: object) -> str:
    try:
        return repr(result)
    except Exception:  # noqa: BLE001 - someone else's __repr__
        return object.__repr__(result)
