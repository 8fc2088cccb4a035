"""Preferences of the palette for a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nanover_jupyter.client.commands.arguments import Text
from nanover_jupyter.client.commands.docs import Description
from nanover_jupyter.widgets.palette.messages import PinBody
from nanover_jupyter.widgets.palette.preferences import PalettePreferences
from nanover_jupyter.widgets.preferences import Preferences
from nanover_jupyter.widgets.sync.requests import BadRequest


@pytest.fixture
def store(tmp_path: Path) -> Preferences:
    return Preferences(tmp_path / "preferences.json")


@pytest.fixture
def memory(store: Preferences) -> PalettePreferences:
    return PalettePreferences(store, "grpc://here:1")


def pin(name: str, **more: Any) -> PinBody:
    facts = {"id": name, "command": "user/x", "arguments": {}, "asks": [], "label": name}
    return PinBody(**{**facts, "icon": "", "tooltip": "", **more})  # type: ignore[typeddict-item]


def test_recent_commands_are_sorted_and_unique(memory: PalettePreferences) -> None:
    for name in ("a", "b", "a", "c"):
        memory.record_run(name, {})

    assert memory.body("")["recent"] == ["c", "a", "b"]


def test_last_arguments_are_stored_for_recent_commands(
    memory: PalettePreferences,
) -> None:
    memory.record_run("old", {"n": 1})
    for number in range(50):
        memory.record_run(f"c{number}", {"n": number})

    body = memory.body("")
    assert len(body["recent"]) == 50
    assert "old" not in body["last"]
    assert body["last"]["c3"] == {"n": 3}


def test_a_pin_that_is_too_large_is_rejected(memory: PalettePreferences) -> None:
    memory.pin(pin("a"))

    with pytest.raises(BadRequest, match="too large to pin; the limit is 16 kB"):
        memory.pin(pin("b", arguments={"text": "x" * 16 * 1024}))

    assert [each["id"] for each in memory.body("")["pins"]] == ["a"]


def test_secrets_and_large_values_are_not_stored(memory: PalettePreferences) -> None:
    memory.record_run("login", {"user": "a", "Password": "b", "api_token": "c"})
    memory.record_run("large", {"text": "x" * 100_000})

    assert memory.body("")["last"] == {"login": {"user": "a"}}


def test_secrets_of_a_pin_are_not_stored_but_asked_for(store: Preferences, tmp_path: Path) -> None:
    known = Description("user/x", arguments={"pin": Text("", secret=True)})
    memory = PalettePreferences(store, "grpc://here:1", lambda _: known)
    arguments = {"pin": "4711", "password": "swordfish", "user": "a"}

    memory.pin(pin("a", arguments=arguments))

    (kept,) = memory.body("")["pins"]
    assert (kept["arguments"], kept["asks"]) == ({"user": "a"}, ["pin", "password"])
    memory.pin({**kept, "label": "again"})
    assert memory.body("")["pins"][0]["asks"] == ["pin", "password"]
    written = (tmp_path / "preferences.json").read_text("utf-8")
    assert "swordfish" not in written
    assert "4711" not in written


def test_a_pin_is_stored_replaced_and_removed(memory: PalettePreferences) -> None:
    memory.pin(pin("a"))
    memory.pin(pin("b"))
    memory.pin(pin("a", label="again"))

    assert [kept["label"] for kept in memory.body("")["pins"]] == ["again", "b"]
    memory.unpin("a")
    memory.unpin("nowhere")
    assert [kept["id"] for kept in memory.body("")["pins"]] == ["b"]


def test_integer_arguments_are_stored_by_command(memory: PalettePreferences) -> None:
    memory.set_integers("user/x", ["n"])
    memory.set_integers("user/y", ["m"])
    memory.set_integers("user/x", [])

    assert memory.body("")["integers"] == {"user/y": ["m"]}


def test_preferences_are_separate_by_server(store: Preferences, memory: PalettePreferences) -> None:
    other = PalettePreferences(store, "grpc://there:1")
    changes: list[int] = []
    other.on_change(lambda: changes.append(1))

    memory.record_run("a", {})

    assert other.body("")["recent"] == []
    assert changes == []


@pytest.mark.parametrize(
    "section",
    [
        {"pins": 3, "recent": {}, "last": [], "integers": "x"},
        {"pins": [1, {}, {"id": 1}, {**pin("a"), "arguments": 1}], "recent": [1, None]},
        {"last": {"a": 1}, "integers": {"a": 1}},
    ],
)
def test_invalid_entries_are_ignored(
    store: Preferences, memory: PalettePreferences, section: dict[str, Any]
) -> None:
    store.change("grpc://here:1", lambda _: section)

    body = memory.body("")

    assert (body["pins"], body["recent"], body["last"]) == ([], [], {})
    memory.record_run("a", {"n": 1})
    memory.pin(pin("a"))
    memory.set_integers("a", ["n"])
    assert memory.body("")["recent"] == ["a"]


def test_an_integer_beyond_64_bits_can_be_stored(memory: PalettePreferences) -> None:
    """JavaScript writes 1e20 as 100000000000000000000."""
    memory.pin(pin("a", arguments={"n": 10**20}))
    memory.record_run("user/x", {"n": 10**20})

    body = memory.body("")
    assert body["pins"][0]["arguments"] == {"n": 10**20}
    assert body["last"] == {"user/x": {"n": 10**20}}


def test_lone_surrogates_cannot_be_stored(memory: PalettePreferences) -> None:
    with pytest.raises(BadRequest, match="incomplete Unicode character"):
        memory.pin(pin("a", arguments={"text": "\ud83d"}))
    memory.record_run("user/x", {"text": "\ud83d"})

    assert memory.body("")["recent"] == ["user/x"]
