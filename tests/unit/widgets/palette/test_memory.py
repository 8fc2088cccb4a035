"""What the palette keeps for a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nanover_jupyter.client.commands.arguments import Text
from nanover_jupyter.client.commands.docs import Description
from nanover_jupyter.widgets.palette.memory import PaletteMemory
from nanover_jupyter.widgets.palette.messages import PinBody
from nanover_jupyter.widgets.preferences import Preferences
from nanover_jupyter.widgets.sync.requests import BadRequest


@pytest.fixture
def store(tmp_path: Path) -> Preferences:
    return Preferences(tmp_path / "preferences.json")


@pytest.fixture
def memory(store: Preferences) -> PaletteMemory:
    return PaletteMemory(store, "grpc://here:1")


def pin(name: str, **more: Any) -> PinBody:
    facts = {"id": name, "command": "user/x", "arguments": {}, "asks": [], "label": name}
    return PinBody(**{**facts, "icon": "", "tooltip": "", **more})  # type: ignore[typeddict-item]


def test_commands_run_last_come_first_and_once(memory: PaletteMemory) -> None:
    for name in ("a", "b", "a", "c"):
        memory.note_run(name, {})

    assert memory.body("")["recent"] == ["c", "a", "b"]


def test_arguments_of_the_last_run_are_kept_as_long_as_the_command_is_recent(
    memory: PaletteMemory,
) -> None:
    memory.note_run("old", {"n": 1})
    for number in range(50):
        memory.note_run(f"c{number}", {"n": number})

    body = memory.body("")
    assert len(body["recent"]) == 50
    assert "old" not in body["last"]
    assert body["last"]["c3"] == {"n": 3}


def test_a_button_that_is_too_large_is_refused(memory: PaletteMemory) -> None:
    memory.pin(pin("a"))

    with pytest.raises(BadRequest, match="too large to keep: 16 kB"):
        memory.pin(pin("b", arguments={"text": "x" * 16 * 1024}))

    assert [each["id"] for each in memory.body("")["pins"]] == ["a"]


def test_secrets_and_large_values_are_not_kept(memory: PaletteMemory) -> None:
    memory.note_run("login", {"user": "a", "Password": "b", "api_token": "c"})
    memory.note_run("large", {"text": "x" * 100_000})

    assert memory.body("")["last"] == {"login": {"user": "a"}}


def test_a_button_keeps_no_secret_and_says_what_it_has_to_ask_for(
    store: Preferences, tmp_path: Path
) -> None:
    known = Description("user/x", arguments={"pin": Text("", secret=True)})
    memory = PaletteMemory(store, "grpc://here:1", lambda _: known)
    arguments = {"pin": "4711", "password": "swordfish", "user": "a"}

    memory.pin(pin("a", arguments=arguments))

    (kept,) = memory.body("")["pins"]
    assert (kept["arguments"], kept["asks"]) == ({"user": "a"}, ["pin", "password"])
    memory.pin({**kept, "label": "again"})
    assert memory.body("")["pins"][0]["asks"] == ["pin", "password"]
    written = (tmp_path / "preferences.json").read_text("utf-8")
    assert "swordfish" not in written
    assert "4711" not in written


def test_a_button_is_kept_replaced_and_taken_away(memory: PaletteMemory) -> None:
    memory.pin(pin("a"))
    memory.pin(pin("b"))
    memory.pin(pin("a", label="again"))

    assert [kept["label"] for kept in memory.body("")["pins"]] == ["again", "b"]
    memory.unpin("a")
    memory.unpin("nowhere")
    assert [kept["id"] for kept in memory.body("")["pins"]] == ["b"]


def test_whole_numbers_are_remembered_by_command(memory: PaletteMemory) -> None:
    memory.set_integers("user/x", ["n"])
    memory.set_integers("user/y", ["m"])
    memory.set_integers("user/x", [])

    assert memory.body("")["integers"] == {"user/y": ["m"]}


def test_servers_are_apart(store: Preferences, memory: PaletteMemory) -> None:
    other = PaletteMemory(store, "grpc://there:1")
    told: list[int] = []
    other.on_change(lambda: told.append(1))

    memory.note_run("a", {})

    assert other.body("")["recent"] == []
    assert told == []


@pytest.mark.parametrize(
    "section",
    [
        {"pins": 3, "recent": {}, "last": [], "integers": "x"},
        {"pins": [1, {}, {"id": 1}, {**pin("a"), "arguments": 1}], "recent": [1, None]},
        {"last": {"a": 1}, "integers": {"a": 1}},
    ],
)
def test_what_is_not_as_it_should_be_is_left_out(
    store: Preferences, memory: PaletteMemory, section: dict[str, Any]
) -> None:
    store.change("grpc://here:1", lambda _: section)

    body = memory.body("")

    assert (body["pins"], body["recent"], body["last"]) == ([], [], {})
    memory.note_run("a", {"n": 1})
    memory.pin(pin("a"))
    memory.set_integers("a", ["n"])
    assert memory.body("")["recent"] == ["a"]


def test_a_number_beyond_64_bits_can_be_kept(memory: PaletteMemory) -> None:
    """JavaScript writes 1e20 as 100000000000000000000."""
    memory.pin(pin("a", arguments={"n": 10**20}))
    memory.note_run("user/x", {"n": 10**20})

    body = memory.body("")
    assert body["pins"][0]["arguments"] == {"n": 10**20}
    assert body["last"] == {"user/x": {"n": 10**20}}


def test_half_a_character_cannot_be_kept(memory: PaletteMemory) -> None:
    with pytest.raises(BadRequest, match="half a character"):
        memory.pin(pin("a", arguments={"text": "\ud83d"}))
    memory.note_run("user/x", {"text": "\ud83d"})

    assert memory.body("")["recent"] == ["user/x"]
