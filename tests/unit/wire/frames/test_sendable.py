from __future__ import annotations

import numpy as np
import pytest

from nanover_jupyter.errors import InvalidValue
from nanover_jupyter.wire.frames.sendable import owned, sendable


def test_values_get_the_type_of_their_key() -> None:
    positions = sendable("particle.positions", [[0, 1, 2]])
    assert isinstance(positions, np.ndarray)
    assert (positions.dtype.name, positions.shape) == ("float32", (1, 3))
    assert sendable("particle.count", 2.0) == 2
    assert sendable("particle.names", np.array(["C", "H"])) == ["C", "H"]
    assert sendable("mine", np.float64(1.5)) == 1.5
    assert sendable("mine", np.array(3)) == 3
    assert sendable("mine", (1, 2)) == [1, 2]


def test_a_value_of_the_right_type_is_not_copied() -> None:
    positions = np.zeros((2, 3), np.float32)

    assert np.shares_memory(sendable("particle.positions", positions), positions)  # type: ignore[arg-type]


def test_an_owned_value_does_not_change_with_the_callers() -> None:
    positions, names = np.zeros((1, 3), np.float32), ["C"]
    kept, kept_names = owned("particle.positions", positions), owned("particle.names", names)
    positions[:] = 1
    names.append("H")

    assert isinstance(kept, np.ndarray)
    assert not kept.any()
    assert not kept.flags.writeable
    assert kept_names == ["C"]


def test_a_value_that_cannot_be_sent_names_its_key() -> None:
    with pytest.raises(InvalidValue) as caught:
        owned("mine", {"a": {1}})

    assert caught.value.path == ("mine", "a")
