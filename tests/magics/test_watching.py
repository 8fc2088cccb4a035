"""%nanover watch, in a notebook and in a terminal."""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from nanover_jupyter import DictionaryChange, NanoverServer
from nanover_jupyter.magics._desk import Desk
from tests.magics.conftest import WIDGET_VIEW, Shell
from tests.support.fake_page import FakePage


@pytest.fixture
def server(shell: Shell) -> Iterator[NanoverServer]:
    with NanoverServer() as server:
        server.update_state(None, DictionaryChange({"avatar.anna": 0, "scene": 0}))
        shell.run(f"%nanover connect 127.0.0.1:{server.port} --quiet")
        yield server


@pytest.fixture
def busy(server: NanoverServer) -> Iterator[None]:
    """Changes two keys, and adds and removes a third, until the test is over."""
    over = threading.Event()

    def work() -> None:
        number = 0
        while not over.wait(0.05):
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


def test_in_a_notebook_it_is_an_inspector_that_looks_for_the_pattern(
    shell: Shell, server: NanoverServer
) -> None:
    (avatars,) = shell.run("%nanover watch avatar.*").widgets
    (scene,) = shell.run("%nanover watch scene").widgets
    (again,) = shell.run("%nanover watch avatar.*").widgets

    assert avatars[WIDGET_VIEW] == again[WIDGET_VIEW] != scene[WIDGET_VIEW]
    panels = shell.magics.desk.sessions._panels.values()
    assert [panel.query for panel in panels] == ["scene", "avatar.*"]


def test_inspectors_that_were_deleted_end_when_others_have_come(
    shell: Shell, server: NanoverServer
) -> None:
    shell.run("%nanover watch looked-at")
    shell.run("%nanover watch deleted")
    sessions = shell.magics.desk.sessions
    looked_at, deleted = sessions._panels.values()
    page = FakePage(looked_at)
    page.hello()
    for number in range(8):
        assert deleted.comm is not None
        shell.run(f"%nanover watch {number}")

    assert deleted.comm is None
    assert [panel.query for panel in sessions._panels.values()] == ["looked-at", *"01234567"]
    page.notify("bye")


def test_one_that_is_asked_for_again_is_as_good_as_new(shell: Shell, server: NanoverServer) -> None:
    for pattern in (*"01234567", "0", "8"):
        shell.run(f"%nanover watch {pattern}")

    panels = shell.magics.desk.sessions._panels.values()
    assert [panel.query for panel in panels] == [*"234567", "0", "8"]


def test_for_a_time_changes_are_printed_and_summed_up(shell: Shell, busy: None) -> None:
    cell = shell.run("%nanover watch avatar.* --for 1.2")

    begun, ended = cell.text.splitlines()
    assert begun.startswith("Watching avatar.* for 1.2 s")
    assert re.match(r"2 keys changed in 1\.\d s, most often avatar\.", ended)
    lines = cell.printed.splitlines()
    assert any(re.fullmatch(r" +\d+\.\d\d s  avatar\.anna  \d+", line) for line in lines)
    assert not any("scene" in line for line in lines)
    assert "\x1b" not in cell.printed


def test_of_a_large_value_only_what_is_another_is_printed_again(
    shell: Shell, server: NanoverServer
) -> None:
    value: dict[str, Any] = {"name": "x" * 500, "at": [0.0, 0.0], "gone": 1}

    later = {"name": value["name"], "at": [0.0, 2.5]}
    for seconds, each in ((0.1, value), (0.9, later)):
        change = DictionaryChange({"big": each})
        threading.Timer(seconds, server.update_state, (None, change)).start()

    lines = shell.run("%nanover watch big --for 1.8").printed.splitlines()

    assert all(len(line) <= 120 for line in lines)
    assert lines[0].split("  ")[-1].startswith('{name: "xxx')
    assert "at[1] 2.5" in lines[-1]
    assert "- gone" in lines[-1]


def test_when_nothing_changes_that_is_said(shell: Shell, server: NanoverServer) -> None:
    said = shell.run("%nanover watch scene --for 0.1").text

    assert re.search(r"Nothing changed in \d+ ms\.$", said)


def test_in_a_terminal_it_lasts_until_it_is_interrupted(
    shell: Shell, busy: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Desk, "has_page", False)
    threading.Timer(1.0, lambda: signal.raise_signal(signal.SIGINT)).start()

    cell = shell.run("%nanover watch scene")

    assert cell.error is None
    assert "until Ctrl-C" in cell.text
    assert "1 key changed in" in cell.text


def test_many_keys_at_once_are_cut_and_counted(shell: Shell, server: NanoverServer) -> None:
    def change() -> None:
        server.update_state(None, DictionaryChange({f"k{n:03}": n for n in range(40)}))

    threading.Timer(0.2, change).start()

    printed = shell.run("%nanover watch k* --for 1").printed

    assert "… and 30 more keys" in printed
