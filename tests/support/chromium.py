"""The one Chromium of a run, and where its pictures go."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.support.clipboard import record_copies
from tests.support.eventually import TIME_SCALE
from tests.support.panels import Surface, Theme

__all__ = ["VIEWPORT", "launched_chromium", "new_context", "save_screenshot"]

VIEWPORT: Final[ViewportSize] = {"width": 1280, "height": 1400}

_SCREENSHOTS: Final = Path(__file__).resolve().parents[2] / "test-output" / "screenshots"

_OPTIONS: Final = [
    "--no-sandbox",  # containers run tests as root
    "--disable-gpu",
    # WebGL in software
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


@contextmanager
def launched_chromium(*options: str) -> Iterator[Browser]:
    """A browser, with further command-line options, that is closed at the end."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not program:
        pytest.fail("no Chromium: run the tests with scripts/page or scripts/jupyter")
    # How long to wait for something that does not come; what comes is seen at once.
    expect.set_options(timeout=15_000 * TIME_SCALE)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=[*_OPTIONS, *options])
        yield chromium
        chromium.close()


def new_context(browser: Browser) -> BrowserContext:
    """A context whose pages wait as long as a busy machine needs, and remember what they copy."""
    context = browser.new_context(viewport=VIEWPORT)
    context.set_default_timeout(30_000 * TIME_SCALE)
    context.set_default_navigation_timeout(60_000 * TIME_SCALE)
    record_copies(context)
    return context


def save_screenshot(surface: Surface, name: str, place: Locator) -> None:
    """Keep a picture of `place` in both themes, as NAME-light.png and NAME-dark.png."""
    _SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    themes: list[Theme] = ["dark", "light"]
    for theme in themes:
        surface.use_theme(theme)
        place.scroll_into_view_if_needed()
        place.screenshot(path=_SCREENSHOTS / f"{name}-{theme}.png", animations="disabled")
