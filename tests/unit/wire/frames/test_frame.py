from __future__ import annotations

import math
import sys
from typing import Any

import msgpack
import numpy as np
import pytest

from nanover_jupyter.errors import InvalidArgument
from nanover_jupyter.wire.frames.field import FrameField
from nanover_jupyter.wire.frames.frame import Frame
from nanover_jupyter.wire.websocket.frame_reader import read_frame


def frame_of(**fields: Any) -> Frame:
    """Return a frame as a WebSocket server sends it; `__` in a name stands for a dot."""
    by_key = {key.replace("__", "."): value for key, value in fields.items()}
    return Frame(read_frame(msgpack.packb({"frame": by_key})).fields)


def floats(*values: float) -> bytes:
    return np.array(values, "<f4").tobytes()


def indices(*values: int) -> bytes:
    return np.array(values, "<u4").tobytes()


WATER = {
    "particle__count": 3,
    "particle__elements": bytes([8, 1, 1]),
    "particle__names": ["O", "H1", "H2"],
    "particle__residues": indices(0, 0, 0),
    "residue__names": ["HOH"],
    "residue__ids": ["1"],
    "residue__chains": indices(0),
    "chain__names": ["A"],
    "bond__pairs": indices(0, 1, 0, 2),
    "bond__orders": bytes([1, 1]),
    "particle__positions": floats(0, 0, 0, 0.1, 0, 0, 0, 0.1, 0),
    "system__box__vectors": floats(3, 0, 0, 0, 3, 0, 0, 0, 3),
    "system__simulation__time": 2.5,
    "system__temperature": 300.0,
    "energy__kinetic": 1.0,
    "energy__potential": -2.0,
    "energy__user__total": 0.5,
    "forces__user__work_done": 0.25,
    "forces__user__index": indices(2),
    "forces__user__sparse": floats(1, 2, 3),
    "frame__index": 4,
}


def test_accessors_give_arrays_and_numbers() -> None:
    frame = frame_of(**WATER)

    assert (frame.index, frame.particle_count, frame.time, frame.temperature) == (4, 3, 2.5, 300.0)
    assert (frame.kinetic_energy, frame.potential_energy) == (1.0, -2.0)
    assert (frame.user_energy, frame.user_work) == (0.5, 0.25)
    assert frame.names == ["O", "H1", "H2"]
    assert (frame.residue_names, frame.residue_ids, frame.chain_names) == (["HOH"], ["1"], ["A"])
    arrays = {
        "positions": ((3, 3), "float32"),
        "elements": ((3,), "uint8"),
        "residues": ((3,), "uint32"),
        "residue_chains": ((1,), "uint32"),
        "bonds": ((2, 2), "uint32"),
        "bond_orders": ((2,), "uint8"),
        "box": ((3, 3), "float32"),
        "user_forces": ((3, 3), "float32"),
    }
    for name, expected in arrays.items():
        array = getattr(frame, name)
        assert (array.shape, array.dtype.name) == expected
        assert not array.flags.writeable
    assert frame.user_forces is not None
    assert frame.user_forces.tolist() == [[0, 0, 0], [0, 0, 0], [1, 2, 3]]
    assert frame.problems == {}
    assert repr(frame) == "<Frame: index 4, 3 atoms, 2.5 ps>"


def test_everything_may_be_absent() -> None:
    frame = Frame()

    properties = [name for name, value in vars(Frame).items() if isinstance(value, property)]
    assert len(properties) > 20
    assert {getattr(frame, name) for name in properties} == {None}
    assert (frame.user_forces, frame.problems, dict(frame)) == (None, {}, {})


def test_frames_can_be_compared_and_put_into_sets() -> None:
    frame, other = frame_of(**WATER), frame_of(**WATER)

    assert {frame, other} == {other, frame}
    assert frame != other


def test_a_value_is_decoded_once_and_shared() -> None:
    frame = frame_of(**WATER)

    assert frame["particle.positions"] is frame["particle.positions"]
    with pytest.raises(KeyError):
        frame["no such key"]


