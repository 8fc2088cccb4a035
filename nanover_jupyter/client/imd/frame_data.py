"""Frames with the attribute names of NanoVer's `FrameData`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, Self

__all__ = ["ATTRIBUTES", "FrameData", "frame_content"]

ATTRIBUTES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "frame_index": "frame.index",
        "box_vectors": "system.box.vectors",
        "bond_pairs": "bond.pairs",
        "bond_orders": "bond.orders",
        "particle_count": "particle.count",
        "particle_positions": "particle.positions",
        "particle_velocities": "particle.velocities",
        "particle_forces": "particle.forces",
        "particle_forces_system": "particle.forces.system",
        "particle_elements": "particle.elements",
        "particle_colors": "particle.colors",
        "particle_names": "particle.names",
        "particle_residues": "particle.residues",
        "residue_count": "residue.count",
        "residue_names": "residue.names",
        "residue_ids": "residue.ids",
        "residue_chains": "residue.chains",
        "chain_count": "chain.count",
        "chain_names": "chain.names",
        "kinetic_energy": "energy.kinetic",
        "potential_energy": "energy.potential",
        "system_temperature": "system.temperature",
        "user_energy": "energy.user.total",
        "user_work_done": "forces.user.work_done",
        "user_forces_sparse": "forces.user.sparse",
        "user_forces_index": "forces.user.index",
        "simulation_name": "system.simulation.name",
        "simulation_time": "system.simulation.time",
        "simulation_counter": "system.simulation.counter",
        "simulation_exception": "system.simulation.exception",
        "server_timestamp": "server.timestamp",
    }
)
"""The keys of a frame by the names of the attributes."""


class FrameData:
    """A frame whose values are attributes and items.

        frame.particle_positions        # the same as frame["particle.positions"]

    A frame that was received has read-only arrays. It can be changed by assigning other
    values, which changes neither the client's frame nor the simulation.

    Args:
        frame: The values by key.
    """

    def __init__(self, frame: Mapping[str, Any] | None = None) -> None:
        # A received frame decodes its values when they are read.
        self._content: Mapping[str, Any] = {} if frame is None else frame

    @property
    def frame_dict(self) -> dict[str, Any]:
        """The values by key. Decodes all of them."""
        if not isinstance(self._content, dict):
            self._content = dict(self._content)
        return self._content

    def copy(self) -> Self:
        """Return an independent frame with the same values."""
        return type(self)(dict(self._content))

    def __getattr__(self, name: str) -> Any:
        if name not in ATTRIBUTES:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return self._content[ATTRIBUTES[name]]

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ATTRIBUTES:
            self.frame_dict[ATTRIBUTES[name]] = value
        else:
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *ATTRIBUTES})

    def __getitem__(self, key: str) -> Any:
        return self._content[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.frame_dict[key] = value

    def __delitem__(self, key: str) -> None:
        del self.frame_dict[key]

    def __contains__(self, key: object) -> bool:
        return key in self._content

    def __iter__(self) -> Iterator[str]:
        return iter(self._content)

    def __bool__(self) -> bool:
        return bool(self._content)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {', '.join(sorted(self._content)) or 'nothing'}>"


def frame_content(frame: Any) -> dict[str, Any]:
    """Return the values by key of a frame: ours, NanoVer's, or a mapping.

    Raises:
        TypeError: It is none of these.
    """
    content = frame if isinstance(frame, Mapping) else getattr(frame, "frame_dict", None)
    if not isinstance(content, Mapping):
        raise TypeError(f"{frame!r:.60} is not a FrameData; use one, or a dict of values by key")
    return dict(content)
