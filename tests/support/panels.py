"""Page objects of the widgets; the only module that knows their markup."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from playwright.sync_api import Locator, Page, expect

from tests.support.axe import COLOR_RULES, violations
from tests.support.clipboard import copied_text

Theme = Literal["light", "dark"]


_NEXT_FRAME: Final = """() => new Promise(
    done => requestAnimationFrame(() => setTimeout(done, 50)))"""


class Surface(Protocol):
    """A page that shows widgets: a notebook in JupyterLab, or the light page."""

    page: Page

    def wait_for_newest_panel(self) -> None:
        """Wait until the newest widget is drawn as the last one of the page."""

    def use_theme(self, theme: Theme) -> None:
        """Switch to JupyterLab's light or dark theme."""

    def screenshot(self, name: str, place: Locator) -> None:
        """Save screenshots of `place` in both themes as NAME-light.png and NAME-dark.png."""

    def load_axe(self) -> None:
        """Load axe-core into the page."""


class Panel:
    """A widget in a page: the one that was shown last, or the one at an index."""

    def __init__(self, surface: Surface, place: int = -1) -> None:
        self.surface = surface
        self.page = surface.page
        self.root = surface.page.locator(".nvj-root").nth(place)
        surface.wait_for_newest_panel()
        expect(self.root).to_be_visible()

    def tab(self, name: str) -> None:
        """Select a tab of the control room."""
        self.root.get_by_role("tab", name=name).click()

    @property
    def has_tabs(self) -> bool:
        """Whether this is a control room."""
        return self.header.get_by_role("tablist").count() > 0

    def press(self, keys: str) -> None:
        """Press keys in the focused element."""
        self.page.keyboard.press(keys)

    @property
    def header(self) -> Locator:
        return self.root.locator(".nvj-header")

    @property
    def banner(self) -> Locator:
        """The banner about the connection, above the content."""
        return self.root.locator(".nvj-banner")

    @property
    def footer(self) -> Locator:
        return self.root.locator(".nvj-footer")

    @property
    def confirmation(self) -> Locator:
        return self.root.get_by_role("alertdialog")

    def button(self, name: str) -> Locator:
        return self.root.get_by_role("button", name=name, exact=True)

    def screenshot(self, name: str) -> None:
        """Save screenshots of the widget in both themes."""
        self.surface.screenshot(name, self.root)

    def require_accessible(self) -> None:
        """Fail if axe-core finds violations; check colors in both themes."""
        if not self.page.evaluate("typeof axe !== 'undefined'"):
            self.surface.load_axe()
        self.surface.use_theme("dark")
        found = violations(self.root, COLOR_RULES)
        assert found == [], found
        self.surface.use_theme("light")
        found = violations(self.root)
        assert found == [], found


class Inspector(Panel):
    """The state as a tree, and the full value of one key."""

    @property
    def detail(self) -> Locator:
        """The detail pane."""
        return self.root.locator(".nvj-detail")

    def detail_tab(self, name: str) -> None:
        """Select a tab of the detail pane."""
        self.detail.get_by_role("tab", name=name).click()

    def search(self, text: str) -> None:
        self.root.get_by_label("Filter keys and values").fill(text)

    @property
    def rows(self) -> Locator:
        """The rows of keys and branches, without those of parts of values."""
        return self.root.locator(".nvj-row[data-kind=node]:visible")

    def row(self, name: str) -> Locator:
        """The row with a name, which is the full key if no other key has the same prefix."""
        exactly = re.compile(rf"^{re.escape(name)}$")
        key = self.page.locator(".nvj-key", has_text=exactly)
        return self.rows.filter(has=key)

    def preview(self, name: str) -> Locator:
        """The value in the row of a key."""
        return self.row(name).locator(".nvj-preview")

    def number(self, name: str) -> float:
        """The number in the row of a key."""
        return float(self.preview(name).inner_text())

    def previews(self) -> list[str]:
        """All values in rows, sorted."""
        shown = self.page.locator(".nvj-row[data-kind=node]:visible .nvj-preview")
        return sorted(text.strip() for text in shown.all_inner_texts())

    def open(self, key: str, *, query: str, rows: list[str]) -> None:
        """Filter the tree to these rows, and select the last one."""
        self.search(query)
        expect(self.rows.locator(".nvj-key")).to_have_text(rows)
        self.rows.last.locator(".nvj-key").click()
        expect(self.root.locator(".nvj-detail-key")).to_have_text(key)

    def copied_value(self) -> Any:
        """Copy the value in the detail pane as JSON, and return it."""
        buttons = self.detail.locator(".nvj-detail-copies").get_by_role("button")
        # The label is "Copied" for a moment after a click.
        button = buttons.filter(has_text=re.compile("JSON|Copied"))
        return json.loads(copied_text(self.page, button.click))


