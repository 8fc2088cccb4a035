"""A bar after two seconds, where somebody looks."""

from __future__ import annotations

import contextvars
import importlib
import sys
import threading
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import tqdm.notebook

from nanover_jupyter.client import progress_bar as progress_module
from nanover_jupyter.client.progress_bar import progress
from tests.support.eventually import eventually
from tests.support.own_threads import own_threads


class Bars(ModuleType):
    """Stands in for tqdm.auto, and keeps the bars that are made."""

    def __init__(self) -> None:
        super().__init__("tqdm.auto")
        self.made: list[Any] = []
        bars = self

        class Bar:
            def __init__(self, **options: Any) -> None:
                self.options, self.n, self.closed = options, 0.0, False
                self.total = options["total"]
                self.context = COLOUR.get()
                bars.made.append(self)

            def refresh(self) -> None:
                pass

            def close(self) -> None:
                self.closed = True

        self.tqdm = Bar


COLOUR = contextvars.ContextVar("COLOUR", default="none")


@pytest.fixture
def bars(monkeypatch: pytest.MonkeyPatch) -> Bars:
    made = Bars()
    monkeypatch.setitem(sys.modules, "tqdm.auto", made)
    monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    monkeypatch.setattr(progress_module, "PROGRESS_AFTER", 0.02)
    monkeypatch.setattr(progress_module, "_TICK", 0.01)
    return made


@pytest.fixture
def looked_for(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set when a bar was looked for, found or not."""
    find, looked_for = progress_module._make_bar, threading.Event()

    def find_and_tell(doing: str, seconds: float | None) -> Any:
        found = find(doing, seconds)
        looked_for.set()
        return found

    monkeypatch.setattr(progress_module, "_make_bar", find_and_tell)
    return looked_for


def test_a_long_wait_shows_a_bar(bars: Bars) -> None:
    with progress("waiting for 'x'", 10.0):
        eventually(lambda: bars.made and bars.made[0].n > 0)
        (bar,) = bars.made
        assert bar.options["desc"] == "waiting for 'x'"
        assert bar.options["total"] == 10.0
        assert not bar.closed

    assert bar.closed
    assert own_threads() == []


def test_a_short_wait_shows_nothing(bars: Bars, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_module, "PROGRESS_AFTER", 60)
    with progress("waiting", None):
        pass

    assert bars.made == []
    assert own_threads() == []


def test_the_bar_belongs_to_the_cell_that_waits(bars: Bars) -> None:
    """ipykernel finds the cell of an output in the context."""
    COLOUR.set("this cell's")
    with progress("waiting", None):
        eventually(lambda: bars.made)

    assert bars.made[0].context == "this cell's"


def test_a_log_file_gets_no_bars(
    bars: Bars, looked_for: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "IPython")
    with progress("waiting", None):
        assert looked_for.wait(10)

    assert bars.made == []


def test_without_tqdm_nothing_is_shown(
    bars: Bars, looked_for: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with progress("waiting", None):
        assert looked_for.wait(10)

    assert own_threads() == []


def test_the_bar_of_a_notebook_goes_away_when_the_waiting_ends_early(
    bars: Bars, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []

    class Bar(tqdm.notebook.tqdm):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            made.append(self)

    monkeypatch.setattr(bars, "tqdm", Bar)

    with progress("waiting for 'x'", 10.0):
        eventually(lambda: made and made[0].n > 0)
        assert made[0].container.comm is not None

    assert made[0].container.comm is None


@pytest.mark.usefixtures("bars")
def test_ctrl_c_while_it_begins_leaves_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    begin = threading.Thread.start

    def interrupted(thread: threading.Thread) -> None:
        begin(thread)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt), progress("waiting", None):
            pass

    eventually(lambda: own_threads() == [])


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody looks at a terminal, where tqdm itself draws."""
    monkeypatch.setattr(progress_module, "PROGRESS_AFTER", 0.01)
    monkeypatch.setattr(progress_module, "_TICK", 0.01)
    importlib.import_module("tqdm.auto")  # which takes long on a busy machine
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)


@pytest.mark.usefixtures("terminal")
def test_a_bar_stops_at_its_maximum(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As on a busy machine, where a wait is told late that its time is over."""
    begins = iter([0.0])
    clock = SimpleNamespace(monotonic=lambda: next(begins, 60.0))
    monkeypatch.setattr(progress_module, "time", clock)
    said: list[str] = []

    with progress("waiting for 'x'", 10.0):
        eventually(lambda: said.append(capsys.readouterr().err) or "10 of 10 s" in "".join(said))


@pytest.mark.usefixtures("terminal")
def test_tqdm_accepts_our_options(capsys: pytest.CaptureFixture[str]) -> None:
    before = set(threading.enumerate())
    said: list[str] = []
    for seconds in (10.0, None):
        with progress("waiting for 'x'", seconds):
            eventually(lambda: said.append(capsys.readouterr().err) or said[-1])

    assert "waiting for 'x'" in "".join(said)
    assert " of 10 s" in "".join(said)
    # Threads that others left to end may do so meanwhile.
    assert set(threading.enumerate()) <= before
