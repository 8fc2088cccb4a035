"""Ten times faster clocks in one page and in the kernel side of its widgets.

What the page does after seconds (retry, acknowledge, hide) then takes a tenth of that. Playwright's
own fake clock would stay in all later tests, and would stand still between a test's steps.
"""

from __future__ import annotations

from typing import Final

import pytest

from nanover_jupyter.widgets.sync import publisher, view
from tests.page.widget_page import WidgetPage

__all__ = ["use_faster_time"]

_FACTOR: Final = 10
_SPEED_UP: Final = """factor => {
    const now = performance.now.bind(performance);
    performance.now = () => now() * factor;
    for (const name of ["setTimeout", "setInterval"]) {
        const original = window[name].bind(window);
        window[name] = (fn, delay = 0, ...args) => original(fn, delay / factor, ...args);
    }
}"""
_KERNEL_SECONDS: Final = (
    (publisher, "_HEARTBEAT_SECONDS"),
    (view, "_STALLED_SECONDS"),
    (view, "_SILENT_SECONDS"),
    (publisher, "_EXPIRED_SECONDS"),
)


def use_faster_time(page: WidgetPage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Speed up clocks for one test; those of `page` until it is reloaded."""
    page.page.evaluate(_SPEED_UP, _FACTOR)
    for module, name in _KERNEL_SECONDS:
        monkeypatch.setattr(module, name, getattr(module, name) / _FACTOR)
