"""Closed widgets and connections are garbage collected."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets
import pytest
from ipywidgets.widgets.widget import _instances

from nanover_jupyter import (
    CommandButton,
    CommandPalette,
    Connection,
    ControlRoom,
    InteractiveControls,
    LockManager,
    MoleculeView,
    NanoverServer,
    SimulationPanel,
    StateInspector,
    command_button,
    connect,
    widgets,
)
from nanover_jupyter.widgets.assets import Asset, asset
from nanover_jupyter.widgets.panel import Panel
from tests.support.eventually import eventually
from tests.support.fake_page import FakePage
from tests.support.own_threads import own_threads

Make = Callable[[Connection], Any]

MAKERS: dict[type[Any], Make] = {
    CommandButton: lambda connection: command_button(connection, "user/echo", n=2),
    CommandPalette: CommandPalette,
    ControlRoom: ControlRoom,
    InteractiveControls: InteractiveControls,
    LockManager: LockManager,
    MoleculeView: MoleculeView,
    SimulationPanel: SimulationPanel,
    StateInspector: StateInspector,
}

every_widget = pytest.mark.parametrize("make", MAKERS.values(), ids=lambda make: make.__name__)


def freed(*references: weakref.ref[Any]) -> bool:
    gc.collect()
    return all(reference() is None for reference in references)


def used(widget: Any) -> None:
    """Show a widget in a page, if it has views, and close it."""
    if isinstance(widget, Panel):
        widget._ipython_display_()
        page = FakePage(widget)
        page.hello()
        if "watch_frames" in widget._binding.handlers:
            page.ask("watch_frames", epoch=None, row=0)
        if "watch_molecule" in widget._binding.handlers:
            page.ask("watch_molecule", epoch=None, revision=None)
        del widget.send
    widget.close()


def test_every_public_widget_is_tested() -> None:
    public = [getattr(widgets, name) for name in widgets.__all__]
    assert {kind for kind in public if isinstance(kind, type)} == MAKERS.keys()


@every_widget
def test_closed_widget_is_garbage_collected_before_its_connection(
    make: Make, connection: Connection
) -> None:
    widget = make(connection)
    used(widget)
    reference = weakref.ref(widget)
    del widget

    eventually(lambda: freed(reference))


@every_widget
def test_closed_connection_is_garbage_collected_with_its_client_and_state(
    make: Make, server: NanoverServer
) -> None:
    connection = connect(f"127.0.0.1:{server.port}")
    used(make(connection))
    connection.close()
    client = connection.client
    references = (
        weakref.ref(connection),
        weakref.ref(client),
        weakref.ref(client._stream),
        weakref.ref(client._stream.mirror),
    )
    del connection, client

    eventually(lambda: freed(*references))


@every_widget
def test_a_hundred_closed_widgets_leave_nothing(make: Make, connection: Connection) -> None:
    def left() -> dict[str, object]:
        gc.collect()
        stream = connection.client._stream
        # The pool of the server starts its threads on demand.
        threads = [name for name in own_threads() if not name.startswith("nanover-server")]
        return {
            "models": len(_instances),
            "threads": sorted(threads),
            "descriptors": len(list(Path("/dev/fd").iterdir())),
            "subscribers": stream.feed.count,
            "status": stream.status_listeners.count,
            "dependents": len(connection.dependents),
        }

    used(make(connection))  # starts what a connection has once
    before = left()
    for _ in range(100):
        make(connection).close()

    eventually(lambda: left() == before or None)


@every_widget
def test_open_widget_keeps_its_connection_until_it_is_closed(
    make: Make, server: NanoverServer
) -> None:
    widget = make(connect(f"127.0.0.1:{server.port}"))
    reference = weakref.ref(widget.connection)
    assert not freed(reference)
    assert widget.connection.status.state == "connected"

    widget.close()
    del widget
    eventually(lambda: freed(reference))


def test_layout_of_the_caller_stays_open(connection: Connection) -> None:
    layout = ipywidgets.Layout(width="50%")
    StateInspector(connection, layout=layout).close()
    command_button(connection, "user/echo", layout=layout).close()

    assert layout.comm is not None
    layout.close()


def test_frontend_is_read_once_for_the_first_widget(tmp_path: Path) -> None:
    path = tmp_path / "widget.js"
    text = Asset(path)
    path.write_text("export default {}", "utf-8")

    first = str(text)
    assert first == "export default {}"
    assert str(text) is first


def test_frontend_is_a_path_for_hot_reloading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANYWIDGET_HMR", "1")

    assert isinstance(asset("inspector.js"), Path)
