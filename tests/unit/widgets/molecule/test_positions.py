"""Positions as bytes for the page."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from nanover_jupyter.widgets.molecule.positions import (
    EncodedPositions,
    PositionEncoder,
    bytes_per_frame,
)

MANY = 20_000


def random_positions(count: int, seed: int = 1) -> npt.NDArray[np.float32]:
    return np.random.default_rng(seed).normal(0, 3, (count, 3)).astype(np.float32)


def decoded(encoded: EncodedPositions) -> npt.NDArray[Any]:
    steps = np.frombuffer(encoded.data, "<u2").reshape(-1, 3)
    positions = np.array(encoded.origin) + steps * np.array(encoded.step)
    positions[(steps == 65535).all(axis=1)] = np.nan
    return positions


def test_few_positions_are_passed_on_without_a_copy() -> None:
    positions = random_positions(10)
    encoded = PositionEncoder().encode(positions, 0.0)

    assert encoded.encoding == "float32"
    assert np.shares_memory(np.frombuffer(encoded.data, "<f4"), positions)


def test_many_positions_are_steps_within_bounds() -> None:
    positions = random_positions(MANY)
    encoded = PositionEncoder().encode(positions, 0.0)

    assert encoded.encoding == "uint16"
    assert len(encoded.data) == bytes_per_frame(MANY)
    assert decoded(encoded) == pytest.approx(positions, abs=0.6 * max(encoded.step))
    assert max(encoded.step) < 0.001


def test_bounds_stay_for_a_second_unless_atoms_leave_them() -> None:
    encoder = PositionEncoder()
    positions = random_positions(MANY)
    first = encoder.encode(positions, 0.0)
    moved = encoder.encode(positions + np.float32(0.01), 0.5)
    later = encoder.encode(positions * np.float32(0.5), 1.5)
    far = encoder.encode(positions + np.float32(50), 1.6)

    assert first.origin == moved.origin
    assert later.origin != first.origin
    assert decoded(far) == pytest.approx(positions + 50, abs=0.001)


def test_positions_that_are_not_finite_are_counted_and_marked() -> None:
    positions = random_positions(MANY)
    positions[3, 0] = np.nan
    positions[5] = np.inf
    encoded = PositionEncoder().encode(positions, 0.0)
    found = decoded(encoded)

    assert encoded.invalid == 2
    assert np.isnan(found[[3, 5]]).all()
    assert found[6] == pytest.approx(positions[6], abs=0.001)
    assert PositionEncoder().encode(positions[:10], 0.0).invalid == 2


def test_no_finite_position_at_all() -> None:
    encoded = PositionEncoder().encode(np.full((MANY, 3), np.nan, np.float32), 0.0)

    assert encoded.invalid == MANY
    assert PositionEncoder().encode(np.zeros((0, 3), np.float32), 0.0).data == b""
