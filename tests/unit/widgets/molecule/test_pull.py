"""Pulls from the page: how they begin, move and end."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from nanover_jupyter import ConnectionLost, InvalidArgument
from nanover_jupyter.widgets.molecule.pull import PullManager
from nanover_jupyter.widgets.sync.requests import BadRequest
from nanover_jupyter.wire.frames.frame import Frame
from tests.support.eventually import eventually

BODY = {"pull": "p1", "atoms": [0], "position": [0, 0, 1], "kind": "spring", "scale": 100}


class FakeInteraction:
    def __init__(self, **settings: Any) -> None:
        self.settings = settings
        self.positions: list[Any] = []
        self.active = True
        self.ended = False

    def move(self, position: Any) -> None:
        if len(position) != 3:
            raise InvalidArgument("position", "three numbers")
        self.positions.append(position)

    def end(self) -> None:
        self.ended = True


class FakeClient:
    def __init__(self) -> None:
        self.frame: Frame | None = Frame({"particle.count": 5})
        self.started: list[FakeInteraction] = []
        self.error: Exception | None = None
        self.on_interact: Any = lambda: None

    def interact(self, particles: Any, position: Any, **settings: Any) -> Any:
        self.on_interact()
        if self.error is not None:
            raise self.error
        self.started.append(FakeInteraction(particles=particles, position=position, **settings))
        return self.started[-1]


class Harness:
    def __init__(self) -> None:
        self.now = 0.0
        self.client = FakeClient()
        self.posted: list[tuple[Any, Any, Any]] = []
        self.pulls = PullManager(self.client, self._post, clock=lambda: self.now)

    def _post(self, op: str, body: Any, *, client: str) -> None:
        self.posted.append((op, body, client))

    def start(self, **changes: Any) -> FakeInteraction:
        self.pulls.start("view", {**BODY, **changes})
        return self.client.started[-1]

    def reason(self) -> str:
        [(op, body, view)] = eventually(lambda: self.posted)
        assert (op, body["pull"], view) == ("pull_ended", "p1", "view")
        return str(body["reason"])


@pytest.fixture
def harness() -> Iterator[Harness]:
    harness = Harness()
    yield harness
    harness.pulls.close()


def test_a_pull_starts_moves_and_ends(harness: Harness) -> None:
    interaction = harness.start()
    harness.pulls.move("view", {"pull": "p1", "position": [1, 2, 3]})
    harness.pulls.end("view", {"pull": "p1"})

    assert interaction.settings["kind"] == "spring"
    assert interaction.positions == [[1, 2, 3]]
    assert interaction.ended
    assert harness.posted == []


def test_messages_of_other_views_and_invalid_ones_are_ignored(harness: Harness) -> None:
    interaction = harness.start()
    harness.pulls.move("other", {"pull": "p1", "position": [1, 2, 3]})
    harness.pulls.move("view", {"pull": "p1", "position": [1, 2]})
    harness.pulls.move("view", {})
    harness.pulls.end("view", {"pull": "p2"})

    assert interaction.positions == []
    assert not interaction.ended


def test_a_silent_page_ends_its_pull(harness: Harness) -> None:
    interaction = harness.start()
    harness.now = 0.7
    harness.pulls.move("view", {"pull": "p1", "position": [0, 0, 0]})
    harness.now = 1.4
    assert not interaction.ended

    harness.now = 1.6
    assert harness.reason() == "The page did not respond in time."
    assert interaction.ended


def test_the_server_ends_a_pull(harness: Harness) -> None:
    interaction = harness.start()
    interaction.active = False

    assert harness.reason() == "The server ended it."


def test_another_molecule_ends_a_pull(harness: Harness) -> None:
    interaction = harness.start()
    harness.client.frame = Frame({"particle.count": 4})

    assert harness.reason() == "The molecule was replaced."
    assert interaction.ended


def test_an_interrupted_cell_ends_pulls(harness: Harness) -> None:
    interaction = harness.start()
    harness.pulls._on_cell_end(SimpleNamespace(error_in_exec=ValueError()))
    assert not interaction.ended

    harness.pulls._on_cell_end(SimpleNamespace(error_in_exec=KeyboardInterrupt()))
    assert interaction.ended
    assert harness.reason() == "The cell was interrupted."


def test_a_view_that_is_gone_ends_its_pulls(harness: Harness) -> None:
    first, second = harness.start(), harness.start(pull="p2")
    harness.pulls.end_view("other")
    assert not first.ended
    harness.pulls.end_view("view")

    assert first.ended
    assert second.ended


def test_a_pull_that_ends_while_it_starts(harness: Harness) -> None:
    harness.client.on_interact = lambda: harness.pulls.end("view", {"pull": "p1"})

    assert harness.start().ended


def test_a_pull_that_cannot_start_may_be_tried_again(harness: Harness) -> None:
    harness.client.error = ConnectionLost("ws://host", "starting", "gone")
    with pytest.raises(ConnectionLost):
        harness.start()
    harness.client.error = None

    assert not harness.start().ended


def test_limits(harness: Harness) -> None:
    for number in range(8):
        harness.start(pull=f"p{number}")
    with pytest.raises(BadRequest, match="at most 8"):
        harness.start(pull="p9")
    with pytest.raises(BadRequest, match="exists"):
        harness.pulls.end("view", {"pull": "p0"}) or harness.start(pull="p1")


def test_closing_ends_all_pulls_and_the_thread(harness: Harness) -> None:
    interaction = harness.start()
    harness.pulls.close()

    assert interaction.ended
    with pytest.raises(BadRequest):
        harness.start(pull="p2")
