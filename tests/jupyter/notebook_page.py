"""Notebooks in the pages of Jupyter applications.

A page drives JupyterLab through the application object that `--expose-app-in-browser`
publishes: commands resolve when they are done, where key presses may come before the kernel
is ready and get lost.
"""

from __future__ import annotations

import copy
import itertools
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import nbformat
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, expect

from tests.jupyter.applications import Application
from tests.support.axe import AXE
from tests.support.chromium import save_screenshot
from tests.support.eventually import TIME_SCALE, eventually
from tests.support.panels import Theme

__all__ = ["NotebookPage", "OpenNotebook"]

_THEMES: Final = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
_CLEAN_KERNEL: Final = Path(__file__).with_name("clean_kernel.py")
_READY_TIMEOUT: Final = 60_000 * TIME_SCALE

_KERNEL_IDLE = """() => {
    const panel = window.jupyterapp?.shell.currentWidget;
    const kernel = panel?.context?.sessionContext?.session?.kernel;
    return kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
}"""
_FILL = """notebook => {
    const panel = jupyterapp.shell.currentWidget;
    panel.context.model.fromJSON(notebook);
    panel.content.activeCellIndex = 0;
}"""
_RUN_SILENTLY = """async code => {
    const {kernel} = jupyterapp.shell.currentWidget.context.sessionContext.session;
    const future = kernel.requestExecute({code, store_history: false});
    let text = '';
    future.onIOPub = ({header, content}) => {
        if (header.msg_type === 'stream') text += content.text;
        if (header.msg_type === 'error') text += content.traceback.join('\\n');
    };
    await future.done;
    return text;
}"""
_RESTART_KERNEL = """async () => {
    const {sessionContext} = jupyterapp.shell.currentWidget.context;
    await sessionContext.session.kernel.restart();
}"""
_INTERRUPT_KERNEL = """() =>
    jupyterapp.shell.currentWidget.context.sessionContext.session.kernel.interrupt()"""
_ADD_CELL = """source => {
    const notebook = jupyterapp.shell.currentWidget.content;
    notebook.model.sharedModel.addCell({cell_type: 'code', source});
    return notebook.model.cells.length - 1;
}"""
_RUN_CELL = """async index => {
    const notebook = jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = index;
    await jupyterapp.commands.execute('notebook:run-cell');
    return notebook.widgets[index].model.sharedModel.toJSON().outputs;
}"""
_WIDGET_PLACES = """index => {
    const cell = jupyterapp.shell.currentWidget.content.widgets[index];
    cell.node.dataset.testCell = index;
    const isWidget = ({data}) => data && 'application/vnd.jupyter.widget-view+json' in data;
    const outputs = cell.model.sharedModel.toJSON().outputs;
    return outputs.map((output, place) => isWidget(output) ? place : -1).filter(at => at >= 0);
}"""
_ACTIVATE_CELL = """index => {
    const notebook = jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = index;
    notebook.widgets[index].node.dataset.testCell = index;
}"""
_NEWEST_WIDGET_IS_DRAWN = """ran => {
    const isWidget = ({data}) => data && 'application/vnd.jupyter.widget-view+json' in data;
    const {widgets} = jupyterapp.shell.currentWidget.content;
    for (const cell of widgets.filter((_, index) => ran.includes(index)).reverse()) {
        const place = (cell.model.sharedModel.toJSON().outputs ?? []).map(isWidget);
        if (!place.includes(true)) continue;
        const outputs = cell.node.querySelectorAll('.jp-OutputArea-child');
        const drawn = '.nvj-root, .jupyter-widgets:not(:empty)';
        return outputs[place.lastIndexOf(true)]?.querySelector(drawn) != null;
    }
    return false;
}"""
_START_CELL = """index => {
    const notebook = jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = index;
    void jupyterapp.commands.execute('notebook:run-cell');
}"""
_IS_CELL_RUNNING = """index => {
    const cell = jupyterapp.shell.currentWidget.content.widgets[index];
    return cell.model.executionState === 'running' || cell.promptNode.textContent.includes('*');
}"""
_SOURCES = """() => jupyterapp.shell.currentWidget.content.model.sharedModel.cells
    .map(cell => cell.getSource())"""
_SAVE = "() => jupyterapp.commands.execute('docmanager:save')"
_IS_SAVED = "() => !jupyterapp.shell.currentWidget.context.model.dirty"
_SHUT_DOWN_KERNEL = "() => jupyterapp.shell.currentWidget?.context.sessionContext.shutdown()"
_SET_THEME = "theme => jupyterapp.commands.execute('apputils:change-theme', {theme})"
_NO_SPLASH = "() => document.getElementById('jupyterlab-splash') === null"
_THEME_IS_LIGHT = "light => document.body.dataset.jpThemeLight === String(light)"


