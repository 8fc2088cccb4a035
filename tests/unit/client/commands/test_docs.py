"""What is known of commands, and how it is said."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nanover_jupyter import InvalidArgument, NanoverServer, NanoverWebSocketClient
from nanover_jupyter.client.commands.arguments import Choice, ChoicesFrom, CommandDoc, Float
from nanover_jupyter.client.commands.docs import SHARED, CommandDocs, command, describe, read_guide


@pytest.fixture(autouse=True)
def forget_what_was_said() -> Iterator[None]:
    yield
    for name in ("user/jump", "me/jump", "playback/load"):
        SHARED.forget(name)


def test_a_guide_finds_what_was_said_last_and_asks_the_one_behind() -> None:
    behind, guide = CommandDocs(), CommandDocs()
    guide = CommandDocs(behind)
    behind.describe("a", "first")
    behind.describe("b", "behind")
    guide.describe("a", CommandDoc("mine", label="A"), height=Float(1.0, unit="m"))

    assert guide.find("a").about.sentence == "mine"  # type: ignore[union-attr]
    assert guide.find("a").arguments == {"height": Float(1.0, unit="m")}  # type: ignore[union-attr]
    assert guide.find("b").about.sentence == "behind"  # type: ignore[union-attr]
    assert guide.find("c") is None
    guide.forget("a")
    assert guide.find("a").about.sentence == "first"  # type: ignore[union-attr]


def test_listeners_hear_of_changes_here_and_behind_until_they_leave() -> None:
    behind = CommandDocs()
    guide = CommandDocs(behind)
    heard: list[int] = []
    leave = guide.on_change(lambda: heard.append(1))

    guide.describe("a")
    behind.describe("b")
    guide.forget("nothing")
    leave()
    guide.describe("c")

    assert len(heard) == 2


def test_an_argument_without_a_kind_is_refused_with_a_hint() -> None:
    with pytest.raises(InvalidArgument, match=r"invalid height: 1\.0 is not a kind of argument"):
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
    known = SHARED.find(name)

    assert known is not None
    assert known.about.sentence.endswith(".")


def test_what_a_load_needs_is_known_and_can_be_overruled() -> None:
    index = SHARED.find("playback/load").arguments["index"]  # type: ignore[union-attr]
    assert isinstance(index, Choice)
    assert index.options == ChoicesFrom(command="playback/list", field="simulations", send="index")
    assert index.is_required

    # Servers before 0.1.3018 refuse `clear_state`, and a form would always send it.
    assert SHARED.find("playback/load").arguments.keys() == {"index"}  # type: ignore[union-attr]

    describe("playback/load", "Mine.")

    assert SHARED.find("playback/load").about.sentence == "Mine."  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["playback/load", "playback/next"])
def test_what_a_switch_clears_is_known(name: str) -> None:
    about = SHARED.find(name).about  # type: ignore[union-attr]

    for text in (about.sentence, about.danger):
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
def test_a_file_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match="invalid") as caught:
        read_guide(text)

    assert "cannot send" not in str(caught.value)


def test_a_decorated_function_is_offered_by_a_server_and_described() -> None:
    with NanoverServer() as server:

        @command(server, "user/jump", height=Float(1.0, min=0, unit="m"), twice=Float())
        def jump(height: float, twice: float) -> None:
            """Lets everybody jump.

            More of it.
            """

        assert server.commands["user/jump"].arguments == {"height": 1.0}
        assert jump.__name__ == "jump"
    assert SHARED.find("user/jump").about.sentence == "Lets everybody jump."  # type: ignore[union-attr]


def test_a_decorated_function_is_offered_by_a_client_with_label_and_icon() -> None:
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
