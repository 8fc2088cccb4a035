"""The preferences file."""

from __future__ import annotations

import json
import logging
import threading
from pathlib import Path
from typing import Any

import pytest

from nanover_jupyter.widgets.preferences import Preferences, preferences


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "preferences.json"


def put(name: str, value: Any) -> Any:
    return lambda section: {**section, name: value}


def test_preferences_are_kept_for_the_next_kernel(path: Path) -> None:
    Preferences(path).change("server", put("a", 1))

    assert Preferences(path).section("server") == {"a": 1}
    assert Preferences(path).section("other") == {}


def test_changes_of_another_kernel_are_kept(path: Path) -> None:
    one, two = Preferences(path), Preferences(path)
    one.change("server", put("a", 1))
    two.change("server", put("b", 2))
    one.change("server", put("c", 3))

    assert one.section("server") == {"a": 1, "b": 2, "c": 3}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff", b"[]", b"{}", b'{"format": 1}', b'{"format": 1, "servers": [1]}'],
)
def test_an_invalid_file_is_renamed(
    path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.mkdir()
    path.write_bytes(content)

    with caplog.at_level(logging.WARNING):
        assert Preferences(path).section("server") == {}
        Preferences(path).change("server", put("a", 1))

    assert json.loads(path.read_text())["servers"] == {"server": {"a": 1}}
    assert path.with_name("preferences.broken-1.json").read_bytes() == content
    assert "preferences" in caplog.text


def test_an_invalid_file_does_not_replace_an_earlier_one(path: Path) -> None:
    path.parent.mkdir()
    for content in ("first", "second"):
        path.write_text(content)
        Preferences(path).change("server", put("a", 1))

    kept = sorted(entry.read_text() for entry in path.parent.glob("*.broken-*"))
    assert kept == ["first", "second"]


def test_an_unreadable_file_is_not_replaced(path: Path) -> None:
    Preferences(path).change("server", put("a", 1))

    def refuse(_: Path) -> bytes:
        raise PermissionError("not yours")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "read_bytes", refuse)
        Preferences(path).change("server", put("a", 2))

    assert Preferences(path).section("server") == {"a": 1}


def test_the_file_size_is_limited(path: Path) -> None:
    store = Preferences(path)
    for number in range(5):
        store.change(f"server-{number}", put("a", "x" * 1024 * 1024))

    assert list(json.loads(path.read_text())["servers"]) == ["server-2", "server-3", "server-4"]
    assert Preferences(path).section("server-4")["a"].startswith("xxx")


def test_a_too_large_section_does_not_remove_others(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = Preferences(path)
    store.change("server", put("a", 1))

    store.change("other", put("a", "x" * 5 * 1024 * 1024))

    assert Preferences(path).section("server") == {"a": 1}
    assert "the preferences of other are too large" in caplog.text


def test_a_file_of_a_later_version_is_not_replaced(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"format": 2, "servers": {}}')
    store = Preferences(path)

    store.change("server", put("a", 1))

    assert store.section("server") == {"a": 1}
    assert json.loads(path.read_text())["format"] == 2


def test_a_folder_that_cannot_be_created_is_not_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = Preferences(tmp_path / "file" / "preferences.json")

    store.change("server", put("a", 1))
    store.change("server", put("b", 2))

    assert store.section("server") == {"a": 1, "b": 2}


def test_a_failed_write_leaves_the_file_unchanged(path: Path) -> None:
    store = Preferences(path)
    store.change("server", put("a", 1))

    store.change("server", put("b", object()))

    assert json.loads(path.read_text())["servers"] == {"server": {"a": 1}}
    assert [entry.name for entry in path.parent.iterdir()] == ["preferences.json"]


def test_the_least_recently_used_servers_are_removed(path: Path) -> None:
    store = Preferences(path)
    for number in range(60):
        store.change(f"server-{number}", put("a", number))
    store.change("server-12", put("a", 0))

    servers = json.loads(path.read_text())["servers"]
    assert len(servers) == 50
    assert "server-9" not in servers
    assert list(servers)[-1] == "server-12"


def test_many_threads_lose_nothing(path: Path) -> None:
    store = Preferences(path)
    threads = [
        threading.Thread(target=store.change, args=("server", put(str(number), number)))
        for number in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(Preferences(path).section("server")) == 20


def test_listeners_get_the_changed_server(path: Path) -> None:
    store = Preferences(path)
    changed: list[str] = []
    unsubscribe = store.on_change(changed.append)
    store.change("server", put("a", 1))
    unsubscribe()
    store.change("server", put("a", 2))

    assert changed == ["server"]


def test_all_widgets_share_one_file_in_the_user_folder() -> None:
    assert preferences() is preferences()
    assert preferences()._path.name == "preferences.json"