class NotebookPage:
    """A notebook in a browser page, with its own kernel."""

    _numbers = itertools.count(1)

    def __init__(self, application: Application, context: BrowserContext) -> None:
        self.name = f"notebook-{next(self._numbers)}"
        self._application = application
        # Cells that were not run may have stored outputs, whose widgets do not exist.
        self._ran: set[int] = set()
        self._go_on = application.notebooks / f"{self.name}.go-on"
        self.context = context
        self.page: Page = context.new_page()
        self._tabs: list[Page] = []
        self.errors: list[str] = []
        self._listen()

    def _listen(self) -> None:
        self.page.on(
            "pageerror",
            lambda error: self._note(f"{error.name}: {error.message}\n{error.stack}"),
        )
        self.page.on("console", self._on_console)

    def close(self) -> None:
        """Stop the kernel and close the page."""
        self.page.evaluate(_SHUT_DOWN_KERNEL)
        self.close_tabs()
        self.page.close()

    def close_tabs(self) -> None:
        """Close the tabs that `another_tab` opened."""
        while self._tabs:
            self._tabs.pop().close()

    def open(self, cells: list[str] | None = None, *, kernel: str = "python3") -> None:
        """Open a new notebook of these code cells and wait for its kernel."""
        nbformat.write(_notebook_of(cells or [""], kernel), self._file)
        self._go(fresh=True)

    def fill(self, notebook: nbformat.NotebookNode) -> None:
        """Replace the cells of the notebook and keep the kernel."""
        self._ran.clear()
        self.page.evaluate(_FILL, json.loads(nbformat.writes(notebook)))

    def fill_with(self, cells: list[str]) -> None:
        """Replace the cells of the notebook by code cells, and run them."""
        self.fill(_notebook_of(cells or [""]))
        for index in range(len(cells)):
            self.run_cell(index)

    def clean(self) -> list[str]:
        """Clear the notebook and the kernel, and return what is left in the kernel."""
        self.close_tabs()
        self._go_on.touch()  # a cell may still hold the kernel
        self.page.evaluate(_RUN_SILENTLY, "")
        self._go_on.unlink()
        self.page.keyboard.press("Escape")  # a list of completions may be open
        self.fill(_notebook_of([""]))
        # In a separate namespace, because the names of the cells are deleted.
        code = f"exec({_CLEAN_KERNEL.read_text()!r}, {{'shell': get_ipython()}})"
        text: str = self.page.evaluate(_RUN_SILENTLY, code)
        try:
            left: list[str] = json.loads(text.splitlines()[-1])
        except (IndexError, ValueError):
            left = [_without_colour(text)]
        return left

    def interrupt_kernel(self) -> None:
        """Interrupt the kernel."""
        self.page.evaluate(_INTERRUPT_KERNEL)

    def restart_kernel(self) -> None:
        """Restart the kernel and wait until it is ready; the notebook stays."""
        self.page.evaluate(_RESTART_KERNEL)
        self.wait_for_kernel()

    def wait_for_kernel(self) -> None:
        """Wait until the kernel is connected and idle."""
        self.page.wait_for_function(_KERNEL_IDLE, timeout=_READY_TIMEOUT)

    def copy_images(self, source: Path) -> None:
        """Copy the images of a notebook to where the application finds them."""
        shutil.copytree(
            source.parent / "images", self._application.notebooks / "images", dirs_exist_ok=True
        )

    def open_copy(self, source: Path, *, kernel: str = "python3") -> None:
        """Open a copy of an existing notebook, with the pictures in it, and wait for its kernel.

        Not for Voila, whose pages have no cells: see `show_copy`.
        """
        self._copy(source, kernel)
        self._go(fresh=True)

    def show(self) -> None:
        """Open the page in which the application runs the notebook, and wait for its kernel."""
        self._go(fresh=True)

    def show_copy(self, source: Path) -> None:
        """Load the page of a copy of an existing notebook."""
        self._copy(source, "python3")
        address = self._application.page_address(self.name, fresh=True)
        self.page.goto(self._application.url + address)

    def save(self) -> None:
        """Save the notebook."""
        self.page.evaluate(_SAVE)

    def reload(self) -> None:
        """Save the notebook and reload the page; the kernel continues."""
        self.save()
        self._go(fresh=False)

    def another_tab(self) -> NotebookPage:
        """Save the notebook and open it in a second tab with the same kernel."""
        self.save()
        other = copy.copy(self)
        other.page = self.context.new_page()
        self._tabs.append(other.page)
        other._listen()
        # In a separate workspace, which two tabs cannot share.
        other._load(f"/lab/workspaces/{self.name}-too/tree/{self.name}.ipynb?reset")
        return other

    def run(self, source: str) -> str:
        """Run `source` in a new cell and return its text; an error fails the test."""
        return self.run_cell(self.page.evaluate(_ADD_CELL, source))

    def run_cell(self, index: int, *, may_fail: bool = False) -> str:
        """Run an existing cell to its end and return its text."""
        self._ran.add(index)
        texts = []
        for output in self.page.evaluate(_RUN_CELL, index):
            if output["output_type"] == "error" and not may_fail:
                raise AssertionError(_without_colour("\n".join(output["traceback"])))
            texts.append(_text_of(output))
        return "".join(texts)

    def write(self, source: str) -> Locator:
        """Type `source` into a new cell without running it, and return its editor."""
        index = self.page.evaluate(_ADD_CELL, "")
        self.page.evaluate(_ACTIVATE_CELL, index)
        # JupyterLab marks the active cell with a delay.
        editor = self.page.locator(f".jp-mod-active[data-test-cell='{index}'] .cm-content")
        editor.click()
        expect(editor).to_be_focused()
        self.page.keyboard.type(source)
        return editor

    def hold(self, source: str = "") -> int:
        """Run `source` in a new cell that waits for `release`, and return the cell's index."""
        wait = f"import os, time\nwhile not os.path.exists({str(self._go_on)!r}): time.sleep(0.05)"
        index: int = self.page.evaluate(_ADD_CELL, f"{source}\n{wait}")
        self.page.evaluate(_START_CELL, index)
        self.page.wait_for_function(_IS_CELL_RUNNING, arg=index)
        return index

    def release(self, index: int) -> None:
        """Let the waiting cell end."""
        self._go_on.touch()
        eventually(lambda: not self.is_running(index))
        self._go_on.unlink()

    def sources(self) -> list[str]:
        """The text of all cells."""
        return list(self.page.evaluate(_SOURCES))

    def is_running(self, index: int) -> bool:
        """Whether the cell still runs."""
        return bool(self.page.evaluate(_IS_CELL_RUNNING, index))

    def widgets_under(self, index: int) -> list[Locator]:
        """The outputs of a cell that are widgets, or should be."""
        places = self.page.evaluate(_WIDGET_PLACES, index)
        outputs = self.page.locator(f"[data-test-cell='{index}'] .jp-OutputArea-child")
        return [outputs.nth(place).locator(".nvj-root, .jupyter-widgets").first for place in places]

    def wait_for_newest_panel(self) -> None:
        """Wait until the last widget of the outputs is drawn, after its cell has ended."""
        self.page.wait_for_function(_NEWEST_WIDGET_IS_DRAWN, arg=sorted(self._ran))

    def is_saved(self) -> bool:
        """Whether the notebook is unchanged since it was saved."""
        return bool(self.page.evaluate(_IS_SAVED))

    def use_theme(self, theme: Theme) -> None:
        """Switch JupyterLab to its light or dark theme."""
        if self.page.evaluate(_THEME_IS_LIGHT, theme == "light"):
            return
        self.page.evaluate(_SET_THEME, _THEMES[theme])
        self.page.wait_for_function(_THEME_IS_LIGHT, arg=theme == "light")
        # It removes its splash 200 ms after a switch: two switches in quick succession
        # raise a NotFoundError of removeChild.
        self.page.wait_for_function(_NO_SPLASH)

    def screenshot(self, name: str, place: Locator) -> None:
        """Save screenshots of `place` in both themes as NAME-light.png and NAME-dark.png."""
        save_screenshot(self, name, place)

    def load_axe(self) -> None:
        """Load axe-core into the page."""
        self.page.evaluate(AXE.read_text())

    @property
    def _file(self) -> Path:
        return self._application.notebooks / f"{self.name}.ipynb"

    def _copy(self, source: Path, kernel: str) -> None:
        notebook = nbformat.read(source, as_version=4)
        notebook.metadata.kernelspec = _kernelspec(kernel)
        nbformat.write(notebook, self._file)
        self.copy_images(source)

    def _go(self, *, fresh: bool) -> None:
        self._load(self._application.page_address(self.name, fresh=fresh))

    def _load(self, address: str) -> None:
        self.page.goto(self._application.url + address)
        self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell").first.wait_for(
            timeout=_READY_TIMEOUT
        )
        self.page.wait_for_function(_KERNEL_IDLE, timeout=_READY_TIMEOUT)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._note(f"{message.text} {message.location.get('url', '')}")

    def _note(self, words: str) -> None:
        if not self._application.own_errors.search(words):
            self.errors.append(words)


OpenNotebook = Callable[[list[str]], NotebookPage]


def _notebook_of(cells: list[str], kernel: str = "python3") -> nbformat.NotebookNode:
    return nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in cells],
        metadata={"kernelspec": _kernelspec(kernel)},
    )


def _kernelspec(name: str) -> dict[str, str]:
    return {"name": name, "display_name": "Python 3", "language": "python"}


def _text_of(output: dict[str, Any]) -> str:
    text = output.get("text") or output.get("data", {}).get("text/plain", "")
    return text if isinstance(text, str) else "".join(text)


def _without_colour(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
