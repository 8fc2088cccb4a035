"""Completion in a real IPython shell."""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest
from IPython.core.completer import provisionalcompleter

from nanover_jupyter import DictionaryChange, NanoverServer
from nanover_jupyter.magics.line.subcommands import SUBCOMMANDS
from tests.support.frame_source import FrameSource
from tests.unit.magics.conftest import Shell


@pytest.fixture
def server(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[NanoverServer]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nanover.toml").write_text('[servers.home]\naddress = "localhost"\n')
    with NanoverServer() as server:
        server.update_state(
            None, DictionaryChange({"scene": 1.0, "avatar.a b": 1, "avatar.ben": 2, "x": "y"})
        )
        server.register_command("user/say", dict, {"text": "hello", "times": 2.0})
        shell.run(f"%nanover connect 127.0.0.1:{server.port} --name lab --quiet -o client")
        FrameSource(shell.value("client")).start()
        shell.run("%nanover lock scene --for 60")
        yield server


def completed(shell: Shell, text: str, after: str = "") -> list[str]:
    """Return the lines that Tab at the end of `text` offers."""
    with provisionalcompleter():
        found = shell.ip.Completer.completions(text + after, len(text))
        return [text[: each.start] + each.text + text[each.end :] for each in found]


COMPLETED = {
    "connect": [("connect h", "connect home"), ("connect --t", "connect --timeout")],
    "disconnect": [("disconnect l", "disconnect lab"), ("disconnect --a", "disconnect --all")],
    "reconnect": [("reconnect l", "reconnect lab")],
    "use": [("use l", "use lab")],
    "list": [("list --n", "list --name"), ("list --name l", "list --name lab")],
    "status": [("stat", "status"), ("status --name l", "status --name lab")],
    "servers": [("servers --p", "servers --port")],
    "trust": [("tru", "trust"), ("trust --r", "trust --revoke")],
    "serve": [("serve --w", "serve --websocket"), ("serve --s", "serve --stop")],
    "commands": [("commands us", "commands user/say")],
    "run": [
        ("run u", "run user/say"),
        ("run user/say t", "run user/say text="),
        ("run user/say times=", "run user/say times=2.0"),
        ("run user/say text=x ti", "run user/say text=x times="),
    ],
    "state": [("state ava", "state avatar.*")],
    "get": [("get sc", "get scene"), ("get avatar.a", "get 'avatar.a b'")],
    "set": [("set sc", "set scene"), ("set scene ", "set scene 1.0"), ("set x ", 'set x "y"')],
    "unset": [("unset scene x", "unset scene x")],
    "update": [("update sc", "update scene="), ("update --unset x", "update --unset x")],
    "watch": [("watch ava", "watch avatar.*"), ("watch x --f", "watch x --for")],
    "lock": [("lock sc", "lock scene"), ("lock scene --f", "lock scene --for")],
    "unlock": [("unlock ", "unlock scene")],
    "locks": [("locks --h", "locks --height")],
    "frame": [("frame particle.pos", "frame particle.positions"), ("frame --o", "frame --output")],
    "simulation": [("simu", "simulation"), ("simulation --h", "simulation --height")],
    "view": [("vie", "view"), ("view --h", "view --height")],
    "panel": [("panel --h", "panel --height")],
    "palette": [("palette --h", "palette --height")],
    "inspector": [("inspector --h", "inspector --height")],
    "help": [("help conn", "help connect")],
}


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_every_subcommand_is_completed_by_this_matcher_alone(
    shell: Shell, server: NanoverServer, name: str
) -> None:
    for written, wanted in COMPLETED[name]:
        found = completed(shell, f"%nanover {written}")

        assert f"%nanover {wanted}" in found
        assert all(line.startswith("%nanover ") for line in found)
        if written.endswith(("--f", "--h", "--p", "--w", "--s", "--t", "--a", "--n")):
            assert len(found) == 1


def test_all_subcommands_are_offered_in_order_and_nothing_from_jedi(
    shell: Shell, server: NanoverServer
) -> None:
    assert completed(shell, "%nanover ") == [f"%nanover {name}" for name in SUBCOMMANDS]


@pytest.mark.parametrize("before", ["value = ", "  ", "a, b = ", "x = 1\nvalue = "])
def test_a_line_may_follow_an_assignment_and_other_lines(
    shell: Shell, server: NanoverServer, before: str
) -> None:
    found = completed(shell, f"{before}%nanover get sc", after="\nprint(1)")

    assert found == [f"{before}%nanover get scene"]


def test_a_cell_is_completed_in_its_first_line_and_in_its_body(
    shell: Shell, server: NanoverServer
) -> None:
    assert completed(shell, "%%nanover upd") == ["%%nanover update"]
    assert completed(shell, "%%nanover update\nscene = 1\nx") == [
        "%%nanover update\nscene = 1\nx = "
    ]


@pytest.mark.parametrize("text", ["%nanoverx get sc", "nanover.get", "'%nanover get sc", "sc"])
def test_other_lines_are_left_to_ipython(shell: Shell, server: NanoverServer, text: str) -> None:
    assert f"{text}ene" not in completed(shell, text)


def test_completion_sends_nothing_to_the_server(
    shell: Shell, server: NanoverServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = shell.magics.context.registry.current.client
    transport, asked = client._transport, []

    class Watched:
        def __getattr__(self, name: str) -> object:
            # The client itself looks after its connection, on threads of its own.
            if threading.current_thread() is threading.main_thread():
                asked.append(name)
            return getattr(transport, name)

    with monkeypatch.context() as patch:
        patch.setattr(client, "_transport", Watched())
        assert completed(shell, "%nanover get sc") == ["%nanover get scene"]
        assert completed(shell, "%nanover run us") == ["%nanover run user/say"]
        assert asked == []
        client.update_available_commands()
        assert asked != []


def calls_to_complete(shell: Shell, text: str) -> int:
    """Return the number of function calls of one completion."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(note)
    try:
        completed(shell, text)
    finally:
        sys.setprofile(None)
    return count


def test_the_work_for_a_key_is_small_and_the_same_among_many(
    shell: Shell, server: NanoverServer
) -> None:
    def add_keys(first: int, last: int) -> None:
        keys = {f"avatar.{n // 100}.{n}": 0.0 for n in range(first, last)}
        server.update_state(None, DictionaryChange(keys))
        shell.run("%nanover set done 1")

    add_keys(0, 2_000)
    few = calls_to_complete(shell, "%nanover get avatar.")
    add_keys(2_000, 20_000)
    many = calls_to_complete(shell, "%nanover get avatar.")

    assert len(completed(shell, "%nanover get avatar.")) == 100
    assert many - few < 18_000 * 10


def test_an_error_during_completion_is_not_shown(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("nanover_jupyter.magics.line.matcher.complete", fail)

    with warnings.catch_warnings():
        assert isinstance(completed(shell, "%nanover get "), list)


def test_unloading_ends_completion(shell: Shell, server: NanoverServer) -> None:
    shell.run("%unload_ext nanover_jupyter")

    assert "%nanover get scene" not in completed(shell, "%nanover get sc")
    shell.run("%load_ext nanover_jupyter")
    shell.run("%reload_ext nanover_jupyter")
    assert completed(shell, "%nanover stat") == ["%nanover status", "%nanover state"]
