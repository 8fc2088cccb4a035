"""The part of NanoverImdClient for playback, commands and the shared state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, NoReturn

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.imd.names import NOT_PROVIDED
from nanover_jupyter.client.imd.services import StateDictionary
from nanover_jupyter.client.websocket_client import NanoverWebSocketClient
from nanover_jupyter.errors import NotProvided, NotSupported, UpdateRefused
from nanover_jupyter.transport.pending import PendingCall
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import ABSENT, Value, copy_value

__all__ = ["ImdSession"]


class ImdSession:
    """Playback, commands and the shared state, with NanoVer's names.

    Args:
        client: The client of this package.
    """

    def __init__(self, client: BaseClient) -> None:
        self.client = client

    # playback and commands ------------------------------------------------------------

    def run_play(self) -> None:
        """Play the simulation."""
        self.run_command_blocking("playback/play")

    def run_step(self) -> None:
        """Pause, and run one step."""
        self.run_command_blocking("playback/step")

    def run_pause(self) -> None:
        """Pause the simulation."""
        self.run_command_blocking("playback/pause")

    def run_reset(self) -> None:
        """Reset the simulation."""
        self.run_command_blocking("playback/reset")

    def run_load(self, index: int, clear_state: bool = True) -> None:  # noqa: FBT001, FBT002
        """Load a simulation by its index. `clear_state=False` keeps interactions."""
        options = {} if clear_state else {"clear_state": False}
        self.run_command_blocking("playback/load", index=index, **options)

    def run_next(self) -> None:
        """Load the next simulation."""
        self.run_command_blocking("playback/next")

    def run_list(self) -> list[str]:
        """Return the names of the simulations, in the order of their indices."""
        listed = self.run_command_blocking("playback/list").get("simulations")
        return [str(name) for name in listed] if isinstance(listed, list) else []

    def run_command(
        self, name: str, arguments: Mapping[str, object] | None = None
    ) -> PendingCall[dict[str, Value]]:
        """Start a command; returns a `concurrent.futures.Future` with its result."""
        return self.client.start_command(name, arguments or {})

    def run_command_blocking(self, name: str, **arguments: object) -> dict[str, Value]:
        """Run a command and return its result."""
        return self.client.run_command(name, **arguments)

    @property
    def commands(self) -> dict[str, dict[str, Any]]:
        """The default arguments of the commands by their names, fetched from the server."""
        commands = self.client.update_available_commands()
        return {name: dict(command.arguments) for name, command in commands.items()}

    def update_available_commands(self) -> dict[str, dict[str, Any]]:
        """Return `commands`."""
        return self.commands

    def register_command(
        self,
        name: str,
        callback: Callable[..., object],
        label: str | None = None,
        icon: str | None = None,
        default_arguments: Mapping[str, object] | None = None,
    ) -> None:
        """Register a function as a command. See `NanoverWebSocketClient.register_command`."""
        if not isinstance(self.client, NanoverWebSocketClient):
            raise NotSupported("commands of clients", self.client.capabilities.transport)
        self.client.register_command(
            name, callback, label=label, icon=icon, default_arguments=default_arguments
        )

    def unregister_command(self, name: str) -> NoReturn:  # noqa: ARG002
        """Raise NotProvided: the protocol has no such message."""
        raise _not_provided("unregister_command")

    # state ----------------------------------------------------------------------------

    @property
    def latest_multiplayer_values(self) -> dict[str, Value]:
        """A deep copy of the shared state."""
        return self.client.copy_state()

    @property
    def state_dictionary(self) -> StateDictionary:
        """The local copy of the shared state, for reading."""
        return StateDictionary(self.client)

    def copy_state(self) -> dict[str, Value]:
        """Return a deep copy of the shared state."""
        return self.client.copy_state()

    def lock_state(self) -> AbstractContextManager[dict[str, Value]]:
        """Freeze the local copy during a block. See `NanoverClient.lock_state`."""
        return self.client.lock_state()

    def get_shared_value(self, key: str, default: Any = None) -> Any:
        """Return a copy of the value of a key."""
        value = self.client.peek(key, ABSENT)
        return default if value is ABSENT else copy_value(value)

    def set_shared_value(self, key: str, value: Any) -> None:
        """Set the value of a key."""
        self.update_state(DictionaryChange({key: value}))

    def remove_shared_value(self, key: str) -> None:
        """Remove a key."""
        self.update_state(DictionaryChange(removals=[key]))

    def update_state(self, change: Any) -> None:
        """Change the shared state.

        Args:
            change: A `DictionaryChange`, NanoVer's or ours.

        Raises:
            UpdateRefused: Another client holds a lock on one of the keys.
            InvalidValue: A value cannot be sent.
        """
        changed = DictionaryChange(change.updates, change.removals)
        if not self.client.attempt_update_state(changed):
            raise UpdateRefused([*changed.updates, *changed.removals])

    def clear_locks(self) -> None:
        """Release the locks of this client."""
        if self.client.capabilities.locks:
            self.client.locks.release_all()

    # what is not provided -------------------------------------------------------------

    def recv_frame(self, message: Any) -> NoReturn:  # noqa: ARG002
        """Raise NotProvided; use `client.on_frame`."""
        raise _not_provided("recv_frame")

    def recv_message(self, message: Any) -> NoReturn:  # noqa: ARG002
        """Raise NotProvided; use `client.on_change` and `client.on_frame`."""
        raise _not_provided("recv_message")

    def recv_state(self, message: Any) -> NoReturn:  # noqa: ARG002
        """Raise NotProvided; use `client.on_change`."""
        raise _not_provided("recv_state")

    def send_message(self, message: Any) -> NoReturn:  # noqa: ARG002
        """Raise NotProvided; use `update_state`, `publish_frame` or `run_command`."""
        raise _not_provided("send_message")


def _not_provided(name: str) -> NotProvided:
    return NotProvided(name, NOT_PROVIDED[name])
