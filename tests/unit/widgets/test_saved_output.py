"""The static HTML in the notebook file, and when it is updated."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from nanover_jupyter import DictionaryChange, NanoverServer, StateInspector
from nanover_jupyter.widgets.saved_output import SavedOutput
from tests.support.clock import FakeClock
from tests.support.eventually import eventually
from tests.unit.widgets.test_panel import OpenPage


class Notebook:
    """Records published outputs; the newest one of each display is shown. `number` is the state."""

    def __init__(self) -> None:
        self.number = 1
        self.live: list[Any] = []
        self.html: dict[str, str] = {}
        self.updates = 0

    def publish(
        self, data: Any, *, transient: dict[str, str] | None = None, update: bool = False
    ) -> None:
        if transient is None:
            self.live.append(data)
            return
        assert update == (transient["display_id"] in self.html)
        self.updates += update
        self.html[transient["display_id"]] = data["text/html"]


BUNDLE = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/html": "once"}


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def saved_output(notebook: Notebook, clock: FakeClock) -> SavedOutput:
    def render(time: str) -> str:
        return f"<p>{notebook.number} at {time}</p>"

    return SavedOutput(render, publish=notebook.publish, clock=clock)


def test_the_widget_and_its_static_html_are_two_outputs(
    saved_output: SavedOutput, notebook: Notebook
) -> None:
    saved_output.display(BUNDLE)

    assert [list(data) for data in notebook.live] == [["application/vnd.jupyter.widget-view+json"]]
    assert ["<p>1 at " in html for html in notebook.html.values()] == [True]


@pytest.mark.parametrize(
    ("update_output", "interval"),
    [(SavedOutput.on_heartbeat, 60), (SavedOutput.on_hidden, 5), (SavedOutput.save_final, 0)],
)
def test_it_is_updated_after_an_interval(
    saved_output: SavedOutput,
    notebook: Notebook,
    clock: FakeClock,
    update_output: Callable[[SavedOutput], None],
    interval: float,
) -> None:
    saved_output.display(BUNDLE)
    notebook.number = 2

    if interval:
        clock.now += interval - 0.1
        update_output(saved_output)
        assert notebook.updates == 0
    clock.now += 0.2
    update_output(saved_output)

    assert ["<p>2 at " in html for html in notebook.html.values()] == [True]


def test_the_same_state_at_another_time_does_not_modify_the_notebook(
    saved_output: SavedOutput, notebook: Notebook, clock: FakeClock
) -> None:
    saved_output.display(BUNDLE)
    clock.now += 1000

    saved_output.save_final()

    assert notebook.updates == 0


def test_only_the_newest_displays_are_updated(
    saved_output: SavedOutput, notebook: Notebook
) -> None:
    for _ in range(20):
        saved_output.display(BUNDLE)
    notebook.number = 2

    saved_output.save_final()

    assert notebook.updates == 8


def test_a_widget_that_is_not_displayed_publishes_nothing(
    saved_output: SavedOutput, notebook: Notebook
) -> None:
    saved_output.save_final()

    assert notebook.live == []
    assert notebook.html == {}


def test_the_last_state_is_saved_when_a_view_is_hidden_and_on_close(
    open_page: OpenPage, server: NanoverServer, clock: FakeClock
) -> None:
    page, notebook = open_page(StateInspector), Notebook()
    page.panel._saved_output = SavedOutput(
        page.panel._render_static_html, publish=notebook.publish, clock=clock
    )
    page.panel._ipython_display_()
    (name,) = notebook.html
    assert "demo" in notebook.html[name]

    server.update_state(None, DictionaryChange({"title": "second"}))
    eventually(lambda: page.model.values.get("title") == "second")
    clock.now += 10
    page.notify("hide")
    assert "second" in notebook.html[name]

    server.update_state(None, DictionaryChange({"title": "third"}))
    eventually(lambda: page.panel.connection.client.peek("title") == "third")
    page.panel.close()
    assert "third" in notebook.html[name]
    assert notebook.live[0].keys() >= {"application/vnd.jupyter.widget-view+json", "text/plain"}


def test_nbconvert_shows_the_static_html_instead_of_the_widget(
    open_page: OpenPage, server: NanoverServer
) -> None:
    # Both take a second or two to import.
    nbformat, nbconvert = map(pytest.importorskip, ("nbformat", "nbconvert"))
    server.update_state(None, DictionaryChange({"<b>": "<script>"}))
    page, notebook = open_page(StateInspector), Notebook()
    eventually(lambda: page.model.values.get("<b>"))
    panel = page.panel
    panel._saved_output = SavedOutput(panel._render_static_html, publish=notebook.publish)
    panel._ipython_display_()
    published = [*notebook.live, *({"text/html": html} for html in notebook.html.values())]
    cell = nbformat.v4.new_code_cell("panel", execution_count=1)
    cell.outputs = [nbformat.v4.new_output("display_data", data) for data in published]

    html, _ = nbconvert.HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))

    assert html.count('<div class="nvj-picture"') == 1
    assert "&lt;script&gt;" in html


def test_without_a_notebook_nothing_is_printed(
    open_page: OpenPage, capsys: pytest.CaptureFixture[str]
) -> None:
    open_page(StateInspector).panel._ipython_display_()

    assert capsys.readouterr().out == ""


CELL = """
from nanover_jupyter import NanoverServer, StateInspector, connect
server = NanoverServer()
connection = connect(f"{server.address}:{server.port}")
display(StateInspector(connection))
connection.close()
"""


def test_interpreter_shutdown_with_a_displayed_widget_is_silent() -> None:
    shell = "from IPython.core.interactiveshell import InteractiveShell as Shell; import sys; "
    run = "sys.exit(not Shell.instance().run_cell(sys.argv[1]).success)"

    result = subprocess.run(
        [sys.executable, "-c", shell + run, CELL],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert result.returncode == 0, result.stdout
    assert result.stderr == ""
