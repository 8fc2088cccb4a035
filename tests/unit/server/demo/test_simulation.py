"""The frames that the demo publishes, and how interactions of clients act on it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
import pytest

from nanover_jupyter.server import DemoWorld, NanoverServer
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.eventually import eventually


class FrameRecorder(NanoverServer):
    """Keeps the published frames, each with whether it discards the earlier ones."""

    def __init__(self) -> None:
        self.frames: list[tuple[dict[str, object], bool]] = []
        super().__init__()

    def publish_frame(self, frame: Mapping[str, object], *, reset: bool = False) -> None:
        self.frames.append((dict(frame), reset))

    @property
    def last(self) -> dict[str, object]:
        return self.frames[-1][0]

    @property
    def exceptions(self) -> list[object]:
        key = "system.simulation.exception"
        return [frame[key] for frame, _ in self.frames if key in frame]


@pytest.fixture
def server() -> Iterator[FrameRecorder]:
    with FrameRecorder() as server:
        yield server


@pytest.fixture
def world(server: FrameRecorder) -> Iterator[DemoWorld]:
    """A paused world at its first frame."""
    with DemoWorld(server) as world:
        world.pause()
        world.reset()
        server.frames.clear()
        yield world


def interact(server: NanoverServer, value: object, key: str = "interaction.test") -> None:
    server.update_state("a client", DictionaryChange({key: value}))


def pull(**fields: object) -> dict[str, object]:
    return {
        "particles": [10.0],
        "position": [2.0, 3.0, 2.0],
        "interaction_type": "spring",
        "scale": 50.0,
        **fields,
    }


def test_a_world_starts_with_a_first_frame_and_continues_with_changes(server):
    with DemoWorld(server):
        eventually(lambda: len(server.frames) > 3)
    (first, reset), *later = server.frames

    assert reset
    assert first["particle.count"] == 65
    assert first["system.simulation.name"] == "nanotube"
    assert first["system.simulation.counter"] == 0
    assert not any(reset for _, reset in later)
    assert all("bond.pairs" not in frame for frame, _ in later)


def test_a_step_publishes_one_frame(server, world):
    world.step()

    assert len(server.frames) == 1
    assert server.last["system.simulation.time"] == pytest.approx(0.005)


def test_a_reset_publishes_the_first_frame_again(server, world):
    world.step()
    world.step()
    world.reset()
    world.step()

    assert [reset for _, reset in server.frames] == [False, False, True, False]
    assert server.frames[2][0]["system.simulation.time"] == 0
    assert server.frames[2][0]["system.simulation.counter"] == 0
    positions = [frame["particle.positions"] for frame, _ in server.frames]
    assert (positions[0] == positions[3]).all()


def test_a_load_publishes_the_other_system_and_counts(server, world):
    world.load(2)
    world.pause()
    loaded = next(frame for frame, reset in server.frames if reset)

    assert loaded["system.simulation.name"] == "icosane"
    assert loaded["system.simulation.counter"] == 1
    assert loaded["particle.count"] == 62


def test_selections_have_particles_of_the_loaded_system(server, world):
    for index in range(3):
        server.frames.clear()
        world.load(index)
        world.pause()
        count = next(frame for frame, reset in server.frames if reset)["particle.count"]
        selected = [
            particle
            for key, value in server.copy_state().items()
            if key.startswith("selection.")
            for particle in value["selected"]["particle_ids"] or ()
        ]
        assert sorted(selected) == list(range(count))


def test_interactions_of_the_people_act_on_atoms(server, world):
    world.step()
    world.step()
    pulled = {
        int(particle)
        for key, value in server.copy_state().items()
        if key.startswith("interaction.")
        for particle in value["particles"]
    }

    assert pulled
    assert set(server.last["forces.user.index"].tolist()) == pulled
    assert server.last["energy.user.total"] > 0


def test_an_interaction_of_a_client_acts_on_atoms_until_it_is_removed(server, world):
    interact(server, pull())
    world.step()
    assert 10 in server.last["forces.user.index"]

    server.update_state("a client", DictionaryChange(removals=["interaction.test"]))
    world.step()
    assert 10 not in server.last["forces.user.index"]


def test_a_malformed_interaction_leaves_the_earlier_one_active(server, world):
    interact(server, pull())
    world.step()
    interact(server, pull(scale=math.nan))
    world.step()

    assert 10 in server.last["forces.user.index"]
    assert not server.exceptions


def test_a_particle_that_does_not_exist_removes_all_interactions_and_the_run_goes_on(server, world):
    interact(server, pull(particles=[65.0]))
    world.step()

    assert "no particle 65" in server.exceptions[0]
    assert not [key for key in server.copy_state() if key.startswith("interaction.")]
    world.step()
    assert "particle.positions" in server.last
    assert len(server.exceptions) == 1


def test_a_locked_interaction_that_cannot_be_removed_is_ignored(server, world):
    server.update_locks("a client", {"interaction.test": 600.0})
    interact(server, pull(particles=[65.0]))
    for _ in range(3):
        world.step()

    assert "interaction.test" in server.copy_state()
    assert len(server.exceptions) == 1


def test_an_unknown_type_pauses_at_every_play_until_it_is_removed(server, world):
    interact(server, pull(interaction_type="magnet"))
    for count in (1, 2):
        world.play()
        eventually(lambda count=count: len(server.exceptions) == count)
        eventually(lambda: not world._playing)
    assert "magnet" in server.exceptions[0]

    server.update_state("a client", DictionaryChange(removals=["interaction.test"]))
    frames = len(server.frames)
    world.play()
    eventually(lambda: len(server.frames) > frames + 3)


def test_too_strong_forces_pause_and_the_world_survives(server, world):
    interact(server, pull(scale=1e12, max_force=math.inf))
    world.play()
    eventually(lambda: server.exceptions)

    assert "became unstable" in server.exceptions[0]
    assert not world._playing
    server.update_state("a client", DictionaryChange(removals=["interaction.test"]))
    world.reset()
    frames = len(server.frames)
    world.play()
    eventually(lambda: len(server.frames) > frames + 3)
    assert np.isfinite(server.last["particle.positions"]).all()


def test_worlds_with_the_same_seed_publish_the_same_frames(server):
    frames = []
    with FrameRecorder() as other:
        for each in (server, other):
            with DemoWorld(each, seed=3) as world:
                world.pause()
                world.reset()
                for _ in range(5):
                    world.step()
                frames.append(each.last)

    one, two = frames
    assert all(np.array_equal(one[key], two[key]) for key in one)
