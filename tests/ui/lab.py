"""A real JupyterLab, its relatives, and their pages, for the browser tests.

The server lives in throw-away directories, so that nobody's settings, workspaces
or news reach a test. A page drives JupyterLab through the application object that
`--expose-app-in-browser` publishes: commands resolve when they are done, where key
presses may come before the kernel is ready and get lost.
"""

from __future__ import annotations

import copy
import itertools
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import nbformat
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, WebSocket, expect

from tests.support.eventually import TIME_SCALE, eventually

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / "test-output" / "screenshots"
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}

CHROMIUM_OPTIONS = [
    "--no-sandbox",  # containers run tests as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]

_KERNEL_IDLE = """() => {
    const panel = window.jupyterapp?.shell.currentWidget;
    const kernel = panel?.context?.sessionContext?.session?.kernel;
    return kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
}"""
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


class Application:
    """A Jupyter application of its own on a free port, with settings that nobody has touched.

    Args:
        home: An empty directory for all that it reads and writes.
        kernels: A directory with `kernels` in it that come before the usual ones.
    """

    # What its pages log as errors without anything of ours on them. JupyterLab asks for
    # things that a new machine does not have, and its debugger a kernel that ends meanwhile.
    own_errors = re.compile(
        r"/lab/api/workspaces/|/api/contents/.*\b404\b|favicon|Could not restore the debugger state"
    )

    def __init__(self, home: Path, *, kernels: Path | None = None) -> None:
        self.notebooks = home / "notebooks"
        self.notebooks.mkdir(parents=True)
        self.log = home / "log"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        _answer_questions(home / "settings")
        self._environment = _environment(home)
        if kernels is not None:
            self._environment["JUPYTER_PATH"] = str(kernels)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it and wait until it answers."""
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                self.command(),
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        eventually(self._is_up, seconds=60, every=0.1)
        return self

    def close(self) -> None:
        """End it and its kernels."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def command(self) -> list[str]:
        """What to run."""
        raise NotImplementedError

    def page_address(self, name: str, *, fresh: bool) -> str:
        """Where the notebook NAME.ipynb is shown."""
        raise NotImplementedError

    def _serving(self, application: str) -> list[str]:
        """How Lab and its relatives serve one user who has no password."""
        return [
            *(sys.executable, "-m", application, "--no-browser", "--allow-root"),
            *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={self.port}"),
            *("--ServerApp.port_retries=0", f"--ServerApp.root_dir={self.notebooks}"),
            *("--IdentityProvider.token=", "--ServerApp.password="),
            *("--ServerApp.disable_check_xsrf=True", "--expose-app-in-browser"),
            "--LabApp.news_url=None",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ]

    def _is_up(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise RuntimeError(f"it ended:\n{self.log.read_text()}")
        try:
            with urllib.request.urlopen(f"{self.url}/api/status", timeout=2):
                return True
        except urllib.error.HTTPError:
            return True  # Voila has no status, and says so
        except (urllib.error.URLError, OSError):
            return False


class Lab(Application):
    """JupyterLab."""

    def command(self) -> list[str]:
        """See `Application.command`."""
        return self._serving("jupyterlab")

    def page_address(self, name: str, *, fresh: bool) -> str:
        """A workspace of its own, and `reset`: else the tabs of the last test come back."""
        return f"/lab/workspaces/{name}/tree/{name}.ipynb{'?reset' if fresh else ''}"


class Notebook7(Application):
    """Jupyter Notebook, which is made of the same parts."""

    own_errors = re.compile(
        rf"{Application.own_errors.pattern}|properties of undefined \(reading 'schema'\)"
    )

    def command(self) -> list[str]:
        """See `Application.command`."""
        return self._serving("notebook")

    def page_address(self, name: str, *, fresh: bool) -> str:
        """See `Application.page_address`."""
        del fresh
        return f"/notebooks/{name}.ipynb"


class Voila(Application):
    """Voila, which runs a notebook whole and shows what came out of it."""

    # Its template fetches icons and formulas from the network.
    own_errors = re.compile(r"ERR_NAME_NOT_RESOLVED|favicon")

    def command(self) -> list[str]:
        """See `Application.command`."""
        return [
            *(sys.executable, "-m", "voila", str(self.notebooks), "--no-browser"),
            *(f"--port={self.port}", "--Voila.ip=127.0.0.1", "--show_tracebacks=True"),
            # Voila loads every extension that is installed, and Notebook 7's asks for a part of
            # JupyterLab, docregistry, that Voila does not have: an error on every page.
            "--VoilaConfiguration.extension_denylist=@jupyter-notebook/lab-extension",
        ]

    def page_address(self, name: str, *, fresh: bool) -> str:
        """See `Application.page_address`."""
        del fresh
        return f"/voila/render/{name}.ipynb"


def _answer_questions(settings: Path) -> None:
    """What a person would have set once."""
    answers: dict[str, dict[str, object]] = {
        "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
        # Else what a busy kernel offers for Tab is left out after a second.
        "completer-extension/manager": {"providerTimeout": 60_000},
    }
    for name, answer in answers.items():
        file = settings / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(answer))


def _environment(home: Path) -> dict[str, str]:
    places = {
        "HOME": home,
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
        "IPYTHONDIR": home / "ipython",
    }
    return {**os.environ, **{name: str(place) for name, place in places.items()}}


class NotebookPage:
    """One notebook, open in one browser page, with a kernel of its own."""

    _numbers = itertools.count(1)

    def __init__(self, lab: Application, browser: Browser) -> None:
        self.name = f"notebook-{next(self._numbers)}"
        self._lab = lab
        # Cells that were not run may have outputs too, stored ones, whose widgets are gone.
        self._ran: set[int] = set()
        self._go_on = lab.notebooks / f"{self.name}.go-on"
        self.context = browser.new_context(viewport={"width": 1280, "height": 1400})
        self.context.set_default_timeout(30_000 * TIME_SCALE)
        self.context.set_default_navigation_timeout(60_000 * TIME_SCALE)
        self.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=lab.url)
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        # Messages between widgets and their kernel, in either direction.
        self.comm_messages = 0
        self._listen()

    def _listen(self) -> None:
        self.page.on("websocket", self._on_websocket)
        self.page.on(
            "pageerror",
            lambda error: self._note(f"{error.name}: {error.message}\n{error.stack}"),
        )
        self.page.on("console", self._on_console)

    def close(self) -> None:
        """Ends the kernel, then the page."""
        self.page.evaluate(_SHUT_DOWN_KERNEL)
        self.context.close()

    def open(self, cells: list[str]) -> None:
        """Opens a new notebook of these code cells and waits for its kernel."""
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(source) for source in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        )
        nbformat.write(notebook, self._lab.notebooks / f"{self.name}.ipynb")
        self._go(fresh=True)

    def open_copy(self, source: Path) -> None:
        """Opens a copy of an existing notebook, with the pictures in it, and waits for its kernel.

        Not for Voila, whose pages have no cells: see `show_copy`.
        """
        self._copy(source)
        self._go(fresh=True)

    def show(self) -> None:
        """Goes where the application opens its notebook by itself, and waits for its kernel."""
        self._go(fresh=True)

    def show_copy(self, source: Path) -> None:
        """Loads the page of a copy of an existing notebook."""
        self._copy(source)
        self.page.goto(self._lab.url + self._lab.page_address(self.name, fresh=True))

    def save(self) -> None:
        """Saves the notebook."""
        self.page.evaluate(_SAVE)

    def reload(self) -> None:
        """Saves the notebook and loads the page again; the kernel goes on."""
        self.save()
        self._go(fresh=False)

    def another_tab(self) -> NotebookPage:
        """Saves the notebook and opens it in JupyterLab once more, on the same kernel."""
        self.save()
        other = copy.copy(self)
        other.page = self.context.new_page()
        other._listen()
        # In a workspace of its own: two tabs of one would argue about what is open.
        other._load(f"/lab/workspaces/{self.name}-too/tree/{self.name}.ipynb?reset")
        return other

    def run(self, source: str) -> str:
        """Runs `source` in a new cell and returns its text; an error in it fails the test."""
        return self.run_cell(self.page.evaluate(_ADD_CELL, source))

    def run_cell(self, index: int, *, may_fail: bool = False) -> str:
        """Runs an existing cell to its end and returns its text."""
        self._ran.add(index)
        texts = []
        for output in self.page.evaluate(_RUN_CELL, index):
            if output["output_type"] == "error" and not may_fail:
                raise AssertionError(_without_colour("\n".join(output["traceback"])))
            texts.append(_text_of(output))
        return "".join(texts)

    def write(self, source: str) -> Locator:
        """Types `source` into a new cell, without running it, and returns its editor."""
        index = self.page.evaluate(_ADD_CELL, "")
        self.page.evaluate(_ACTIVATE_CELL, index)
        # JupyterLab marks the active cell some time later, and the one before it until then.
        editor = self.page.locator(f".jp-mod-active[data-test-cell='{index}'] .cm-content")
        editor.click()
        expect(editor).to_be_focused()
        self.page.keyboard.type(source)
        return editor

    def hold(self, source: str = "") -> int:
        """Runs `source` in a new cell that goes on until `let_go`; returns the cell's number."""
        wait = f"import os, time\nwhile not os.path.exists({str(self._go_on)!r}): time.sleep(0.05)"
        index: int = self.page.evaluate(_ADD_CELL, f"{source}\n{wait}")
        self.page.evaluate(_START_CELL, index)
        self.page.wait_for_function(_IS_CELL_RUNNING, arg=index)
        return index

    def let_go(self, index: int) -> None:
        """Lets the cell that holds the kernel come to its end."""
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

    def shows_newest_widget(self) -> bool:
        """Whether the last widget that a cell has put out is drawn: a cell ends before that."""
        return bool(self.page.evaluate(_NEWEST_WIDGET_IS_DRAWN, sorted(self._ran)))

    def is_saved(self) -> bool:
        """Whether nothing has changed since the notebook was last saved."""
        return bool(self.page.evaluate(_IS_SAVED))

    def use_theme(self, name: str) -> None:
        """Switches JupyterLab to its "light" or "dark" theme."""
        self.page.evaluate(_SET_THEME, THEMES[name])
        self.page.wait_for_function(_THEME_IS_LIGHT, arg=name == "light")
        # It takes its splash out 200 ms after a switch, without asking whether the switch
        # before has done so: two in quick succession end in a NotFoundError of removeChild.
        self.page.wait_for_function(_NO_SPLASH)

    def screenshot(self, name: str, place: Locator) -> None:
        """Keeps a picture of `place` in both themes, as NAME-light.png and NAME-dark.png."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        for theme in ("dark", "light"):
            self.use_theme(theme)
            place.scroll_into_view_if_needed()
            place.screenshot(path=SCREENSHOTS / f"{name}-{theme}.png", animations="disabled")

    def _copy(self, source: Path) -> None:
        shutil.copy(source, self._lab.notebooks / f"{self.name}.ipynb")
        shutil.copytree(
            source.parent / "images", self._lab.notebooks / "images", dirs_exist_ok=True
        )

    def _go(self, *, fresh: bool) -> None:
        self._load(self._lab.page_address(self.name, fresh=fresh))

    def _load(self, address: str) -> None:
        self.page.goto(self._lab.url + address)
        self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell").first.wait_for(
            timeout=60_000 * TIME_SCALE
        )
        self.page.wait_for_function(_KERNEL_IDLE, timeout=60_000 * TIME_SCALE)

    def _on_websocket(self, socket: WebSocket) -> None:
        def count(frame: str | bytes) -> None:
            data = frame if isinstance(frame, bytes) else frame.encode()
            self.comm_messages += b'"comm_msg"' in data

        socket.on("framereceived", count)
        socket.on("framesent", count)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._note(f"{message.text} {message.location.get('url', '')}")

    def _note(self, words: str) -> None:
        if not self._lab.own_errors.search(words):
            self.errors.append(words)


OpenNotebook = Callable[[list[str]], NotebookPage]


def _text_of(output: dict[str, Any]) -> str:
    text = output.get("text") or output.get("data", {}).get("text/plain", "")
    return text if isinstance(text, str) else "".join(text)


def _without_colour(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
