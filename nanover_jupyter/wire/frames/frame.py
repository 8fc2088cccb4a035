"""A frame of a simulation: the merged content of what a server sent about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from nanover_jupyter.wire.frames.field import FrameField, FrameValue, MaybeField, conform
from nanover_jupyter.wire.frames.fields import FIELDS, INTEGERS, NAMES
from nanover_jupyter.wire.frames.mdanalysis import universe_of
from nanover_jupyter.wire.frames.message import FRAME_INDEX

__all__ = ["Frame"]

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.uint32]
Octets = npt.NDArray[np.uint8]

_BOX_VECTORS: Final = 3
# Arrays with one row for each atom.
_PER_ATOM: Final = (
    "particle.positions",
    "particle.velocities",
    "particle.forces",
    "particle.forces.system",
    "particle.elements",
    "particle.residues",
    "particle.names",
    "particle.colors",
)
# Arrays of indices, and the array that they refer to.
_INDICES: Final = {
    "bond.pairs": "particle.positions",
    "forces.user.index": "particle.positions",
    "particle.residues": "residue.names",
    "residue.chains": "chain.names",
}


class Frame(Mapping[str, FrameValue]):
    """A frame of a simulation, as a read-only mapping of NanoVer's keys to values.

        frame = client.wait_for_frame()
        frame.positions.mean(axis=0)      # the center, in nm
        frame["energy.kinetic"]           # the same as frame.kinetic_energy

    Most values are numpy arrays. They are read-only, often without a copy of the received
    bytes, and are decoded when they are first read. A frame never changes; `client.frame`
    returns a new one. Two frames are equal only if they are the same object. Any thread may use
    them.

    The properties return None if the server did not send the value, or sent one that cannot
    be used. `problems` says why.

    Args:
        fields: The values by key. They may be undecoded.
        generation: How often the simulation was reset since the client was made.
        received_at: When the last part of the frame was received, in monotonic seconds.
    """

    __slots__ = ("__dict__", "_fields", "generation", "received_at")

    def __init__(
        self,
        fields: Mapping[str, MaybeField] | None = None,
        *,
        generation: int = 0,
        received_at: float = 0.0,
    ) -> None:
        self._fields: dict[str, MaybeField] = dict(fields or {})
        self.generation = generation
        self.received_at = received_at

    def __getitem__(self, key: str) -> FrameValue:
        return self._decode(key)[0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __contains__(self, key: object) -> bool:
        return key in self._fields

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        facts = [f"index {self.index}"]
        if self.particle_count is not None:
            facts.append(f"{self.particle_count} atoms")
        if self.time is not None:
            facts.append(f"{self.time:g} ps")
        return f"<Frame: {', '.join(facts)}>"

    # atoms ---------------------------------------------------------------------------

    @property
    def particle_count(self) -> int | None:
        """The number of atoms N."""
        count = self.get("particle.count")
        if isinstance(count, int):
            return count
        positions = self.positions
        return None if positions is None else len(positions)

    @property
    def positions(self) -> Floats | None:
        """The positions of the atoms in nm, (N, 3) float32."""
        return self._array("particle.positions")

    @property
    def velocities(self) -> Floats | None:
        """The velocities of the atoms in nm/ps, (N, 3) float32."""
        return self._array("particle.velocities")

    @property
    def forces(self) -> Floats | None:
        """The forces on the atoms in kJ/mol/nm, (N, 3) float32, if the server sends them."""
        return self._array("particle.forces")

    @property
    def system_forces(self) -> Floats | None:
        """The forces on the atoms without those of users in kJ/mol/nm, (N, 3) float32."""
        return self._array("particle.forces.system")

    @property
    def elements(self) -> Octets | None:
        """The atomic numbers of the atoms, (N,) uint8."""
        return self._array("particle.elements")

    @property
    def names(self) -> list[str] | None:
        """The names of the atoms, such as "CA"."""
        return self._names("particle.names")

    @property
    def colors(self) -> Octets | None:
        """The colors of the atoms, (N, 4) uint8: red, green, blue and alpha."""
        return self._array("particle.colors")

    # structure -----------------------------------------------------------------------

    @property
    def bonds(self) -> Indices | None:
        """The indices of the atoms of each bond, (M, 2) uint32."""
        return self._array("bond.pairs")

    @property
    def bond_orders(self) -> Octets | None:
        """The orders of the bonds, (M,) uint8."""
        return self._array("bond.orders")

    @property
    def residues(self) -> Indices | None:
        """The index of the residue of each atom, (N,) uint32."""
        return self._array("particle.residues")

    @property
    def residue_names(self) -> list[str] | None:
        """The names of the residues, such as "ALA"."""
        return self._names("residue.names")

    @property
    def residue_ids(self) -> list[str] | None:
        """The numbers of the residues, as strings."""
        return self._names("residue.ids")

    @property
    def residue_chains(self) -> Indices | None:
        """The index of the chain of each residue, uint32."""
        return self._array("residue.chains")

    @property
    def chain_names(self) -> list[str] | None:
        """The names of the chains."""
        return self._names("chain.names")

    @property
    def box(self) -> Floats | None:
        """The vectors of the periodic box in nm, (3, 3) float32."""
        box = self._array("system.box.vectors")
        return box if box is not None and len(box) == _BOX_VECTORS else None

    # simulation ----------------------------------------------------------------------

    @property
    def index(self) -> int | None:
        """The number of the frame, which restarts at 0 when the simulation is reset.

        A WebSocket server sends 0 with the first frame of a connection, whatever its number.
        """
        return self._integer(FRAME_INDEX)

    @property
    def simulation_name(self) -> str | None:
        """The name of the simulation."""
        return self._string("system.simulation.name")

    @property
    def simulation_counter(self) -> int | None:
        """How many simulations the server loaded before this one."""
        return self._integer("system.simulation.counter")

    @property
    def server_timestamp(self) -> float | None:
        """When the server sent the frame, in seconds of its monotonic clock."""
        return self._number("server.timestamp")

    @property
    def time(self) -> float | None:
        """The simulated time in ps."""
        return self._number("system.simulation.time")

    @property
    def temperature(self) -> float | None:
        """The temperature in K."""
        return self._number("system.temperature")

    @property
    def kinetic_energy(self) -> float | None:
        """The kinetic energy in kJ/mol."""
        return self._number("energy.kinetic")

    @property
    def potential_energy(self) -> float | None:
        """The potential energy in kJ/mol, without that of users' interactions."""
        return self._number("energy.potential")

    @property
    def exception(self) -> str | None:
        """The error of the simulation. It stays until the simulation is reset or loaded."""
        return self._string("system.simulation.exception")

    # interactions of users -----------------------------------------------------------

    @property
    def user_energy(self) -> float | None:
        """The energy of users' interactions in kJ/mol."""
        return self._number("energy.user.total")

    @property
    def user_work(self) -> float | None:
        """The work done by users' interactions since the last reset, in kJ/mol."""
        return self._number("forces.user.work_done")

    @cached_property
    def user_forces(self) -> Floats | None:
        """The forces of users' interactions in kJ/mol/nm, (N, 3) float32.

        Zero for atoms without an interaction. None if the server sends no such forces, or if the
        number of atoms is unknown.
        """
        forces, indices = self._array("forces.user.sparse"), self._array("forces.user.index")
        atoms = self.elements if self.positions is None else self.positions
        if forces is None or indices is None or atoms is None or len(forces) != len(indices):
            return None
        dense = np.zeros((len(atoms), 3), np.float32)
        inside = indices < len(atoms)
        np.add.at(dense, indices[inside], forces[inside])
        dense.flags.writeable = False
        return dense

    # problems and exports ------------------------------------------------------------

    @cached_property
    def problems(self) -> Mapping[str, str]:
        """What is wrong with the values, by key. Decodes all values, and checks them."""
        found = {}
        for key in self._fields:
            problem = self._decode(key)[1] or self._check(key)
            if problem is not None:
                found[key] = problem
        return found

    def problem(self, key: str) -> str | None:
        """Return what is wrong with the value of a key, without checking other values.

        Raises:
            KeyError: The frame does not have the key.
        """
        return self._decode(key)[1]

    def to_mdanalysis(self) -> Any:
        """Return an `MDAnalysis.Universe` with the atoms, bonds, box and positions.

        Lengths are in Å, velocities in Å/ps and forces in kJ/mol/Å, as usual in MDAnalysis.

        Raises:
            InvalidArgument: (a ValueError) The frame has no positions.
            ModuleNotFoundError: MDAnalysis is not installed.
        """
        return universe_of(self)

    # internals -----------------------------------------------------------------------

    def _decode(self, key: str) -> tuple[FrameValue, str | None]:
        field = self._fields[key]
        if isinstance(field, FrameField):
            return field.decode(key)
        if key in INTEGERS or key in FIELDS or key in NAMES:
            return conform(key, field)
        return field, None

    def _array(self, key: str) -> npt.NDArray[Any] | None:
        """Return the array of a key if it is well formed."""
        value = self._well_formed(key)
        return value if isinstance(value, np.ndarray) else None

    def _names(self, key: str) -> list[str] | None:
        value = self._well_formed(key)
        return value if isinstance(value, list) else None

    def _well_formed(self, key: str) -> FrameValue:
        if key not in self._fields:
            return None
        value, problem = self._decode(key)
        return value if problem is None else None

    def _number(self, key: str) -> float | None:
        value = self.get(key)
        return float(value) if type(value) in (int, float) else None  # type: ignore[arg-type]

    def _integer(self, key: str) -> int | None:
        value = self.get(key)
        return value if type(value) is int else None

    def _string(self, key: str) -> str | None:
        value = self.get(key)
        return value if isinstance(value, str) else None

    def _check(self, key: str) -> str | None:
        """Return a contradiction between a well-formed value and the others, or None."""
        value = self[key]
        if key in _PER_ATOM and isinstance(value, np.ndarray | list):
            count = self.particle_count
            if count is not None and len(value) != count:
                return f"it has {len(value)} rows for {count} atoms"
        if key in _INDICES and isinstance(value, np.ndarray) and value.size:
            target = self.get(_INDICES[key])
            highest = int(value.max())
            if isinstance(target, np.ndarray | list) and highest >= len(target):
                return f"index {highest} is out of range; {_INDICES[key]} has {len(target)} rows"
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            finite = np.isfinite(value)
            count = len(value) - int(np.count_nonzero(finite.all(axis=tuple(range(1, value.ndim)))))
            if count:
                return f"{count} of its {len(value)} rows are not finite"
        if key == "system.box.vectors" and self.box is None:
            return "a box has three vectors"
        return None
