"""Documentation of commands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nanover_jupyter import InvalidArgument, NanoverServer, NanoverWebSocketClient
from nanover_jupyter.client.commands.arguments import Choice, ChoicesFrom, CommandDoc, Float
from nanover_jupyter.client.commands.docs import (
    COMMAND_DOCS,
    CommandDocs,
    command,
    describe,
    parse_command_docs,
)


@pytest.fixture(autouse=True)
def remove_descriptions() -> Iterator[None]:
    yield
    for name in ("user/jump", "me/jump", "playback/load"):
        COMMAND_DOCS.remove(name)


def test_the_last_description_wins_and_others_come_from_the_fallback() -> None:
    fallback, docs = CommandDocs(), CommandDocs()
    docs = CommandDocs(fallback)
    fallback.describe("a", "first")
    fallback.describe("b", "fallback")
    docs.describe("a", CommandDoc("mine", label="A"), height=Float(1.0, unit="m"))

    assert docs.find("a").doc.sentence == "mine"  # type: ignore[union-attr]
    assert docs.find("a").arguments == {"height": Float(1.0, unit="m")}  # type: ignore[union-attr]
    assert docs.find("b").doc.sentence == "fallback"  # type: ignore[union-attr]
    assert docs.find("c") is None
    docs.remove("a")
    assert docs.find("a").doc.sentence == "first"  # type: ignore[union-attr]


def test_listeners_are_called_for_changes_here_and_in_the_fallback() -> None:
    fallback = CommandDocs()
    docs = CommandDocs(fallback)
    calls: list[int] = []
    unsubscribe = docs.on_change(lambda: calls.append(1))

    docs.describe("a")
    fallback.describe("b")
    docs.remove("nothing")
    unsubscribe()
    docs.describe("c")

    assert len(calls) == 2


def test_an_argument_without_a_type_is_refused_with_a_hint() -> None:
    with pytest.raises(InvalidArgument, match=r"invalid height: 1\.0 is not an argument type"):
        describe("user/jump", height=1.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name",
    [
        "commands/list",
        "multiuser/radially-orient-origins",
        "playback/list",
        "playback/load",
        "playback/next",
        "playback/pause",
        "playback/play",
        "playback/reset",
        "playback/step",
    ],
)
def test_every_command_of_a_nanover_server_is_known(name: str) -> None:
    known = COMMAND_DOCS.find(name)

    assert known is not None
    assert known.doc.sentence.endswith(".")


def test_the_arguments_of_load_are_known_and_can_be_overridden() -> None:
    index = COMMAND_DOCS.find("playback/load").arguments["index"]  # type: ignore[union-attr]
    assert isinstance(index, Choice)
    assert index.options == ChoicesFrom(command="playback/list", field="simulations", send="index")
    assert index.is_required

    # Servers before 0.1.3018 refuse `clear_state`, and a form would always send it.
    assert COMMAND_DOCS.find("playback/load").arguments.keys() == {"index"}  # type: ignore[union-attr]

    describe("playback/load", "Mine.")

    assert COMMAND_DOCS.find("playback/load").doc.sentence == "Mine."  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["playback/load", "playback/next"])
def test_the_effects_of_a_simulation_switch_are_described(name: str) -> None:
    doc = COMMAND_DOCS.find(name).doc  # type: ignore[union-attr]

    for text in (doc.sentence, doc.danger):
        assert "selections, interactions and" in text
        assert "avatars" not in text


@pytest.mark.parametrize(
    "text",
    [
        "[",
        '["x"]\nsentense = "misspelt"',
        '["x".arguments.a]\nkind = "colour"',
        '["x".arguments.a]\nhelp = "no kind"',
        '["x".arguments.a]\nkind = "float"\nmin = 2\nmax = 1',
    ],
)
def test_an_invalid_file_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match="invalid") as caught:
        parse_command_docs(text)

    assert "cannot send" not in str(caught.value)


def test_a_decorated_function_is_registered_with_a_server_and_described() -> None:
    with NanoverServer() as server:

        @command(server, "user/jump", height=Float(1.0, min=0, unit="m"), twice=Float())
        def jump(height: float, twice: float) -> None:
            """Makes all users jump.

            More of it.
            """

        assert server.commands["user/jump"].arguments == {"height": 1.0}
        assert jump.__name__ == "jump"
    assert COMMAND_DOCS.find("user/jump").doc.sentence == "Makes all users jump."  # type: ignore[union-attr]


def test_a_decorated_function_is_registered_with_a_client_with_label_and_icon() -> None:
    with (
        NanoverServer(websocket_port=0) as server,
        NanoverWebSocketClient.from_url(f"ws://127.0.0.1:{server.websocket_port}") as client,
    ):
        client.subscribe_all_state_updates()

        @command(
            client, "me/jump", CommandDoc("Jumps.", label="Jump", icon="🦘"), height=Float(0.5)
        )
        def jump(height: float) -> dict[str, float]:
            return {"height": height}

        listed = client.update_available_commands()["me/jump"]
        assert (listed.label, listed.icon) == ("Jump", "🦘")
        assert client.run_command("me/jump") == {"height": 0.5}
