"""What views are told of the recording."""

from __future__ import annotations

from typing import Any

import pytest

from nanover_jupyter import DictionaryChange, NanoverServer, StateInspector
from nanover_jupyter.client.history.recorder import Recorder
from tests.support.eventually import eventually
from tests.support.fake_page import FakePage
from tests.unit.widgets.test_panel import OpenPage


@pytest.fixture
def page(open_page: OpenPage) -> FakePage:
    return open_page(StateInspector)


def result(page: FakePage, op: str, **body: Any) -> Any:
    reply = page.ask(op, **body)
    assert reply["ok"], reply
    return reply["result"]


def remember(page: FakePage, server: NanoverServer, *values: Any, key: str = "person") -> None:
    """Sets a key again and again, each time until it is recorded."""
    recorder = Recorder.of(page.panel.connection.client)
    for value in values:
        before = len(recorder.samples(key))
        gone = value is None
        server.update_state(
            None, DictionaryChange({} if gone else {key: value}, {key} if gone else set())
        )
        eventually(lambda before=before: len(recorder.samples(key)) == before + 1)


def test_history_tells_what_happened_newest_first(page: FakePage, server: NanoverServer) -> None:
    remember(page, server, {"x": 1.0}, {"x": 2.0, "y": 0.0}, None, {"x": 3.0})

    told = result(page, "history", key="person", before=None, limit=10)

    assert [moment["text"] for moment in told["moments"]] == [
        "added: {x: 3}",
        "removed",
        "x, + y",
        "first remembered: {x: 1}",
    ]
    assert (told["total"], told["complete"]) == (4, True)
    assert told["now"] >= told["moments"][0]["at"] >= told["moments"][3]["at"]


def test_history_comes_in_pages(page: FakePage, server: NanoverServer) -> None:
    remember(page, server, *range(7))

    first = result(page, "history", key="person", before=None, limit=3)["moments"]
    second = result(page, "history", key="person", before=first[-1]["number"], limit=3)["moments"]

    assert [moment["number"] for moment in first + second] == [7, 6, 5, 4, 3, 2]


def test_history_of_a_value_without_parts_tells_what_it_was(
    page: FakePage, server: NanoverServer
) -> None:
    remember(page, server, 1.0, "two", [3.0], {"four": 4.0})

    told = result(page, "history", key="person", before=None, limit=10)

    assert [moment["text"] for moment in told["moments"]] == [
        "{four: 4}",
        "[3]",
        '"two"',
        "first remembered: 1",
    ]


def test_a_moment_gives_the_value_as_it_was(page: FakePage, server: NanoverServer) -> None:
    remember(page, server, [1.0], None)

    assert result(page, "moment", key="person", number=1)["value"] == [1]
    assert result(page, "moment", key="person", number=2) == {"key": "person", "exists": False}
    forgotten = page.ask("moment", key="person", number=9)
    assert forgotten["error"]["message"] == "this moment is not remembered any more"


def test_two_moments_are_compared_part_by_part(page: FakePage, server: NanoverServer) -> None:
    remember(page, server, {"a": 1.0, "b": [1.0]}, {"a": 2.0}, None)

    told = result(page, "diff", key="person", before=1, after=2)
    assert told["total"] == 2
    assert told["differences"] == [
        {"path": "a", "kind": "changed", "before": 1, "after": 2},
        {"path": "b", "kind": "removed", "before": [1]},
    ]
    gone = result(page, "diff", key="person", before=2, after=3)
    assert gone["differences"] == [{"path": "", "kind": "removed", "before": {"a": 2}}]


def test_a_large_difference_is_cut(page: FakePage, server: NanoverServer) -> None:
    remember(page, server, [0.0] * 5_000, [1.0] * 5_000)

    told = result(page, "diff", key="person", before=1, after=2)

    assert (told["total"], len(told["differences"])) == (5_000, 200)


def test_numbers_inside_a_value_can_be_plotted(page: FakePage, server: NanoverServer) -> None:
    person = {"name": "Anna", "hands": [{"name": "left", "at": [1.0, 2.0]}]}
    remember(page, server, person)
    (x, y) = result(page, "plot", key="person", paths=[], points=100)["numbers"]
    assert (x["text"], y["text"]) == ("hands[left].at[0]", "hands[left].at[1]")
    moved = {"name": "Anna", "hands": [{"name": "left", "at": [5.0, 2.0]}]}
    remember(page, server, moved)

    told = result(page, "plot", key="person", paths=[x["id"]], points=100)

    (series,) = told["series"]
    assert series["values"] == [1, 5, 5]
    assert series["times"] == sorted(series["times"])
    assert series["text"] == "hands[left].at[0]"


@pytest.mark.parametrize("path", ["", "{}", "[true]", "[[1, 2]]", "[" * 10_000, "nonsense"])
def test_a_path_that_makes_no_sense_is_refused(page: FakePage, path: str) -> None:
    reply = page.ask("plot", key="scene", paths=[path], points=100)

    assert reply["error"]["kind"] == "BadRequest"


def test_a_past_state_is_told_as_what_differs_from_now(
    page: FakePage, server: NanoverServer
) -> None:
    recorder = Recorder.of(page.panel.connection.client)
    remember(page, server, 1.0)
    then = result(page, "recorded")["now"]
    remember(page, server, 2.0)
    remember(page, server, "new", key="later")
    remember(page, server, None, key="title")

    told = result(page, "past", at=then)

    assert {entry["key"]: entry["value"] for entry in told["keys"]} == {
        "person": 1,
        "title": "demo",
    }
    assert all(entry["since"] <= then for entry in told["keys"])
    assert (told["absent"], told["unknown"], told["left"]) == (["later"], [], 0)
    assert recorder.started_at <= then <= told["now"]


def test_the_time_before_the_recording_is_its_beginning(
    page: FakePage, server: NanoverServer
) -> None:
    begun = result(page, "recorded")["begun"]
    remember(page, server, "second", key="title")

    told = result(page, "past", at=begun - 0.001)

    assert told["at"] == begun
    assert [entry["value"] for entry in told["keys"]] == ["demo"]


def test_a_past_state_that_is_too_large_is_counted(page: FakePage, server: NanoverServer) -> None:
    recorder = Recorder.of(page.panel.connection.client)
    then = recorder.now()
    keys = {f"k{number}": "x" * 10_000 for number in range(600)}
    server.update_state(None, DictionaryChange(keys))
    eventually(lambda: len(recorder.samples("k599")) == 1)
    between = recorder.now()
    server.update_state(None, DictionaryChange(dict.fromkeys(keys, "y")))
    eventually(lambda: len(recorder.samples("k599")) == 2)

    told = result(page, "past", at=between)

    assert len(told["keys"]) + told["left"] == 600
    assert told["left"] > 100
    assert len(result(page, "past", at=then)["absent"]) == 600


def test_what_is_recorded_is_told(page: FakePage, server: NanoverServer) -> None:
    remember(page, server, 1.0, 2.0)

    told = result(page, "recorded")

    assert told["begun"] == told["oldest"] <= told["now"]
    assert told["items"] == 2
    assert told["bytes"] > 0
