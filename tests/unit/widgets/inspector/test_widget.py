"""Traits and Python methods of the widgets that contain an inspector."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
import traitlets

from nanover_jupyter import (
    Connection,
    ControlRoom,
    DictionaryChange,
    LockManager,
    NanoverServer,
    StateInspector,
)
from nanover_jupyter.client.history.recorder import Recorder
from nanover_jupyter.widgets.inspector import widget as inspector_widget
from nanover_jupyter.widgets.panel import Panel
from tests.support.eventually import eventually
from tests.unit.widgets.test_panel import OpenPage


@pytest.fixture(params=[StateInspector, ControlRoom])
def inspector(open_page: OpenPage, request: pytest.FixtureRequest) -> StateInspector:
    panel = open_page(request.param).panel
    assert isinstance(panel, request.param)
    return panel  # type: ignore[return-value]


def change(server: NanoverServer, inspector: StateInspector, title: str) -> None:
    server.update_state(None, DictionaryChange({"title": title}))
    eventually(lambda: inspector.snapshot()["title"] == title)


def test_history_is_a_dataframe_if_pandas_is_installed(
    inspector: StateInspector, server: NanoverServer
) -> None:
    change(server, inspector, "second")

    eventually(lambda: len(inspector.history("ti*")) == 2)
    frame = inspector.history("ti*")

    assert list(frame["key"]) == ["title", "title"]
    assert list(frame["value"]) == ["demo", "second"]


def test_history_is_a_list_without_pandas(
    inspector: StateInspector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspector_widget, "has_pandas", lambda: False)

    samples = inspector.history()

    assert [(sample.key, sample.value) for sample in samples] == [
        ("scene", [0.0] * 10),
        ("title", "demo"),
    ]
    assert inspector.history("title", frame=False)[0].value == "demo"


def test_a_snapshot_is_of_the_current_or_a_past_time(
    inspector: StateInspector, server: NanoverServer
) -> None:
    recorder = Recorder.of(inspector.connection.client)
    then = recorder.now()
    change(server, inspector, "second")
    eventually(lambda: len(recorder.samples("title")) == 2)

    assert inspector.snapshot()["title"] == "second"
    assert inspector.snapshot(at=then)["title"] == "demo"


def test_on_change_reports_matching_keys_until_it_is_stopped(
    inspector: StateInspector, server: NanoverServer
) -> None:
    changes: list[DictionaryChange] = []
    threads: set[str] = set()

    def record(change: DictionaryChange) -> None:
        changes.append(change)
        threads.add(threading.current_thread().name)

    stop = inspector.on_change("avatar.*", record)
    server.update_state(None, DictionaryChange({"avatar.a": 1.0, "other": 2.0}))
    eventually(lambda: len(changes) == 1)
    server.update_state(None, DictionaryChange(removals={"avatar.a", "other"}))
    eventually(lambda: len(changes) == 2)
    stop()
    change(server, inspector, "after")

    assert changes == [DictionaryChange({"avatar.a": 1.0}), DictionaryChange(removals={"avatar.a"})]
    assert threads == {"nanover-changes"}


def test_export_writes_the_state_and_optionally_the_history(
    inspector: StateInspector, tmp_path: Path
) -> None:
    plain = json.loads(inspector.export(tmp_path / "a.json").read_text())
    with_history = json.loads(
        inspector.export(tmp_path / "b.json", "title", history=True).read_text()
    )

    assert plain["state"] == {"scene": [0.0] * 10, "title": "demo"}
    assert with_history["state"] == {"title": "demo"}
    assert [sample["value"] for sample in with_history["history"]["title"]] == ["demo"]


def test_selection_and_query_are_traits(open_page: OpenPage) -> None:
    inspector = open_page(StateInspector, selected="title", query="ti").panel
    seen: list[str] = []
    inspector.observe(lambda change: seen.append(change["new"]), "selected")

    inspector.selected = "scene"

    assert (inspector.query, inspector.selected) == ("ti", "scene")
    assert seen == ["scene"]
    assert {"selected", "query"} <= inspector.get_state().keys()


def test_history_outlives_the_widget(open_page: OpenPage, server: NanoverServer) -> None:
    first = open_page(StateInspector).panel
    change(server, first, "second")  # type: ignore[arg-type]
    first.close()
    second = open_page(StateInspector).panel

    eventually(lambda: len(second.history("title")) == 2)  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", [StateInspector, ControlRoom])
def test_tree_options_are_synchronized_with_the_page(
    connection: Connection, kind: type[Panel]
) -> None:
    panel = kind(connection, pins=["scene"], sort="rate", mute=25)

    kept = panel.get_state(["pins", "sort", "mute", "recent_queries"])
    panel.close()

    assert kept == {"pins": ["scene"], "sort": "rate", "mute": 25.0, "recent_queries": []}


def test_invalid_options_are_rejected(connection: Connection) -> None:
    panel = StateInspector(connection)
    for name, value in {"sort": "size", "mute": -1, "pins": [1]}.items():
        with pytest.raises(traitlets.TraitError):
            setattr(panel, name, value)
    panel.close()


def test_other_widgets_do_not_have_options_of_the_inspector(connection: Connection) -> None:
    with pytest.raises(TypeError, match="no option 'pins'"):
        LockManager(connection, pins=["scene"])
