"""Selections as objects that are changed locally and then written, as in NanoVer's client."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from nanover_jupyter.client.simulation.particles import particle_indices
from nanover_jupyter.client.simulation.selections import (
    HIDE,
    METHOD,
    RENDERER,
    VELOCITY_RESET,
    selected_particles,
)

__all__ = ["RenderingSelection"]

Write = Callable[["RenderingSelection"], object]


class RenderingSelection:
    """A selection of atoms. Changes are written by `flush_changes`, or by `modify`.

        with selection.modify():
            selection.renderer = "cartoon"
            selection.set_particles([1, 2, 3])

    Unlike NanoVer's, it keeps fields of the shared value that it does not know, and reads a
    value without a name.

    Args:
        selection_id: Its key in the shared state.
        name: The name for users.
        update: Writes the selection.
        remove: Removes it.

    Attributes:
        selection_id: Its key in the shared state.
        selection_name: The name for users.
        selected_particle_ids: The set of the indices of its atoms.
        interaction_method: What a user who grabs one of its atoms pulls.
        velocity_reset: Whether velocities are reset after an interaction with it.
        renderer: The name of a renderer, or a dict of its parts.
        hide: Whether its atoms are not drawn.
    """

    def __init__(
        self,
        selection_id: str,
        name: str = "Unnamed Selection",
        *,
        update: Write = lambda _: None,
        remove: Write = lambda _: None,
    ) -> None:
        self.selection_id = selection_id
        self.selection_name = name
        self.selected_particle_ids: set[int] = set()
        self.interaction_method = "single"
        self.velocity_reset = False
        self.renderer: str | dict[str, Any] = "liquorice"
        self.hide = False
        self._update = update
        self._remove = remove
        self._received: Mapping[str, Any] = {}
        # Whether the received value stands for all atoms, and was not changed since.
        self._has_all = False

    @contextmanager
    def modify(self) -> Iterator[RenderingSelection]:
        """Write the changes at the end of a `with` block, unless it raises."""
        yield self
        self.flush_changes()

    def flush_changes(self) -> None:
        """Write the selection to the shared state."""
        self._update(self)

    def remove(self) -> None:
        """Remove the selection from the shared state."""
        self._remove(self)

    def clear_particles(self) -> None:
        """Remove all atoms from the selection."""
        self.selected_particle_ids.clear()
        self._has_all = False

    def set_particles(self, particle_ids: Iterable[int] | None = None) -> None:
        """Replace the atoms of the selection."""
        self.selected_particle_ids = set(
            particle_indices(() if particle_ids is None else particle_ids)
        )
        self._has_all = False

    def add_particles(self, particle_ids: Iterable[int]) -> None:
        """Add atoms to the selection."""
        self.selected_particle_ids.update(particle_indices(particle_ids))
        self._has_all = False

    def to_dictionary(self) -> dict[str, Any]:
        """Return the value of the selection in the shared state."""
        is_all = self._has_all and not self.selected_particle_ids
        return {
            **self._received,
            "id": self.selection_id,
            "name": self.selection_name,
            "selected": {"particle_ids": None if is_all else sorted(self.selected_particle_ids)},
            "properties": {
                **_properties(self._received),
                METHOD: self.interaction_method,
                VELOCITY_RESET: self.velocity_reset,
                RENDERER: self.renderer,
                HIDE: self.hide,
            },
        }

    def read_from_dictionary(self, value: Mapping[str, Any]) -> None:
        """Set the attributes from a value of the shared state. What is missing is a default."""
        self._received = dict(value)
        properties = _properties(value)
        self.selection_name = str(value.get("name", self.selection_name))
        particles = selected_particles(value)
        self.set_particles(particles)
        self._has_all = particles is None
        self.interaction_method = properties.get(METHOD, "single")
        self.velocity_reset = properties.get(VELOCITY_RESET, False)
        self.renderer = properties.get(RENDERER, "liquorice")
        self.hide = properties.get(HIDE, False)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.selection_id!r}: {self.selection_name!r}>"


def _properties(value: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = value.get("properties")
    return properties if isinstance(properties, Mapping) else {}
