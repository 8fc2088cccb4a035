"""%nanover watch, in a notebook and in a terminal."""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from nanover_jupyter import DictionaryChange, NanoverServer
from nanover_jupyter.magics.commands import watch as watch_module
from nanover_jupyter.magics.context import MagicContext
from tests.support.fake_page import FakePage
from tests.unit.magics.conftest import WIDGET_VIEW, Shell


@pytest.fixture
def server(shell: Shell) -> Iterator[NanoverServer]:
    with NanoverServer() as server:
        server.update_state(None, DictionaryChange({"avatar.anna": 0, "scene": 0}))
        shell.run(f"%nanover connect 127.0.0.1:{server.port} --quiet")
        yield server


@pytest.fixture
def busy(server: NanoverServer) -> Iterator[None]:
    """Change two keys, and add and remove a third, until the test is over."""
    over = threading.Event()

    def work() -> None:
        number = 0
        while not over.wait(0.01):
            number += 1
            server.update_state(None, DictionaryChange({"avatar.anna": number, "scene": number}))
            gone = {"avatar.<b>"} if number % 2 else set()
            there = {} if gone else {"avatar.<b>": "\x1b[31m"}
            server.update_state(None, DictionaryChange(there, gone))

    thread = threading.Thread(target=work)
    thread.start()
    yield
    over.set()
    thread.join()


@pytest.fixture
def change_whilewatch_module(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """In a terminal: make each change after the last one is printed, then press Ctrl-C."""
    monkeypatch.setattr(MagicContext, "has_frontend", False)
    monkeypatch.setattr(watch_module, "_PERIOD", 0.01)
    lines = watch_module._Watcher._lines
    waiting = False

    def prepare(*changes: Callable[[], object]) -> None:
        left = [*changes, lambda: signal.raise_signal(signal.SIGINT)]

        def lines_and_next_change(self: watch_module._Watcher) -> list[str]:
            nonlocal waiting
            found = lines(self)
            if found:
                waiting = False
            elif not waiting:
                waiting = True
                left.pop(0)()
            return found

        monkeypatch.setattr(watch_module._Watcher, "_lines", lines_and_next_change)

    return prepare


def test_in_a_notebook_it_shows_an_inspector_with_the_pattern(
    shell: Shell, server: NanoverServer
) -> None:
    (avatars,) = shell.run("%nanover watch avatar.*").widgets
    (scene,) = shell.run("%nanover watch scene").widgets
    (again,) = shell.run("%nanover watch avatar.*").widgets

    assert avatars[WIDGET_VIEW] == again[WIDGET_VIEW] != scene[WIDGET_VIEW]
    panels = shell.magics.context.registry._panels.values()
    assert [panel.query for panel in panels] == ["scene", "avatar.*"]


def test_inspectors_of_deleted_cells_are_closed_after_several_others(
    shell: Shell, server: NanoverServer
) -> None:
    shell.run("%nanover watch looked-at")
    shell.run("%nanover watch deleted")
    registry = shell.magics.context.registry
    looked_at, deleted = registry._panels.values()
    page = FakePage(looked_at)
    page.hello()
    for number in range(8):
        assert deleted.comm is not None
        shell.run(f"%nanover watch {number}")

    assert deleted.comm is None
    assert [panel.query for panel in registry._panels.values()] == ["looked-at", *"01234567"]
    page.notify("bye")


def test_an_inspector_that_is_shown_again_counts_as_recent(
    shell: Shell, server: NanoverServer
) -> None:
    for pattern in (*"01234567", "0", "8"):
        shell.run(f"%nanover watch {pattern}")

    panels = shell.magics.context.registry._panels.values()
    assert [panel.query for panel in panels] == [*"234567", "0", "8"]


def test_with_a_duration_changes_are_printed_and_summarized(
    shell: Shell, busy: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_module, "_PERIOD", 0.05)
    cell = shell.run("%nanover watch avatar.* --for 0.4")

    first, last = cell.text.splitlines()
    assert first.startswith("Watching avatar.* for 400 ms")
    assert re.match(r"2 keys changed in \d.* m?s, most often avatar\.", last)
    lines = cell.printed.splitlines()
    assert any(re.fullmatch(r" +\d+\.\d\d s  avatar\.anna  \d+", line) for line in lines)
    assert not any("scene" in line for line in lines)
    assert "\x1b" not in cell.printed


def test_only_the_changed_parts_of_a_large_value_are_printed(
    shell: Shell, server: NanoverServer, change_whilewatch_module: Callable[..., None]
) -> None:
    value: dict[str, Any] = {"name": "x" * 500, "at": [0.0, 0.0], "gone": 1}

    later = {"name": value["name"], "at": [0.0, 2.5]}
    change_whilewatch_module(
        lambda: server.update_state(None, DictionaryChange({"big": value})),
        lambda: server.update_state(None, DictionaryChange({"big": later})),
    )

    lines = shell.run("%nanover watch big").printed.splitlines()

    assert all(len(line) <= 120 for line in lines)
    assert lines[0].split("  ")[-1].startswith('{name: "xxx')
    assert "at[1] 2.5" in lines[-1]
    assert "- gone" in lines[-1]


def test_it_reports_that_nothing_changed(shell: Shell, server: NanoverServer) -> None:
    text = shell.run("%nanover watch scene --for 0.1").text

    assert re.search(r"Nothing changed in \d+ ms\.$", text)


def test_in_a_terminal_it_runs_until_it_is_interrupted(
    shell: Shell, server: NanoverServer, change_whilewatch_module: Callable[..., None]
) -> None:
    change_whilewatch_module(lambda: server.update_state(None, DictionaryChange({"scene": 1})))

    cell = shell.run("%nanover watch scene")

    assert cell.error is None
    assert "until Ctrl-C" in cell.text
    assert "1 key changed in" in cell.text


def test_of_many_keys_only_some_lines_are_printed(
    shell: Shell, server: NanoverServer, change_whilewatch_module: Callable[..., None]
) -> None:
    many = DictionaryChange({f"k{n:03}": n for n in range(40)})
    change_whilewatch_module(lambda: server.update_state(None, many))

    printed = shell.run("%nanover watch k*").printed

    assert "… and 30 more keys" in printed
