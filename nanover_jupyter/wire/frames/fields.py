"""The keys of NanoVer's frames and the types of their values (wire-protocol G6 and W5).

The set of keys is open: simulations and other clients add their own. Keys that are not
listed here are numbers, strings, or whatever the wire format carries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

__all__ = ["FIELDS", "INTEGERS", "NAMES", "FieldType"]


@dataclass(frozen=True, slots=True)
class FieldType:
    """The type of a field that holds an array.

    Attributes:
        dtype: The type of the elements, little-endian as on the wire.
        columns: The number of columns, or 1 if the array has one dimension.
    """

    dtype: np.dtype[np.generic]
    columns: int = 1


def _arrays(dtype: str, columns: int, *keys: str) -> dict[str, FieldType]:
    field = FieldType(np.dtype(dtype), columns)
    return dict.fromkeys(keys, field)


FIELDS: Final[Mapping[str, FieldType]] = MappingProxyType(
    {
        **_arrays(
            "<f4",
            3,
            "particle.positions",
            "particle.velocities",
            "particle.forces",
            "particle.forces.system",
            "forces.user.sparse",
            "system.box.vectors",
        ),
        **_arrays("<u4", 2, "bond.pairs"),
        **_arrays("<u4", 1, "particle.residues", "residue.chains", "forces.user.index"),
        **_arrays("|u1", 1, "particle.elements", "bond.orders"),
        **_arrays("|u1", 4, "particle.colors"),
    }
)
"""The fields that are arrays of numbers: vectors and box vectors have three columns, pairs two."""

NAMES: Final = frozenset({"particle.names", "residue.names", "residue.ids", "chain.names"})
"""The fields that are lists of strings."""

INTEGERS: Final = frozenset(
    {
        "frame.index",
        "particle.count",
        "residue.count",
        "chain.count",
        "system.simulation.counter",
        "system.reset.counter",
    }
)
"""The numbers that are integers. Over gRPC and in old recordings they arrive as floats."""
