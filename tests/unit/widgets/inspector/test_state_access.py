"""What Python can ask of a widget that shows the state."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from nanover_jupyter import ControlRoom, DictionaryChange, NanoverServer, StateInspector
from nanover_jupyter.client.history.recorder import Recorder
from nanover_jupyter.widgets.inspector import state_access as _state_access
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


def test_history_is_a_table_where_pandas_is_installed(
    inspector: StateInspector, server: NanoverServer
) -> None:
    change(server, inspector, "second")

    eventually(lambda: len(inspector.history("ti*")) == 2)
    frame = inspector.history("ti*")

    assert list(frame["key"]) == ["title", "title"]
    assert list(frame["value"]) == ["demo", "second"]


def test_history_is_a_list_where_it_is_not(
    inspector: StateInspector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_state_access, "has_pandas", lambda: False)

    moments = inspector.history()

    assert [(moment.key, moment.value) for moment in moments] == [
        ("scene", [0.0] * 10),
        ("title", "demo"),
    ]
    assert inspector.history("title", frame=False)[0].value == "demo"


def test_a_snapshot_is_of_now_or_of_then(inspector: StateInspector, server: NanoverServer) -> None:
    recorder = Recorder.of(inspector.connection.client)
    then = recorder.now()
    change(server, inspector, "second")
    eventually(lambda: len(recorder.samples("title")) == 2)

    assert inspector.snapshot()["title"] == "second"
    assert inspector.snapshot(at=then)["title"] == "demo"


def test_on_change_tells_what_fits_until_it_is_ended(
    inspector: StateInspector, server: NanoverServer
) -> None:
    heard: list[DictionaryChange] = []
    threads: set[str] = set()

    def hear(change: DictionaryChange) -> None:
        heard.append(change)
        threads.add(threading.current_thread().name)

    stop = inspector.on_change("avatar.*", hear)
    server.update_state(None, DictionaryChange({"avatar.a": 1.0, "other": 2.0}))
    eventually(lambda: len(heard) == 1)
    server.update_state(None, DictionaryChange(removals={"avatar.a", "other"}))
    eventually(lambda: len(heard) == 2)
    stop()
    change(server, inspector, "after")

    assert heard == [DictionaryChange({"avatar.a": 1.0}), DictionaryChange(removals={"avatar.a"})]
    assert threads == {"nanover-changes"}


def test_export_writes_the_state_and_the_history_if_so_wished(
    inspector: StateInspector, tmp_path: Path
) -> None:
    plain = json.loads(inspector.export(tmp_path / "a.json").read_text())
    with_history = json.loads(
        inspector.export(tmp_path / "b.json", "title", history=True).read_text()
    )

    assert plain["state"] == {"scene": [0.0] * 10, "title": "demo"}
    assert with_history["state"] == {"title": "demo"}
    assert [moment["value"] for moment in with_history["history"]["title"]] == ["demo"]


def test_what_is_chosen_and_searched_for_are_traits(open_page: OpenPage) -> None:
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
