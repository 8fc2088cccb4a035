"""Page object of an inspector in editing mode."""

from __future__ import annotations

from typing import Any, Final

from playwright.sync_api import Locator, expect

from nanover_jupyter import (
    Connection,
    DictionaryChange,
    NanoverServer,
    StateInspector,
    UpdateRefused,
)
from tests.page.widget_page import WidgetPage
from tests.support.eventually import eventually
from tests.support.panels import Inspector

__all__ = ["STATE", "Editor", "change", "show_editor", "wait_until_free"]

STATE: Final[dict[str, Any]] = {
    "scale": 0.5,
    "title": "demo",
    "running": True,
    "box": {"size": [1.0, 2.0, 3.0], "tags": {"kind": "cube"}},
    "many.a": 1.0,
    "many.b": 2.0,
    "many/c": 3.0,
}


class Editor(Inspector):
    """An inspector in editing mode."""

    @property
    def switch(self) -> Locator:
        return self.root.get_by_role("switch", name="Edit")

    def switch_on(self) -> None:
        """Switch editing on, and wait until its module is loaded."""
        self.switch.check()
        expect(self.button("Undo")).to_be_visible()

    @property
    def field(self) -> Locator:
        """The input of the value."""
        return self.root.locator(".nvj-edit-field, .nvj-edit-json")

    @property
    def key_form(self) -> Locator:
        """The focused input of a key."""
        return self.root.locator("textarea:focus")

    @property
    def notices(self) -> Locator:
        """The messages about an edit."""
        return self.root.locator(".nvj-detail-notices")

    def choose(self, key: str) -> None:
        """Click the row of a key to focus it."""
        self.row(key).locator(".nvj-key").click()

    def begin(self, key: str, press: str = "Enter") -> None:
        """Select a key and start editing its value."""
        self.choose(key)
        self.press(press)

    def type_over(self, text: str) -> None:
        """Replace the content of the field once it is focused."""
        expect(self.field).to_be_focused()
        self.press("ControlOrMeta+a")
        self.page.keyboard.type(text)

    def enter(self, text: str) -> None:
        """Replace the value in its row and save it."""
        self.type_over(text)
        self.press("Enter")


def show_editor(page: WidgetPage, connection: Connection) -> Editor:
    """Show an inspector of a state that has `STATE`, with editing switched on."""
    page.show(StateInspector(connection, height=460))
    editor = Editor(page)
    expect(editor.row("scale")).to_be_visible()
    editor.switch_on()
    return editor


def wait_until_free(server: NanoverServer, key: str) -> None:
    """Wait until the key is not locked, for example after editing ends."""

    def is_free() -> bool:
        try:
            server.update_locks("probe", {key: 60.0})
        except UpdateRefused:
            return False
        server.update_locks("probe", release=[key])
        return True

    eventually(is_free)


def change(server: NanoverServer, key: str, value: Any) -> None:
    """Write as another client once the lock is released."""
    wait_until_free(server, key)
    server.update_state("test", DictionaryChange({key: value}))
