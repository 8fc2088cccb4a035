"""The state as a file."""

from __future__ import annotations

import json
import math
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nanover_jupyter import DictionaryChange
from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.history.export import FORMAT, export_chunks, write_export
from nanover_jupyter.client.history.recorder import Recorder
from nanover_jupyter.client.state.key_pattern import key_pattern
from nanover_jupyter.errors import ExportFailed
from tests.support.eventually import eventually
from tests.support.fake_transport import FakeTransport
from tests.support.values import same

STATE: dict[str, Any] = {
    "": [math.nan, math.inf],
    "avatar.é\u202e": {"name": "Anna"},
    "__proto__": "x\x00",
}


@pytest.fixture
def client() -> Iterator[BaseClient]:
    with BaseClient(FakeTransport(STATE)) as client:
        client.subscribe_all_state_updates()
        eventually(lambda: len(client.keys()) == len(STATE))
        yield client


def exported(*arguments: Any) -> Any:
    return json.loads("".join(export_chunks(*arguments)))


def test_the_state_is_written_as_it_is(client: BaseClient) -> None:
    document = exported(client, None, key_pattern("*"))

    assert same(document["state"], STATE)
    assert (document["format"], document["address"]) == (FORMAT, "fake://server")
    assert "history" not in document


def test_a_pattern_chooses_keys(client: BaseClient) -> None:
    assert exported(client, None, key_pattern("avatar.*"))["state"].keys() == {"avatar.é\u202e"}


def test_history_has_values_and_removals_with_their_times(client: BaseClient) -> None:
    recorder = Recorder.of(client)
    client.attempt_update_state(DictionaryChange({"n": 1.0}))
    eventually(lambda: len(recorder.samples("n")) == 1)
    client.attempt_update_state(DictionaryChange(removals={"n"}))
    eventually(lambda: len(recorder.samples("n")) == 2)

    history = exported(client, recorder, key_pattern("*"))["history"]

    assert history.keys() == {*STATE, "n"}
    assert [sorted(sample) for sample in history["n"]] == [["at", "value"], ["at"]]
    assert history["n"][0]["at"] == recorder.samples("n")[0].at


def test_values_outside_of_json_are_written() -> None:
    class Client:
        address = "ws://here"

        def received(self) -> dict[str, Any]:
            return {"bytes": b"\xff", "surrogate": "\ud800", "large": 2**70}

    document = exported(Client(), None, key_pattern("*"))

    assert document["state"] == {
        "bytes": {"$hex": "ff"},
        "surrogate": "\ud800",
        "large": 2**70,
    }


def test_a_file_is_written_atomically(tmp_path: Path) -> None:
    target = tmp_path / "state.json"
    assert write_export(target, iter(["a", "b"])) == target
    assert target.read_text() == "ab"

    def broken() -> Iterator[str]:
        yield "half"
        raise OSError(28, "No space left on device")

    with pytest.raises(ExportFailed, match="No space left on device"):
        write_export(target, broken())

    assert target.read_text() == "ab"
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


@pytest.mark.parametrize("kind", ["FIFO", "symbolic link", "dangling symbolic link", "socket"])
def test_only_regular_files_are_replaced(tmp_path: Path, kind: str) -> None:
    target, other = tmp_path / "state.json", tmp_path / "other.json"
    match kind:
        case "FIFO":
            os.mkfifo(target)
        case "symbolic link":
            other.write_text("theirs")
            target.symlink_to(other)
        case "dangling symbolic link":
            target.symlink_to(other)
        case "socket":
            # Never a real device: code that replaces it would break the machine.
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(target))
    before = target.lstat()

    with pytest.raises(
        ExportFailed, match=f"it is a {kind.removeprefix('dangling ')}.*use another path"
    ):
        write_export(target, iter(["ours"]))

    assert target.lstat() == before
    assert not other.exists() or other.read_text() == "theirs"
    assert not list(tmp_path.glob(".*"))


def test_a_path_that_becomes_a_link_while_it_is_written_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "state.json"

    def chunks() -> Iterator[str]:
        target.symlink_to("other.json")
        yield "ours"

    with pytest.raises(ExportFailed, match="it is a symbolic link"):
        write_export(target, chunks())

    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ExportFailed, match=r"could not write .*nowhere"):
        write_export(tmp_path / "nowhere" / "state.json", iter(["x"]))


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RecursionError("too deep"), KeyError("x")])
def test_a_failed_export_leaves_no_file(tmp_path: Path, error: BaseException) -> None:
    def broken() -> Iterator[str]:
        yield "half"
        raise error

    with pytest.raises((type(error), ExportFailed)):
        write_export(tmp_path / "state.json", broken())

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["~nosuchuser/state.json", "state\0.json", ""])
def test_an_invalid_path_is_an_error(path: str) -> None:
    with pytest.raises(ExportFailed, match="could not write"):
        write_export(path, iter(["x"]))


def test_a_key_removed_during_the_export_is_written(client: BaseClient) -> None:
    chunks = export_chunks(client, None, key_pattern("*"))
    begun = next(chunks) + next(chunks)
    client.attempt_update_state(DictionaryChange(removals=set(STATE)))
    eventually(lambda: not client.keys())

    document = json.loads(begun + "".join(chunks))

    assert same(document["state"], STATE)
