"""Downloads of the state."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from nanover_jupyter import DictionaryChange, NanoverServer, StateInspector
from nanover_jupyter.widgets.inspector import export_handlers
from tests.support.eventually import eventually
from tests.support.fake_page import FakePage
from tests.unit.widgets.test_panel import OpenPage


@pytest.fixture
def page(open_page: OpenPage) -> FakePage:
    return open_page(StateInspector)


def download(page: FakePage, *, history: bool) -> tuple[str, Any]:
    made = page.ask("export", history=history)["result"]
    text = ""
    while len(text) < made["size"]:
        text += page.ask("export_part", id=made["id"], start=len(text))["result"]["text"]
    assert len(text) == made["size"]
    return made["name"], json.loads(text)


def test_the_state_is_sent_in_parts(
    page: FakePage, server: NanoverServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_handlers, "_PART_CHARACTERS", 50)
    server.update_state(None, DictionaryChange({"n": "x" * 500}))
    eventually(lambda: "n" in page.model.values)

    name, document = download(page, history=False)

    assert document["state"] == server.copy_state()
    assert "history" not in document
    assert re.fullmatch(r"lab-state-\d{8}-\d{6}\.json", name)


def test_history_is_exported_on_request(page: FakePage) -> None:
    name, document = download(page, history=True)

    assert document["history"].keys() == {"scene", "title"}
    assert name.startswith("lab-history-")


def test_a_file_is_kept_until_it_is_downloaded(page: FakePage) -> None:
    made = page.ask("export", history=False)["result"]
    page.ask("export_part", id=made["id"], start=0)

    again = page.ask("export_part", id=made["id"], start=0)

    assert again["error"]["message"] == "the file is no longer available; export it again"


def test_only_the_last_files_are_kept(page: FakePage) -> None:
    ids = [page.ask("export", history=False)["result"]["id"] for _ in range(3)]

    assert not page.ask("export_part", id=ids[0], start=0)["ok"]
    assert page.ask("export_part", id=ids[2], start=0)["ok"]


def test_a_too_large_file_is_rejected_with_a_remedy(
    page: FakePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_handlers, "_MAX_CHARACTERS", 10)

    reply = page.ask("export", history=False)

    assert "inspector.export(path)" in reply["error"]["message"]
