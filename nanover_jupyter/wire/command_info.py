"""A command that a server lists: its name and default arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.values import Value, copy_value, normalize, same_value

__all__ = ["CommandInfo"]


class CommandInfo:
    """A command that a server offers.

    Equal to another command with the same name, arguments, label and icon, and to a dict of
    its default arguments, which NanoVer's own client returns since autumn 2025.

    Args:
        name: The command's name, such as "playback/load".
        **arguments: Its default arguments.

    Raises:
        InvalidValue: A default argument cannot be sent.
    """

    __slots__ = ("_arguments", "icon", "label", "name")

    def __init__(self, name: str, /, **arguments: object) -> None:
        self.name = name
        self.label: str | None = None
        self.icon: str | None = None
        self._arguments: dict[str, Value] = normalize(arguments)  # type: ignore[assignment]

    @classmethod
    def labeled(
        cls,
        name: str,
        arguments: Mapping[str, object],
        *,
        label: str | None = None,
        icon: str | None = None,
    ) -> CommandInfo:
        """Return a command with a label and an icon, which newer servers publish."""
        info = cls(name, **arguments)
        info.label = label
        info.icon = icon
        return info

    @classmethod
    def from_proto(cls, raw: Any) -> CommandInfo:
        """Return the command in a protobuf `CommandMessage`, of this or another package."""
        name, arguments = grpc_codec.read_command(raw)
        return cls(name, **arguments)

    @property
    def arguments(self) -> dict[str, Value]:
        """A copy of the default arguments by name."""
        return {name: copy_value(value) for name, value in self._arguments.items()}

    @property
    def raw(self) -> Any:
        """This command as a protobuf `CommandMessage`."""
        return grpc_codec.write_command(self.name, self._arguments)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, CommandInfo):
            if (self.name, self.label, self.icon) != (other.name, other.label, other.icon):
                return False
            other = other._arguments
        elif not isinstance(other, dict):
            return NotImplemented
        # `==` treats 1 and 1.0 as equal, as gRPC does; `same_value` treats NaN as equal to NaN.
        return self._arguments == other or same_value(self._arguments, other)

    def __hash__(self) -> int:
        return hash(self.name)

    def __str__(self) -> str:
        arguments = ", ".join(f"{name}={value}" for name, value in self._arguments.items())
        return f"'{self.name}':({arguments})"

    def __repr__(self) -> str:
        return f"<CommandInfo {self}>"
