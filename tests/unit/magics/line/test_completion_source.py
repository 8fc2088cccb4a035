"""The names and values that completion offers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from nanover_jupyter import DictionaryChange, NanoverServer
from nanover_jupyter.magics.connection_registry import ConnectionRegistry, ConnectTarget
from nanover_jupyter.magics.context import MagicContext
from nanover_jupyter.magics.line.completion_source import CompletionSource
from nanover_jupyter.magics.line.tokenizer import tokenize


@pytest.fixture
def server() -> Iterator[NanoverServer]:
    with NanoverServer() as server:
        server.update_state(None, DictionaryChange({"scene": [0.0], "title": "x"}))
        server.register_command("user/say", dict, {"text": "hello"})
        yield server


@pytest.fixture
def source(
    server: NanoverServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CompletionSource]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nanover.toml").write_text('[servers.home]\naddress = "localhost"\n')
    registry = ConnectionRegistry()
    target = ConnectTarget(address=f"127.0.0.1:{server.port}")
    registry.connect(target, name="gone", timeout=5)
    registry.disconnect("gone")
    registry.connect(target, name="lab", timeout=5)
    context = MagicContext(SimpleNamespace(user_ns={}), registry)
    yield CompletionSource(lambda: context)
    registry.close()


def test_names_of_every_kind_are_known(source: CompletionSource, server: NanoverServer) -> None:
    assert list(source.names("connection", tokenize("use"), None)) == ["lab"]
    assert list(source.names("connection", tokenize("reconnect"), None)) == ["lab", "gone"]
    assert list(source.names("server", (), None)) == [
        "home",
        f"grpc://127.0.0.1:{server.port}",
    ]
    assert list(source.names("command", (), None)) == ["user/say"]
    assert list(source.names("argument", tokenize("run user/say"), None)) == ["text"]
    assert list(source.names("key", (), "lab")) == ["scene", "title"]
    assert list(source.names("held", (), None)) == []


def test_values_are_the_current_ones(source: CompletionSource) -> None:
    assert source.value("value", tokenize("set scene"), None) == [0]
    assert source.value("argument", tokenize("run user/say text"), None) == "hello"
    for line in ("set nothing", "run user/say nothing"):
        with pytest.raises(LookupError):
            source.value("value" if line.startswith("set") else "argument", tokenize(line), None)


def test_an_unknown_connection_has_no_names(source: CompletionSource) -> None:
    assert list(source.names("key", (), "nowhere")) == []


def test_without_a_context_only_subcommands_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nanover.toml").write_text("broken")
    empty = CompletionSource(lambda: None)

    assert "connect" in list(empty.names("subcommand", (), None))
    for kind in ("server", "connection", "announced", "command", "key", "held"):
        assert list(empty.names(kind, (), None)) == []
    with pytest.raises(LookupError):
        empty.value("value", tokenize("set scene"), None)