class Palette(Panel):
    """The commands of the server."""

    def choose(self, name: str) -> None:
        """Find a command and open its form."""
        self.search_box.fill(name)
        self.root.get_by_role("option", name=name).first.click()
        expect(self.root.locator(".nvj-form-names")).to_contain_text(name)

    def run(self) -> None:
        self.button("Run").click()

    @property
    def search_box(self) -> Locator:
        """The search box of the list."""
        return self.root.get_by_label("Find a command")

    @property
    def result(self) -> Locator:
        """The newest run."""
        return self.runs.first

    @property
    def runs(self) -> Locator:
        return self.root.locator(".nvj-run")

    @property
    def options(self) -> Locator:
        """The rendered commands of the list."""
        return self.root.get_by_role("option")

    @property
    def selected(self) -> Locator:
        return self.root.locator(".nvj-option[aria-selected=true]")

    @property
    def code(self) -> Locator:
        """The Python code that is equivalent to the form."""
        return self.root.locator(".nvj-form .nvj-code-line")

    @property
    def buttons(self) -> Locator:
        """The pinned commands."""
        return self.root.locator(".nvj-pins-buttons button")

    def argument(self, name: str) -> Locator:
        """The field of an argument."""
        return self.root.locator(".nvj-fields").get_by_label(name, exact=True)

    def ended(self, word: str = "Done") -> None:
        """Wait until the newest run has this state."""
        expect(self.result.locator(".nvj-chip")).to_have_text(word)


class Simulation(Panel):
    """The simulation: playback, plots and the current frame."""

    @property
    def tool(self) -> Locator:
        return self.root.locator(".nvj-simulation")

    @property
    def state(self) -> Locator:
        """Whether the simulation plays."""
        return self.tool.locator(".nvj-simulation-bar .nvj-chip")

    @property
    def facts(self) -> Locator:
        """Atoms, simulated time and frames per second."""
        return self.tool.locator(".nvj-simulation-facts")

    @property
    def empty(self) -> Locator:
        """The text that is shown without frames."""
        return self.tool.locator("> .nvj-empty")

    @property
    def titles(self) -> Locator:
        return self.tool.locator(".nvj-plot-card-name")

    @property
    def values(self) -> Locator:
        """The values above the plots."""
        return self.tool.locator(".nvj-simulation-value")

    @property
    def plots(self) -> Locator:
        return self.tool.locator(".nvj-time-plot")

    @property
    def exception(self) -> Locator:
        return self.tool.locator(".nvj-simulation-exception")

    @property
    def fields(self) -> Locator:
        """The rows of the table of fields."""
        return self.tool.locator(".nvj-fields-table tbody tr")

    def load(self, name: str) -> None:
        """Load a simulation, and confirm it."""
        self.tool.get_by_role("button", name="Load a simulation").click()
        self.tool.get_by_role("menuitemradio", name=name).click()
        self.confirmation.get_by_role("button", name="Load").click()

    def save(self, label: str, folder: Path) -> Path:
        """Save plots or series from the menu; returns the file in `folder`."""
        self.tool.get_by_role("button", name="Save").click()
        with self.page.expect_download() as download:
            self.tool.get_by_role("menuitem", name=label).click()
        path = folder / download.value.suggested_filename
        download.value.save_as(path)
        return path