@pytest.mark.parametrize(
    ("fields", "attribute", "expected"),
    [
        ({"particle__positions": [1, 2, 3, 4, 5, 6.5]}, "positions", [[1, 2, 3], [4, 5, 6.5]]),
        ({"particle__positions": [[1, 2, 3.5]]}, "positions", [[1, 2, 3.5]]),
        ({"bond__pairs": [0.0, 1.0]}, "bonds", [[0, 1]]),
        ({"particle__elements": [6, 8]}, "elements", [6, 8]),
        ({"particle__elements": []}, "elements", []),
    ],
)
def test_plain_lists_become_arrays(
    fields: dict[str, Any], attribute: str, expected: list[Any]
) -> None:
    assert getattr(frame_of(**fields), attribute).tolist() == expected


def test_counts_may_be_floats() -> None:
    frame = frame_of(particle__count=3.0, frame__index=2.0, residue__count=math.nan)

    assert (frame.particle_count, frame.index) == (3, 2)
    assert frame.problems == {"residue.count": "nan is not an integer"}


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("particle.positions", floats(1, 2, 3, 4), "4 numbers are not a multiple of 3"),
        ("particle.positions", b"12345", "5 bytes are not a multiple of 4"),
        ("particle.positions", "text", "'text' is not an array of numbers"),
        ("particle.positions", ["a", "b"], "['a', 'b'] is not an array of numbers"),
        ("particle.positions", [[1], [2, 3]], "[[1], [2, 3]] is not an array of numbers"),
        ("particle.elements", [6, 300], "its numbers do not fit into uint8"),
        ("bond.pairs", [0, -1], "its numbers do not fit into uint32"),
        ("particle.names", 5, "5 is not a list of strings"),
        ("particle.names", ["A", 5], "not all of its items are strings"),
        ("particle.positions", floats(1, 2, math.nan), "1 of its 1 rows are not finite"),
        ("system.box.vectors", floats(1, 2, 3), "a box has three vectors"),
    ],
)
def test_a_malformed_value_is_reported_by_key(key: str, value: object, problem: str) -> None:
    frame = Frame(read_frame(msgpack.packb({"frame": {key: value, "fine": 1}})).fields)

    assert frame.problems == {key: problem}
    assert frame["fine"] == 1
    assert key in dict(frame)


def test_values_that_contradict_each_other_are_reported() -> None:
    frame = frame_of(
        **{
            **WATER,
            "particle__count": 4,
            "bond__pairs": indices(0, 9),
            "particle__residues": indices(0, 0, 1),
            "forces__user__index": indices(77),
        }
    )

    assert frame.problems == {
        "particle.elements": "it has 3 rows for 4 atoms",
        "particle.names": "it has 3 rows for 4 atoms",
        "particle.positions": "it has 3 rows for 4 atoms",
        "particle.residues": "it has 3 rows for 4 atoms",
        "bond.pairs": "index 9 is out of range; particle.positions has 3 rows",
        "forces.user.index": "index 77 is out of range; particle.positions has 3 rows",
    }
    assert frame.user_forces is not None
    assert not frame.user_forces.any()


def test_a_count_without_atoms_allocates_nothing() -> None:
    frame = frame_of(
        particle__count=2**40, forces__user__index=indices(1), forces__user__sparse=floats(1, 2, 3)
    )

    assert frame.user_forces is None


def test_a_field_keeps_no_larger_message_in_memory() -> None:
    message = msgpack.packb(
        {
            "frame": {
                "system.box.vectors": floats(*range(9)),
                "particle.positions": floats(*range(99)),
            }
        }
    )
    later = b"another message"
    box, positions = read_frame(message).fields.values()
    assert isinstance(box, FrameField)
    assert isinstance(positions, FrameField)

    assert box.without(message) is box
    assert positions.without(later) is positions
    copy = box.without(later)
    assert len(copy.data) == 36
    assert copy.decode("system.box.vectors").value is not None


def test_conversion_to_mdanalysis_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "MDAnalysis", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install .nanover-jupyter\[mdanalysis\]"):
        frame_of(**WATER).to_mdanalysis()

    with pytest.raises(InvalidArgument, match="no positions"):
        Frame().to_mdanalysis()
