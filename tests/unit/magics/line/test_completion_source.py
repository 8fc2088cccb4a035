"""What completion can offer of the session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from nanover_jupyter import DictionaryChange, NanoverServer
from nanover_jupyter.magics.context import MagicContext
from nanover_jupyter.magics.line.completion_source import CompletionSource
from nanover_jupyter.magics.line.tokenizer import split
from nanover_jupyter.magics.registry import ConnectionRegistry, ConnectTarget


@pytest.fixture
def server() -> Iterator[NanoverServer]:
    with NanoverServer() as server:
        server.update_state(None, DictionaryChange({"scene": [0.0], "title": "x"}))
        server.register_command("user/say", dict, {"text": "hello"})
        yield server


@pytest.fixture
def session(
    server: NanoverServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CompletionSource]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nanover.toml").write_text('[servers.home]\naddress = "localhost"\n')
    sessions = ConnectionRegistry()
    goal = ConnectTarget(address=f"127.0.0.1:{server.port}")
    sessions.connect(goal, name="gone", timeout=5)
    sessions.disconnect("gone")
    sessions.connect(goal, name="lab", timeout=5)
    desk = MagicContext(SimpleNamespace(user_ns={}), sessions)
    yield CompletionSource(lambda: desk)
    sessions.close()


def test_everything_that_lives_in_the_session_is_known(
    session: CompletionSource, server: NanoverServer
) -> None:
    assert list(session.names("connection", split("use"), None)) == ["lab"]
    assert list(session.names("connection", split("reconnect"), None)) == ["lab", "gone"]
    assert list(session.names("server", (), None)) == [
        "home",
        f"grpc://127.0.0.1:{server.port}",
    ]
    assert list(session.names("command", (), None)) == ["user/say"]
    assert list(session.names("argument", split("run user/say"), None)) == ["text"]
    assert list(session.names("key", (), "lab")) == ["scene", "title"]
    assert list(session.names("held", (), None)) == []


def test_values_are_those_of_now(session: CompletionSource) -> None:
    assert session.value("value", split("set scene"), None) == [0]
    assert session.value("argument", split("run user/say text"), None) == "hello"
    for line in ("set nothing", "run user/say nothing"):
        with pytest.raises(LookupError):
            session.value("value" if line.startswith("set") else "argument", split(line), None)


def test_a_name_that_is_none_has_nothing_to_offer(session: CompletionSource) -> None:
    assert list(session.names("key", (), "nowhere")) == []


def test_before_anything_was_done_there_is_only_what_needs_no_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nanover.toml").write_text("broken")
    empty = CompletionSource(lambda: None)

    assert "connect" in list(empty.names("subcommand", (), None))
    for live in ("server", "connection", "announced", "command", "key", "held"):
        assert list(empty.names(live, (), None)) == []
    with pytest.raises(LookupError):
        empty.value("value", split("set scene"), None)
