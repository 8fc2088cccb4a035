"""What is sent to views of the molecule, and when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nanover_jupyter import DictionaryChange, NotSupported, WaitTimedOut
from nanover_jupyter.widgets.molecule.frame_stream import MoleculeStream
from nanover_jupyter.widgets.molecule.style.structure import StyleOptions
from nanover_jupyter.widgets.sync.view_stream import StreamMessage
from nanover_jupyter.wire.frames.frame import Frame


class FakeClient:
    """A client whose frames and state a test sets."""

    own_interactions: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.frame: Frame | None = None
        self.state: dict[str, Any] = {}
        self.problem: Exception = WaitTimedOut("a frame", 0.0)
        self.on_frames: list[Callable[[Frame, frozenset[str]], object]] = []
        self.on_changes: list[Callable[[DictionaryChange], object]] = []

    def on_frame(self, callback: Callable[[Frame, frozenset[str]], object]) -> Callable[[], None]:
        self.on_frames.append(callback)
        if self.frame is not None:
            callback(self.frame, frozenset(self.frame))
        return lambda: self.on_frames.remove(callback)

    def on_change(self, callback: Callable[[DictionaryChange], object]) -> Callable[[], None]:
        self.on_changes.append(callback)
        return lambda: self.on_changes.remove(callback)

    def wait_for_frame(self, timeout: float | None) -> Frame:
        del timeout
        if self.frame is None:
            raise self.problem
        return self.frame

    def keys(self) -> list[str]:
        return list(self.state)

    def peek(self, key: str, default: Any = None, /) -> Any:
        return self.state.get(key, default)

    def send(self, atoms: int = 3, **fields: Any) -> None:
        """Receive a frame."""
        positions = np.random.default_rng(1).random((atoms, 3)).astype(np.float32)
        known = dict(self.frame) if self.frame is not None else {}
        elements = {"particle.elements": np.full(atoms, 6, np.uint8)}
        if len(known.get("particle.elements", ())) == atoms:  # type: ignore[arg-type]
            elements = {}
        changed = {"particle.positions": positions, **elements, **fields}
        self.frame = Frame({**known, **changed})
        for callback in self.on_frames:
            callback(self.frame, frozenset(changed))

    def change(self, **updates: Any) -> None:
        """Change keys of the shared state, with "_" in place of ".". None removes a key."""
        named = {key.replace("_", "."): value for key, value in updates.items()}
        removed = {key for key, value in named.items() if value is None}
        kept = {key: value for key, value in named.items() if value is not None}
        self.state = {k: v for k, v in {**self.state, **kept}.items() if k not in removed}
        for callback in self.on_changes:
            callback(DictionaryChange(kept, removed))


class Harness:
    """A stream with a clock, asked as the publisher does."""

    def __init__(self) -> None:
        self.now = 100.0
        self.client = FakeClient()
        self.stream = MoleculeStream(self.client, clock=lambda: self.now)
        self.live = ["one"]
        self.wakes = 0
        self.stream.connect(self._wake)

    def _wake(self) -> None:
        self.wakes += 1

    def watch(self, view: str = "one", revision: int | None = None) -> None:
        self.stream.watch(view, self.stream.epoch if revision else None, revision)

    def due(self) -> list[StreamMessage]:
        """Take all messages that are due now."""
        found: list[StreamMessage] = []
        for _ in range(20):
            due = self.stream.next_due(self.live)
            if due is None or due > self.now:
                return found
            message = self.stream.next_message(self.live)
            if message is not None:
                found.append(message)
        raise AssertionError("messages never end")

    def ops(self) -> list[str]:
        return [message.op for message in self.due()]

    def sent_at(self, seconds: float) -> list[str]:
        self.now += seconds
        return self.ops()

    def acknowledge(self, view: str = "one") -> None:
        self.stream.acknowledge(view, 10**9)


@pytest.fixture
def harness() -> Harness:
    return Harness()


def test_a_view_gets_the_molecule_and_then_a_frame(harness: Harness) -> None:
    harness.client.send()
    harness.watch()
    molecule, frame = harness.due()

    assert (molecule.op, frame.op) == ("molecule", "molecule_frame")
    assert molecule.body["atoms"] == 3
    assert frame.body["revision"] == molecule.body["revision"]
    assert frame.body["encoding"] == "float32"
    assert frame.body["overlay"] is not None
    assert len(frame.buffers[0]) == 36
    assert harness.due() == []


def test_frames_are_followed_only_while_a_view_watches(harness: Harness) -> None:
    assert harness.client.on_frames == []
    harness.watch()
    assert len(harness.client.on_frames) == len(harness.client.on_changes) == 1

    harness.stream.unwatch("one")

    assert harness.client.on_frames == harness.client.on_changes == []
    assert harness.due() == []


def test_the_newest_frame_replaces_those_that_were_not_sent(harness: Harness) -> None:
    harness.client.send()
    harness.watch()
    harness.due()
    for time in range(5):
        harness.client.send(**{"system.simulation.time": float(time)})

    [frame] = harness.due()

    assert frame.body["time"] == 4.0
    assert frame.body["overlay"] is None
    assert harness.wakes >= 5


def test_frames_wait_for_acknowledgements(harness: Harness) -> None:
    harness.client.send()
    harness.watch()
    sent = 0
    for _ in range(40):
        harness.client.send()
        sent += len(harness.due())
    assert sent == 1 + 16

    harness.acknowledge()
    assert harness.ops() == ["molecule_frame"]


def test_few_large_frames_are_in_flight(harness: Harness) -> None:
    harness.client.send(100_000)
    harness.watch()
    [molecule, *_] = harness.due()
    assert molecule.body["window"] == 4

    sent = 1
    for _ in range(10):
        harness.client.send(100_000)
        sent += len(harness.due())
    assert sent == 4


def test_a_slow_view_does_not_slow_another(harness: Harness) -> None:
    harness.live = ["one", "two"]
    harness.client.send()
    harness.watch("one")
    harness.watch("two")
    harness.due()
    for _ in range(30):
        harness.client.send()
        assert harness.ops() == ["molecule_frame"]
        harness.acknowledge("one")


def test_a_view_that_begins_later_gets_what_it_lacks_alone(harness: Harness) -> None:
    harness.live = ["one", "two"]
    harness.client.send()
    harness.watch("one")
    harness.due()
    harness.watch("two")

    molecule, frame = harness.due()
    assert (molecule.op, molecule.client) == ("molecule", "two")
    assert (frame.op, frame.client) == ("molecule_frame", "two")
    # The next frame is for both.
    harness.client.send()
    assert [message.client for message in harness.due()] == [None]


def test_a_frame_for_a_new_view_is_not_lost_for_the_others(harness: Harness) -> None:
    harness.live = ["one", "two"]
    harness.client.send()
    harness.watch("one")
    harness.due()
    harness.client.send()
    harness.watch("two")

    assert [message.client for message in harness.due()] == ["two", "two", None]


def test_a_view_that_has_the_molecule_gets_only_a_frame(harness: Harness) -> None:
    harness.client.send()
    harness.watch()
    [molecule, _] = harness.due()
    harness.stream.unwatch("one")

    harness.stream.watch("one", harness.stream.epoch, molecule.body["revision"] + 1)
    # Frames were not followed meanwhile, so that the molecule may be another.
    assert harness.ops() == ["molecule_frame"]


def test_hidden_views_are_forgotten(harness: Harness) -> None:
    harness.client.send()
    harness.watch()
    harness.due()
    harness.live = []
    harness.client.send()

    assert harness.due() == []
    assert not harness.stream.is_watched


def test_a_stalled_view_is_forgotten_until_it_acknowledges(harness: Harness) -> None:
    harness.client.send()
    harness.watch()
    harness.due()
    harness.now += 6
    harness.client.send()
    assert harness.due() == []

    harness.acknowledge()
    assert harness.ops() == ["molecule", "molecule_frame"]


def test_a_changed_selection_changes_the_molecule(harness: Harness) -> None:
    harness.client.send()
    harness.watch()
    harness.due()
    harness.client.change(selection_a={"selected": [0]})
    molecule, frame = harness.due()

    assert [each["key"] for each in molecule.body["selections"]] == ["selection.a"]
    assert frame.body["revision"] == molecule.body["revision"]
    harness.client.change(selection_a=None)
    assert harness.due()[0].body["selections"] == []


def test_other_keys_change_nothing(harness: Harness) -> None:
    harness.client.send()
    harness.watch()
    harness.due()
    wakes = harness.wakes
    harness.client.change(note_a=1)

    assert harness.wakes == wakes
    assert harness.due() == []


def test_people_move_while_the_simulation_is_paused(harness: Harness) -> None:
    harness.client.send()
    harness.watch()
    harness.due()
    harness.client.change(avatar_a={"name": "Anna"})
    assert harness.due() == []

    harness.now += 0.04
    [message] = harness.due()
    assert message.body["encoding"] == "none"
    assert message.buffers[0] == b""
    assert [person["name"] for person in message.body["overlay"]["people"]] == ["Anna"]


def test_another_style_changes_the_molecule(harness: Harness) -> None:
    harness.client.send()
    harness.watch()
    before = harness.due()[0].buffers[0]
    harness.stream.set_options(StyleOptions(representation="spheres"))

    assert harness.due()[0].buffers[0] != before


def test_another_number_of_atoms_changes_the_molecule_first(harness: Harness) -> None:
    harness.client.send(3)
    harness.watch()
    harness.due()
    harness.client.send(5)
    molecule, frame = harness.due()

    assert molecule.body["atoms"] == 5
    assert frame.body["revision"] == molecule.body["revision"]
    assert len(frame.buffers[0]) == 60


def test_bonds_that_change_with_every_frame(harness: Harness) -> None:
    harness.watch()
    for other in (1, 2):
        harness.client.send(**{"bond.pairs": np.array([[0, other]], np.uint32)})
        [molecule, *_] = [each for each in harness.due() if each.op == "molecule"]
        assert np.frombuffer(molecule.buffers[1], "<u4")[:2].tolist() == [0, other]
        harness.acknowledge()


def test_bonds_of_a_large_molecule_are_updated_a_few_times_a_second(harness: Harness) -> None:
    harness.client.send(100_000)
    harness.watch()
    harness.due()
    bonds = {"bond.pairs": np.array([[0, 1]], np.uint32)}
    harness.client.send(100_000, **bonds)

    assert harness.ops() == ["molecule_frame"]
    harness.acknowledge()
    assert harness.sent_at(0.3) == ["molecule", "molecule_frame"]


def test_a_million_atoms_are_a_still_picture(harness: Harness) -> None:
    harness.client.send(1_000_000)
    harness.watch()
    molecule, frame = harness.due()
    assert molecule.body["is_still"]
    assert frame.body["encoding"] == "uint16"
    harness.acknowledge()
    harness.client.send(1_000_000)
    assert harness.sent_at(10) == []

    harness.watch(revision=molecule.body["revision"])
    assert harness.ops() == ["molecule_frame"]


def test_positions_that_cannot_be_used_are_reported(harness: Harness) -> None:
    positions = np.array([[0, 0, 0], [np.nan, 0, 0]], np.float32)
    harness.client.send(2, **{"particle.positions": positions})
    harness.watch()
    assert harness.due()[1].body["problem"] == "1 atom has no finite position, of 2."

    harness.client.send(2, **{"particle.positions": [1.0, 2.0]})
    message = harness.due()[-1]
    assert message.body["problem"].startswith("The positions cannot be used: ")


def test_why_there_is_no_molecule(harness: Harness) -> None:
    harness.client.problem = NotSupported("frames", "gRPC")
    harness.watch()
    assert harness.due()[0].body["problem"] == "this server (gRPC) does not support frames"

    harness.client.problem = WaitTimedOut("a frame", 0.0)
    harness.stream.check_problem()
    assert harness.due()[0].body["problem"] == ""
    harness.client.send()
    assert harness.due()[0].body["atoms"] == 3


def test_a_closed_stream_sends_nothing(harness: Harness) -> None:
    harness.client.send()
    harness.watch()
    harness.stream.close()

    assert harness.due() == []
    assert harness.client.on_frames == []
