"""A command as servers list it: its name and default arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.values import Value, copy_value, normalise, same_value

__all__ = ["CommandInfo"]


class CommandInfo:
    """A command that a server offers.

    Equal to another of the same name, arguments, label and icon, and to a dict of its
    default arguments, which is what NanoVer's client gives in its place since autumn 2025.

    Args:
        name: The command's name, such as "playback/load".
        **arguments: Its default arguments.

    Raises:
        InvalidValue: A default that no server could send.
    """

    __slots__ = ("_arguments", "icon", "label", "name")

    def __init__(self, name: str, /, **arguments: object) -> None:
        self.name = name
        self.label: str | None = None
        self.icon: str | None = None
        self._arguments: dict[str, Value] = normalise(arguments)  # type: ignore[assignment]

    @classmethod
    def described(
        cls,
        name: str,
        arguments: Mapping[str, object],
        *,
        label: str | None = None,
        icon: str | None = None,
    ) -> CommandInfo:
        """A command with the label and icon that newer servers publish."""
        info = cls(name, **arguments)
        info.label = label
        info.icon = icon
        return info

    @classmethod
    def from_proto(cls, raw: Any) -> CommandInfo:
        """The command described by a protobuf `CommandMessage`, of whichever package."""
        name, arguments = grpc_codec.read_command(raw)
        return cls(name, **arguments)

    @property
    def arguments(self) -> dict[str, Value]:
        """The default arguments by name; a fresh dict each time."""
        return {name: copy_value(value) for name, value in self._arguments.items()}

    @property
    def raw(self) -> Any:
        """The protobuf `CommandMessage` that describes this command."""
        return grpc_codec.write_command(self.name, self._arguments)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, CommandInfo):
            mine = (self.name, self.label, self.icon)
            if mine != (other.name, other.label, other.icon):
                return False
            other = other._arguments
        elif not isinstance(other, dict):
            return NotImplemented
        # 1 and 1.0 are alike, as the wire has only the latter; but NaN is not equal to itself.
        ours, theirs = self._arguments, other
        return ours == theirs or same_value(ours, theirs)

    def __hash__(self) -> int:
        return hash(self.name)

    def __str__(self) -> str:
        arguments = ", ".join(f"{name}={value}" for name, value in self._arguments.items())
        return f"'{self.name}':({arguments})"

    def __repr__(self) -> str:
        return f"<CommandInfo {self}>"
