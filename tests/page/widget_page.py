"""A light page that shows widgets of this process."""

from __future__ import annotations

import copy
from typing import Final

import ipywidgets
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page

from tests.page.bridge import Bridge
from tests.support.chromium import save_screenshot
from tests.support.panels import Theme

__all__ = ["WidgetPage"]

_SET_THEME: Final = """theme => {
    for (const link of document.querySelectorAll("link[data-theme]")) {
        link.disabled = link.dataset.theme !== theme;
    }
    document.body.dataset.jpThemeLight = String(theme === "light");
}"""


class WidgetPage:
    """A browser page that shows widgets and records logged errors in `errors`."""

    def __init__(self, bridge: Bridge, context: BrowserContext) -> None:
        self.bridge = bridge
        self.context = context
        self.errors: list[str] = []
        self.page: Page = context.new_page()
        self._listen()

    def open(self) -> None:
        """Load the page, and wait until it is connected."""
        connected = self.bridge.page_count
        self.page.goto(self.bridge.url)
        self.bridge.wait_for_pages(connected + 1)

    def reload(self) -> None:
        """Reload the page, which restores the widgets and their outputs."""
        connected = self.bridge.page_count
        self.page.goto("about:blank")
        self.bridge.wait_for_pages(connected - 1)
        self.open()
        self.wait_for_outputs()

    def another_tab(self) -> WidgetPage:
        """Open a second page that shows the same."""
        other = copy.copy(self)
        other.page = self.context.new_page()
        other._listen()
        other.open()
        other.wait_for_outputs()
        return other

    def show(self, widget: ipywidgets.Widget) -> Locator:
        """Show a view of a widget below existing ones, and return the view's root."""
        output = self.bridge.show(widget)
        root = self.page.locator(f"[data-output={output}] > .nvj-root")
        root.wait_for()
        return root

    def wait_for_outputs(self) -> None:
        """Wait until every widget that was shown is drawn."""
        for shown in self.bridge.outputs:
            self.page.locator(f"[data-output={shown}] > .nvj-root").wait_for()

    def wait_for_newest_panel(self) -> None:
        """See `Surface`; `show` waits already."""

    def use_theme(self, theme: Theme) -> None:
        """Set the variables of JupyterLab's light or dark theme."""
        self.page.evaluate(_SET_THEME, theme)

    def screenshot(self, name: str, place: Locator) -> None:
        """Save screenshots of `place` in both themes as NAME-light.png and NAME-dark.png."""
        save_screenshot(self, name, place)

    def load_axe(self) -> None:
        """Load axe-core into the page, which is kept between tests."""
        self.page.add_script_tag(url="/axe.js")

    def _listen(self) -> None:
        self.page.on("pageerror", lambda error: self.errors.append(f"{error.name}: {error.stack}"))
        self.page.on("console", self._on_console)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} {message.location.get('url', '')}")
