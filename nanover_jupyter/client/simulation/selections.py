"""Selections of atoms, which other clients draw with the renderer of each."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Protocol

from nanover_jupyter.client.simulation.particles import particle_indices
from nanover_jupyter.errors import InvalidArgument, UpdateRefused
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import Absent, Value, copy_value

__all__ = [
    "HIDE",
    "METHOD",
    "RENDERER",
    "ROOT_SELECTION",
    "SELECTION_PREFIX",
    "VELOCITY_RESET",
    "Selection",
    "SelectionSource",
    "Selections",
    "selected_particles",
]

SELECTION_PREFIX: Final = "selection."
ROOT_SELECTION: Final = "selection.root"

# The properties of a selection.
METHOD: Final = "nanover.interaction.method"
VELOCITY_RESET: Final = "nanover.interaction.velocity_reset"
RENDERER: Final = "nanover.rendering.renderer"
HIDE: Final = "nanover.rendering.hide"

_ROOT_NAME: Final = "Root Selection"


class SelectionSource(Protocol):
    """The part of a client that reads and writes selections."""

    def ensure_subscribed(self) -> None:
        """Subscribe to the shared state, if not subscribed."""

    def keys(self) -> list[str]:
        """Return all keys."""

    def peek(self, key: str, default: Value = None, /) -> Value | Absent:
        """Return the value of a key. The value is shared, do not modify it."""

    def attempt_update_state(self, change: DictionaryChange) -> bool:
        """Change the shared state; returns False if a key is locked."""

    def catch_up(self) -> None:
        """Wait until the local copy has all changes made before this call."""


class Selection:
    """A selection of atoms in the shared state. Its properties are always up to date.

        protein = client.selections.create("Protein", range(50), renderer="cartoon")
        protein.hidden = True

    Assigning to a property writes it and waits until it is in the shared state. It keeps what
    other clients stored with the selection. All assignments raise UpdateRefused if another
    client holds a lock on the selection, and the errors of `client.attempt_update_state`.

    Args:
        client: The client.
        selection_id: Its key in the shared state.

    Attributes:
        id: Its key in the shared state.
    """

    def __init__(self, client: SelectionSource, selection_id: str) -> None:
        self._client = client
        self.id = selection_id

    @property
    def exists(self) -> bool:
        """Whether it is in the shared state."""
        return isinstance(self._client.peek(self.id), dict)

    @property
    def name(self) -> str:
        """The name for users; empty if it has none."""
        name = self._value().get("name")
        return name if isinstance(name, str) else ""

    @name.setter
    def name(self, name: str) -> None:
        self._write({"name": str(name)})

    @property
    def particles(self) -> list[int] | None:
        """The indices of its atoms; None for all. The root selection always has all."""
        return None if self.id == ROOT_SELECTION else selected_particles(self._value())

    @particles.setter
    def particles(self, particles: Iterable[int] | None) -> None:
        self._write({"selected": _selected(particles)})

    @property
    def renderer(self) -> Any:
        """How it is drawn: the name of a renderer, or a dict of its parts; None if not set."""
        return copy_value(self._property(RENDERER))

    @renderer.setter
    def renderer(self, renderer: str | Mapping[str, object]) -> None:
        self._set_property(RENDERER, _renderer(renderer))

    @property
    def hidden(self) -> bool:
        """Whether its atoms are not drawn."""
        return self._property(HIDE) is True

    @hidden.setter
    def hidden(self, hidden: bool) -> None:
        self._set_property(HIDE, bool(hidden))

    @property
    def interaction_method(self) -> str:
        """What a user who grabs an atom of it pulls: "single", "group" or "none"."""
        method = self._property(METHOD)
        return method if isinstance(method, str) else "single"

    @interaction_method.setter
    def interaction_method(self, method: str) -> None:
        self._set_property(METHOD, str(method))

    @property
    def velocity_reset(self) -> bool:
        """Whether velocities are reset after an interaction with it."""
        return self._property(VELOCITY_RESET) is True

    @velocity_reset.setter
    def velocity_reset(self, reset: bool) -> None:
        self._set_property(VELOCITY_RESET, bool(reset))

    def rename(self, name: str) -> None:
        """Set the name."""
        self.name = name

    def hide(self) -> None:
        """Stop drawing its atoms."""
        self.hidden = True

    def show(self) -> None:
        """Draw its atoms."""
        self.hidden = False

    def remove(self) -> None:
        """Remove it from the shared state."""
        _write(self._client, DictionaryChange(removals=[self.id]))

    def __repr__(self) -> str:
        particles = self.particles
        atoms = "all atoms" if particles is None else f"{len(particles)} atoms"
        return f"<{type(self).__name__} {self.id!r}: {self.name!r}, {atoms}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Selection):
            return NotImplemented
        return self.id == other.id and self._client is other._client

    def __hash__(self) -> int:
        return hash(self.id)

    def _value(self) -> dict[str, Any]:
        value = self._client.peek(self.id)
        return value if isinstance(value, dict) else {}

    def _property(self, key: str) -> Value:
        properties = self._value().get("properties")
        return properties.get(key) if isinstance(properties, dict) else None

    def _set_property(self, key: str, value: object) -> None:
        self._write({}, {key: value})

    def _write(
        self, fields: Mapping[str, object], properties: Mapping[str, object] | None = None
    ) -> None:
        """Change fields and properties; the rest of the value stays."""
        # The rest is written back, so it must be up to date.
        self._client.catch_up()
        if not self.exists:
            # Without its atoms it would have all of them.
            raise InvalidArgument("selection", f"{self.id!r} was removed; create it again")
        value = {"id": self.id, "name": "", **self._value(), **fields}
        if properties:
            known = value.get("properties")
            kept = known if isinstance(known, dict) else {}
            value["properties"] = {**kept, **properties}
        _write(self._client, DictionaryChange({self.id: value}))


class Selections(Mapping[str, Selection]):
    """The selections of a session by their keys, as a live mapping.

        for selection in client.selections.values():
            print(selection.name, selection.particles)

    Clients draw each atom with the last selection that has it, by order of the keys, and with
    the root selection otherwise. Iteration uses a snapshot of the keys.

    Args:
        client: The client.
    """

    def __init__(self, client: SelectionSource) -> None:
        self._client = client
        client.ensure_subscribed()

    def __getitem__(self, key: str) -> Selection:
        if key not in self:
            raise KeyError(key)
        return Selection(self._client, key)

    def __contains__(self, key: object) -> bool:
        # Anything but a dictionary is not a selection, whatever its key.
        return (
            isinstance(key, str)
            and key.startswith(SELECTION_PREFIX)
            and isinstance(self._client.peek(key), dict)
        )

    def __iter__(self) -> Iterator[str]:
        known = self._client.keys()
        keys = [key for key in known if key in self]
        return iter(sorted(keys, key=lambda key: (key != ROOT_SELECTION, key)))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {', '.join(self) or 'none'}>"

    @property
    def root(self) -> Selection:
        """The selection of all atoms at the bottom, created if there is none."""
        if ROOT_SELECTION not in self:
            self._client.catch_up()  # it may not have arrived yet
        if ROOT_SELECTION not in self:
            self._create(ROOT_SELECTION, _ROOT_NAME, None, "liquorice", hidden=False)
        return Selection(self._client, ROOT_SELECTION)

    def create(
        self,
        name: str,
        particles: Iterable[int] | None = (),
        *,
        renderer: str | Mapping[str, object] = "liquorice",
        hidden: bool = False,
    ) -> Selection:
        """Create a selection and wait until it is in the shared state.

        Args:
            name: The name for users.
            particles: The indices of its atoms; None for all.
            renderer: The name of a renderer, such as "cartoon", or a dict of its parts.
            hidden: Whether its atoms are not drawn.

        Raises:
            InvalidArgument: (a ValueError) An argument is invalid.
            NanoverJupyterError: As `client.attempt_update_state`.
        """
        key = f"{SELECTION_PREFIX}{uuid.uuid4()}.0"
        return self._create(key, name, particles, renderer, hidden=hidden)

    def clear(self) -> None:
        """Remove all selections."""
        keys = list(self)
        if keys:
            _write(self._client, DictionaryChange(removals=keys))

    def _create(
        self,
        key: str,
        name: str,
        particles: Iterable[int] | None,
        renderer: str | Mapping[str, object],
        *,
        hidden: bool,
    ) -> Selection:
        value = {
            "id": key,
            "name": str(name),
            "selected": _selected(particles),
            "properties": {
                METHOD: "single",
                VELOCITY_RESET: False,
                RENDERER: _renderer(renderer),
                HIDE: hidden,
            },
        }
        _write(self._client, DictionaryChange({key: value}))
        return Selection(self._client, key)


def selected_particles(value: Mapping[str, Any]) -> list[int] | None:
    """Return the indices of a selection's value; None for all atoms.

    `selected` may be a list, or a dict with `particle_ids`, which is null for all atoms. What
    is not an index is left out.
    """
    selected = value.get("selected")
    if isinstance(selected, Mapping):
        selected = selected.get("particle_ids")
    if selected is None or not isinstance(selected, list | tuple):
        return None
    return [
        int(each)
        for each in selected
        if type(each) is int or (type(each) is float and each.is_integer())
    ]


def _selected(particles: Iterable[int] | None) -> dict[str, list[int] | None]:
    return {"particle_ids": None if particles is None else particle_indices(particles)}


def _renderer(renderer: object) -> str | dict[Any, Any]:
    if isinstance(renderer, Mapping):
        return dict(renderer)
    if not isinstance(renderer, str) or not renderer:
        reason = f'{renderer!r:.60} is not a renderer; use a name such as "cartoon", or a dict'
        raise InvalidArgument("renderer", reason)
    return renderer


def _write(client: SelectionSource, change: DictionaryChange) -> None:
    """Write a change, and wait until reading gives the new values."""
    if not client.attempt_update_state(change):
        raise UpdateRefused([*change.updates, *change.removals])
    client.catch_up()
