"""The commands of a server: callables by name, run with arguments; knows no wire.

Failures carry the words that NanoVer's own server says in the same situation.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from nanover_jupyter.errors import CommandFailed, InvalidValue
from nanover_jupyter.wire.values import Value, check_key, copy_value, normalise

__all__ = ["CommandRaised", "CommandRegistry", "CommandRejected"]

logger = logging.getLogger("nanover_jupyter.server")

# How many wire messages surround a result, and arguments in a list of commands.
_RESULT_NESTING = 0
_DEFAULTS_NESTING = 1


class CommandRejected(CommandFailed):
    """No such command, a KeyError in it, or a result that cannot be sent."""


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

    def run(self, name: str, arguments: Mapping[str, Value]) -> dict[str, Value] | None:
        """Call a command in this thread, its defaults overridden key by key.

        Returns:
            What the command returned, made plain.

        Raises:
            CommandRejected: See there.
            CommandRaised: See there. Whoever asked gets the text only; the traceback
                is logged at DEBUG.
        """
        with self._guard:
            command = self._commands.get(name)
        if command is None:
            # NanoVer sends the text of a KeyError, which is why it stands in quotes.
            raise CommandRejected(name, repr(f"Unknown command: {name}"))
        callback, defaults = command
        try:
            result = callback(**{**_copied(defaults), **arguments})
        except KeyError as error:
            logger.debug("! command %r failed", name, exc_info=True)
            raise CommandRejected(name, _text(error)) from error
        except BaseException as error:  # SystemExit too: it may not end a thread of the server
            logger.debug("! command %r failed", name, exc_info=True)
            raise CommandRaised(name, _text(error)) from error
        return _checked_result(name, result)


def _checked_result(name: str, result: object) -> dict[str, Value] | None:
    if result is None:
        return None
    reason: InvalidValue | None = None
    if isinstance(result, Mapping):
        try:
            return _plain_fields(result, _RESULT_NESTING)
        except InvalidValue as error:
            reason = error
        except Exception as error:  # it may change, or raise anything, while it is read
            raise CommandRaised(name, _text(error)) from error
    raise CommandRejected(
        name, f"Command ({name}) generated results that cannot be serialised: {_described(result)}"
    ) from reason


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
