"""What a page copies, without asking the system's clipboard, which takes a second each time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from playwright.sync_api import BrowserContext, Page

__all__ = ["copied_text", "record_copies"]

# An empty page, about:blank, has no clipboard.
_RECORD: Final = """
if (navigator.clipboard) {
    navigator.clipboard.writeText = async text => { window.copiedText = text; };
}
"""


def record_copies(context: BrowserContext) -> None:
    """Let the pages that a context opens from now on remember what they copy."""
    context.add_init_script(_RECORD)


def copied_text(page: Page, action: Callable[[], object]) -> str:
    """Do `action`, and return the text that it copies."""
    page.evaluate("window.copiedText = null")
    action()
    page.wait_for_function("window.copiedText !== null")
    return str(page.evaluate("window.copiedText"))
