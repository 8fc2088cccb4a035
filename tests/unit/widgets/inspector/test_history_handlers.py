"""Requests about the recorded history."""

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


def record(page: FakePage, server: NanoverServer, *values: Any, key: str = "person") -> None:
    """Set a key to each value, and wait until it is recorded."""
    recorder = Recorder.of(page.panel.connection.client)
    for value in values:
        before = len(recorder.samples(key))
        gone = value is None
        server.update_state(
            None, DictionaryChange({} if gone else {key: value}, {key} if gone else set())
        )
        eventually(lambda before=before: len(recorder.samples(key)) == before + 1)


def test_history_is_sorted_newest_first(page: FakePage, server: NanoverServer) -> None:
    record(page, server, {"x": 1.0}, {"x": 2.0, "y": 0.0}, None, {"x": 3.0})

    found = result(page, "history", key="person", before=None, limit=10)

    assert [sample["text"] for sample in found["samples"]] == [
        "added: {x: 3}",
        "removed",
        "x, + y",
        "first recorded: {x: 1}",
    ]
    assert (found["total"], found["complete"]) == (4, True)
    assert found["now"] >= found["samples"][0]["at"] >= found["samples"][3]["at"]


def test_history_is_paginated(page: FakePage, server: NanoverServer) -> None:
    record(page, server, *range(7))

    first = result(page, "history", key="person", before=None, limit=3)["samples"]
    second = result(page, "history", key="person", before=first[-1]["number"], limit=3)["samples"]

    assert [moment["number"] for moment in first + second] == [7, 6, 5, 4, 3, 2]


def test_history_of_a_scalar_contains_its_values(page: FakePage, server: NanoverServer) -> None:
    record(page, server, 1.0, "two", [3.0], {"four": 4.0})

    found = result(page, "history", key="person", before=None, limit=10)

    assert [sample["text"] for sample in found["samples"]] == [
        "{four: 4}",
        "[3]",
        '"two"',
        "first recorded: 1",
    ]


def test_the_value_of_a_sample_can_be_requested(page: FakePage, server: NanoverServer) -> None:
    record(page, server, [1.0], None)

    assert result(page, "history_value", key="person", number=1)["value"] == [1]
    assert result(page, "history_value", key="person", number=2) == {
        "key": "person",
        "exists": False,
    }
    dropped = page.ask("history_value", key="person", number=9)
    assert dropped["error"]["message"] == "the value at this time is no longer recorded"


def test_two_samples_are_compared_by_their_parts(page: FakePage, server: NanoverServer) -> None:
    record(page, server, {"a": 1.0, "b": [1.0]}, {"a": 2.0}, None)

    found = result(page, "diff", key="person", before=1, after=2)
    assert found["total"] == 2
    assert found["differences"] == [
        {"path": "a", "kind": "changed", "before": 1, "after": 2},
        {"path": "b", "kind": "removed", "before": [1]},
    ]
    gone = result(page, "diff", key="person", before=2, after=3)
    assert gone["differences"] == [{"path": "", "kind": "removed", "before": {"a": 2}}]


def test_a_large_difference_is_truncated(page: FakePage, server: NanoverServer) -> None:
    record(page, server, [0.0] * 5_000, [1.0] * 5_000)

    found = result(page, "diff", key="person", before=1, after=2)

    assert (found["total"], len(found["differences"])) == (5_000, 200)


def test_numbers_inside_a_value_can_be_plotted(page: FakePage, server: NanoverServer) -> None:
    person = {"name": "Anna", "hands": [{"name": "left", "at": [1.0, 2.0]}]}
    record(page, server, person)
    (x, y) = result(page, "plot", key="person", paths=[], points=100)["numbers"]
    assert (x["text"], y["text"]) == ("hands[left].at[0]", "hands[left].at[1]")
    moved = {"name": "Anna", "hands": [{"name": "left", "at": [5.0, 2.0]}]}
    record(page, server, moved)

    found = result(page, "plot", key="person", paths=[x["id"]], points=100)

    (series,) = found["series"]
    assert series["values"] == [1, 5, 5]
    assert series["times"] == sorted(series["times"])
    assert series["text"] == "hands[left].at[0]"


@pytest.mark.parametrize("path", ["", "{}", "[true]", "[[1, 2]]", "[" * 10_000, "nonsense"])
def test_an_invalid_path_is_rejected(page: FakePage, path: str) -> None:
    reply = page.ask("plot", key="scene", paths=[path], points=100)

    assert reply["error"]["kind"] == "BadRequest"


def test_a_past_state_contains_the_differences_to_the_current_one(
    page: FakePage, server: NanoverServer
) -> None:
    recorder = Recorder.of(page.panel.connection.client)
    record(page, server, 1.0)
    then = result(page, "recorder_status")["now"]
    record(page, server, 2.0)
    record(page, server, "new", key="later")
    record(page, server, None, key="title")

    found = result(page, "state_at", at=then)

    assert {entry["key"]: entry["value"] for entry in found["keys"]} == {
        "person": 1,
        "title": "demo",
    }
    assert all(entry["since"] <= then for entry in found["keys"])
    assert (found["absent"], found["unknown"], found["left"]) == (["later"], [], 0)
    assert recorder.started_at <= then <= found["now"]


def test_a_time_before_the_recording_means_its_start(page: FakePage, server: NanoverServer) -> None:
    started_at = result(page, "recorder_status")["started_at"]
    record(page, server, "second", key="title")

    found = result(page, "state_at", at=started_at - 0.001)

    assert found["at"] == started_at
    assert [entry["value"] for entry in found["keys"]] == ["demo"]


def test_keys_beyond_the_limit_of_a_past_state_are_counted(
    page: FakePage, server: NanoverServer
) -> None:
    recorder = Recorder.of(page.panel.connection.client)
    then = recorder.now()
    keys = {f"k{number}": "x" * 10_000 for number in range(600)}
    server.update_state(None, DictionaryChange(keys))
    eventually(lambda: len(recorder.samples("k599")) == 1)
    between = recorder.now()
    server.update_state(None, DictionaryChange(dict.fromkeys(keys, "y")))
    eventually(lambda: len(recorder.samples("k599")) == 2)

    found = result(page, "state_at", at=between)

    assert len(found["keys"]) + found["left"] == 600
    assert found["left"] > 100
    assert len(result(page, "state_at", at=then)["absent"]) == 600


def test_the_size_of_the_recording_can_be_requested(page: FakePage, server: NanoverServer) -> None:
    record(page, server, 1.0, 2.0)

    found = result(page, "recorder_status")

    assert found["started_at"] == found["oldest"] <= found["now"]
    assert found["items"] == 2
    assert found["bytes"] > 0
