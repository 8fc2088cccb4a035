"""The indices of atoms, as arguments."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from nanover_jupyter.errors import InvalidArgument

__all__ = ["particle_indices"]


def particle_indices(particles: Iterable[int]) -> list[int]:
    """Return indices of atoms as a list.

    Args:
        particles: Integers, or floats that are integers, as gRPC servers send them.

    Raises:
        InvalidArgument: (a ValueError) They are not indices, for example a mask.
    """
    problem = f"{particles!r:.60} is not a list of indices; use [0, 1]"
    try:
        items = list(particles)
        indices = [int(item) for item in items]
    except (TypeError, ValueError, OverflowError):
        raise InvalidArgument("particles", problem) from None
    if any(isinstance(item, bool | np.bool_) for item in items):
        mask = "it is a mask; use np.flatnonzero(mask) for the indices"
        raise InvalidArgument("particles", mask)
    if any(index != item for index, item in zip(indices, items, strict=True)):
        raise InvalidArgument("particles", problem)
    if indices and min(indices) < 0:
        raise InvalidArgument("particles", f"{min(indices)} is negative; indices start at 0")
    return indices