class Molecule(Panel):
    """The molecular view, alone or in the Simulation tool."""

    @property
    def stage(self) -> Locator:
        """The picture with the controls over it."""
        return self.root.locator(".nvj-molecule-stage")

    @property
    def canvas(self) -> Locator:
        return self.stage.locator("canvas")

    @property
    def facts(self) -> Locator:
        """Atoms and simulated time."""
        return self.stage.locator(".nvj-molecule-facts")

    @property
    def notes(self) -> Locator:
        return self.stage.locator(".nvj-molecule-notes")

    @property
    def status(self) -> Locator:
        """What is under the pointer, or the state of a pull."""
        return self.stage.locator(".nvj-molecule-status")

    @property
    def message(self) -> Locator:
        """The text in place of a molecule."""
        return self.stage.locator(".nvj-molecule-message")

    @property
    def names(self) -> Locator:
        """The labels in the picture."""
        return self.stage.locator(".nvj-molecule-labels span:not([hidden])")

    @property
    def atoms(self) -> Locator:
        """The panel of the selected atoms."""
        return self.root.locator(".nvj-molecule-atoms")

    @property
    def rows(self) -> Locator:
        return self.atoms.locator("tbody tr")

    def mode(self, name: str) -> None:
        """Select what dragging does."""
        self.stage.get_by_role("button", name=name, exact=True).click()

    def choose(self, menu: str, item: str) -> None:
        """Choose an item of a menu."""
        self.stage.get_by_role("button", name=re.compile(f"^{menu}")).click()
        self.stage.locator("[role^=menuitem]", has_text=re.compile(f"^{item}")).first.click()

    def place(self, across: float = 0.5, down: float = 0.5) -> tuple[float, float]:
        """Return a place in the picture, in pixels of the page."""
        self.stage.scroll_into_view_if_needed()
        box = self.stage.bounding_box()
        assert box is not None
        return box["x"] + across * box["width"], box["y"] + down * box["height"]

    def wait_for_picture(self) -> None:
        """Wait until the molecule is drawn."""
        expect(self.message).to_be_hidden()
        expect(self.canvas).to_be_visible()
        # A picture is drawn in the frame after the data arrived.
        self.page.evaluate(_NEXT_FRAME)


class Locks(Panel):
    """The locks that this client holds."""

    def name(self, *keys: str) -> None:
        """Add keys to the form."""
        box = self.root.get_by_label("Key to lock")
        for key in keys:
            box.fill(key)
            box.press("Enter")

    def take(
        self, key: str, seconds: float, *more: str, wait: str | None = None, cap: str | None = None
    ) -> None:
        """Fill in and submit the form."""
        self.name(key, *more)
        self.root.get_by_label("Duration").fill(f"{seconds:g}")
        if wait is not None or cap is not None:
            limits = self.root.get_by_role("button", name="Waiting and limits")
            if limits.get_attribute("aria-expanded") == "false":
                limits.click()
        if wait is not None:
            self.root.get_by_label("Wait up to").fill(wait)
        if cap is not None:
            self.root.get_by_label("Hold at most").fill(cap)
        self.button("Acquire").click()

    def row(self, key: str) -> Locator:
        exactly = re.compile(rf"^{re.escape(key)}$")
        named = self.page.locator("td:first-child code", has_text=exactly)
        return self.rows.filter(has=named)

    @property
    def rows(self) -> Locator:
        return self.root.locator(".nvj-table tbody tr")

    def state(self, key: str) -> Locator:
        return self.row(key).locator(".nvj-chip")

    def owner(self, key: str) -> Locator:
        """Who holds the key of a row, and who waits for it."""
        return self.row(key).locator(".nvj-lease-owner")

    def left(self, key: str) -> Locator:
        """The remaining time of a row, as text."""
        return self.row(key).locator(".nvj-time-left > span")

    def ring(self, key: str) -> Locator:
        """The remaining time of a row, as a ring."""
        return self.row(key).locator(".nvj-ring-arc")

    def keep(self, key: str) -> Locator:
        return self.root.get_by_role("switch", name=f"Auto-renew {key}", exact=True)

    def release(self, key: str) -> None:
        self.button(f"Release {key}").click()

    @property
    def problem(self) -> Locator:
        """The error of the form, or of its request."""
        return self.root.locator(".nvj-acquire").get_by_role("alert")

    @property
    def notice(self) -> Locator:
        return self.root.locator(".nvj-notice")

    @property
    def requests(self) -> Locator:
        """The messages of clients that wait for our keys."""
        return self.root.locator(".nvj-requests")

    @property
    def announcement(self) -> Locator:
        """What is read out, and not shown."""
        return self.root.locator(".nvj-sr[aria-live]")

    def watched(self, key: str) -> Locator:
        return (
            self.root.get_by_role("list", name="Watched keys")
            .get_by_role("listitem")
            .filter(has_text=key)
        )

    @property
    def history(self) -> Locator:
        """The recent events, newest first; the History button opens them."""
        return self.root.get_by_role("list", name="Recent events").get_by_role("listitem")
