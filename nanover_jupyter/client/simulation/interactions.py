"""Interactions: forces of this client on atoms of the simulation."""

from __future__ import annotations

import math
import weakref
from collections.abc import Iterable
from typing import Any, Final, Self

from nanover_jupyter.client.simulation.interaction_registry import InteractionRegistry
from nanover_jupyter.client.simulation.particles import particle_indices
from nanover_jupyter.errors import InvalidArgument
from nanover_jupyter.wire.values import normalize

__all__ = ["DEFAULT_MAX_FORCE", "KINDS", "Interaction", "check_kind", "interaction_value"]

DEFAULT_MAX_FORCE: Final = 20000.0

KINDS: Final = ("spring", "gaussian", "constant")
"""The kinds of forces that NanoVer's servers know."""

_COORDINATES: Final = 3


class Interaction:
    """A force on atoms of the simulation, which lasts until `end` or the end of a `with` block.

        with client.interact([60], frame.positions[60], scale=100) as pull:
            pull.move([1.0, 0.5, 2.0])

    It also ends when the client is closed, when nothing refers to it any more, and when the
    process exits. If the process is killed, see `client.find_stale_interactions`. A server may
    end it too, for example when it loads another simulation.

    Made by `client.interact`. Any thread may use it.

    Args:
        registry: The interactions of the client.
        value: The first value of its key; see `interaction_value`.
        owner: An object to keep alive until the interaction is collected.
        key: Its key in the shared state; a new one by default.

    Attributes:
        key: Its key in the shared state.
    """

    def __init__(
        self,
        registry: InteractionRegistry,
        value: dict[str, Any],
        *,
        owner: object,
        key: str | None = None,
    ) -> None:
        self._registry = registry
        self._owner = owner
        self._value = value
        self.key = key or registry.new_key()
        self._token = object()
        # Before the write: Ctrl-C during it must not leave an interaction behind.
        weakref.finalize(self, registry.abandon, self.key, self._token).atexit = False
        try:
            registry.start(self.key, value, self._token)
        except BaseException:
            registry.end(self.key, self._token)
            raise

    @property
    def particles(self) -> list[int]:
        """The indices of its atoms."""
        return list(self._value["particles"])

    @property
    def position(self) -> list[float]:
        """The position that it pulls to, in nm."""
        return list(self._value["position"])

    @property
    def active(self) -> bool:
        """Whether it was ended neither by this client nor, as far as known, by the server."""
        return self._registry.is_active(self.key, self._token)

    def move(self, position: Iterable[float]) -> None:
        """Pull to another position. Never waits: a later position replaces one not sent yet.

        Does nothing if the interaction has ended.

        Args:
            position: Three coordinates in nm.

        Raises:
            InvalidArgument: (a ValueError) They are not three finite numbers.
        """
        self._set({"position": _position(position)})

    def update(  # noqa: PLR0913 - the settings of `client.interact`
        self,
        *,
        particles: Iterable[int] | None = None,
        position: Iterable[float] | None = None,
        kind: str | None = None,
        scale: float | None = None,
        mass_weighted: bool | None = None,
        reset_velocities: bool | None = None,
        max_force: float | None = None,
        label: str | None = None,
    ) -> None:
        """Change settings; those that are None stay. Never waits, see `move`.

        Args:
            particles: As for `client.interact`, and so are the others.
            position: Three coordinates in nm.
            kind: "spring", "gaussian" or "constant".
            scale: The factor of the force.
            mass_weighted: Whether heavier atoms get more of the force.
            reset_velocities: Whether the server resets the velocities of the atoms at the end.
            max_force: The largest total force in kJ/mol/nm.
            label: A name for other clients.

        Raises:
            InvalidArgument: (a ValueError) A setting is invalid; nothing was changed.
        """
        changes: dict[str, Any] = {
            "particles": None if particles is None else _particles(particles),
            "position": None if position is None else _position(position),
            "interaction_type": None if kind is None else check_kind(kind),
            "scale": None if scale is None else _scale(scale),
            "mass_weighted": None if mass_weighted is None else bool(mass_weighted),
            "reset_velocities": None if reset_velocities is None else bool(reset_velocities),
            "max_force": None if max_force is None else _max_force(max_force),
            "label": None if label is None else str(label),
        }
        self._set({key: value for key, value in changes.items() if value is not None})

    def replace(self, value: dict[str, Any]) -> None:
        """Replace all settings by a value from `interaction_value`.

        Raises:
            InvalidValue: (a TypeError) It cannot be sent; nothing was changed.
        """
        normalize(value)
        self._set(value)

    def end(self) -> None:
        """End the interaction. Does not wait for the server. Idempotent."""
        self._registry.end(self.key, self._token)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def __repr__(self) -> str:
        state = "active" if self.active else "ended"
        return f"<{type(self).__name__} {self.key}: {state}, particles {self.particles}>"

    def _set(self, changes: dict[str, Any]) -> None:
        # Replaced, not modified: the registry may be sending the old one.
        value = self._value = {**self._value, **changes}
        self._registry.update(self.key, value, self._token)


def interaction_value(  # noqa: PLR0913 - one for each field of the value
    particles: Iterable[int],
    position: Iterable[float],
    *,
    kind: str = "gaussian",
    scale: float = 1.0,
    mass_weighted: bool = True,
    reset_velocities: bool = False,
    max_force: float = DEFAULT_MAX_FORCE,
    label: str | None = None,
) -> dict[str, Any]:
    """Return the value of an interaction's key in the shared state.

    Raises:
        InvalidArgument: (a ValueError) A setting is invalid.
    """
    value = {
        "position": _position(position),
        "particles": _particles(particles),
        "interaction_type": check_kind(kind),
        "scale": _scale(scale),
        "mass_weighted": bool(mass_weighted),
        "reset_velocities": bool(reset_velocities),
        "max_force": _max_force(max_force),
    }
    return value if label is None else {**value, "label": str(label)}


def _position(position: Iterable[float]) -> list[float]:
    problem = f"{position!r:.60} is not three finite numbers; use [x, y, z] in nm"
    try:
        coordinates = [float(each) for each in position]
    except (TypeError, ValueError, OverflowError):
        raise InvalidArgument("position", problem) from None
    if len(coordinates) != _COORDINATES or not all(map(math.isfinite, coordinates)):
        raise InvalidArgument("position", problem)
    return coordinates


def _particles(particles: Iterable[int]) -> list[int]:
    indices = particle_indices(particles)
    if not indices:
        raise InvalidArgument("particles", "there are none; give at least one index")
    return indices


def check_kind(kind: object) -> str:
    """Return the kind of a force. Raises InvalidArgument if NanoVer's servers do not know it."""
    # NanoVer's server pauses the simulation of all users for any other.
    if kind not in KINDS:
        reason = f'{kind!r:.60} is unknown; use "spring", "gaussian" or "constant"'
        raise InvalidArgument("kind", reason)
    return str(kind)


def _scale(scale: float) -> float:
    number = _number("scale", scale)
    if not math.isfinite(number):
        raise InvalidArgument("scale", f"{scale!r} is not finite")
    return number


def _max_force(force: float) -> float:
    number = _number("max_force", force)
    if math.isnan(number) or number < 0:
        raise InvalidArgument("max_force", f"{force!r} is not a force; use a positive number")
    return number


def _number(name: str, value: float) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise InvalidArgument(name, f"{value!r:.60} is not a number in range") from None
