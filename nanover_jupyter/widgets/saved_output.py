"""Keeps the last state of a widget in the notebook file, next to the live widget.

Replacing a cell's output by its display id makes JupyterLab create the widget's view again,
which flickers and loses what was expanded. So the static HTML is a separate output after the
widget's and is replaced without touching the widget. The stylesheet hides it while a live
view is in the same cell, and the static HTML hides itself for its first seconds, in which
the view may still load. Where the widget cannot run (GitHub, nbconvert, a notebook opened
without its kernel), the static HTML is what the reader sees.
"""

from __future__ import annotations

import secrets
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import publish_display_data

from nanover_jupyter.widgets.static_html import local_time

__all__ = ["SavedOutput"]

Publish = Callable[..., None]

# Each update marks the notebook as modified, so updates are rare while a view is visible.
_SECONDS_VISIBLE: Final = 60.0
_SECONDS_HIDDEN: Final = 5.0
# Only the newest displays of a widget are updated.
_MAX_DISPLAYS: Final = 8

# GitHub and JupyterLab's sanitizer remove this rule; a live view never loads there.
_HIDE_AT_FIRST: Final = (
    "<style>@keyframes nvj-wait{from{height:0;padding:0;border-width:0;visibility:hidden}}"
    ".nvj-picture{animation:nvj-wait 3s step-end}</style>"
)


class SavedOutput:
    """The outputs with a widget's static HTML, and when to update them. Thread-safe.

    JupyterLab finds an output by its display id until the page is reloaded. After that the
    output stays unchanged until the cell runs again.

    Args:
        render: Renders the static HTML with a time in it; called on the updating thread.
        publish: A function like IPython's `publish_display_data`.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        render: Callable[[str], str],
        *,
        publish: Publish | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._render = render
        self._publish = publish or _publish_in_kernel
        self._clock = clock
        # Guards the fields below, not held while rendering or publishing.
        self._lock = threading.Lock()
        self._displays: deque[str] = deque(maxlen=_MAX_DISPLAYS)
        self._updated_at = 0.0
        self._content = ""

    def display(self, bundle: Mapping[str, Any]) -> None:
        """Display a widget by its mime bundle, and the static HTML as an output after it."""
        live = {kind: data for kind, data in bundle.items() if kind != "text/html"}
        self._publish(live)
        html, content = self._rendered()
        name = f"nvj-{secrets.token_hex(8)}"
        with self._lock:
            self._displays.append(name)
            self._updated_at, self._content = self._clock(), content
        self._publish({"text/html": html}, transient={"display_id": name})

    def on_heartbeat(self) -> None:
        """Update once a minute while a view is visible. May be called often."""
        self._update(_SECONDS_VISIBLE)

    def on_hidden(self) -> None:
        """Update after a view was hidden, which often precedes saving."""
        self._update(_SECONDS_HIDDEN)

    def on_picture(self) -> None:
        """Update after a view has drawn a picture for it, at most once a minute."""
        self._update(0.0)

    def save_final(self) -> None:
        """Save the last known state before the widget closes."""
        # During interpreter shutdown, modules that rendering needs may be unloaded.
        if not sys.is_finalizing():
            self._update(0.0)

    def _update(self, interval: float) -> None:
        with self._lock:
            if not self._displays or self._clock() - self._updated_at < interval:
                return
            self._updated_at = self._clock()
            names = list(self._displays)
        html, content = self._rendered()
        with self._lock:
            # If only the time differs, the notebook should stay unmodified.
            if content == self._content:
                return
            self._content = content
        for name in names:
            self._publish({"text/html": html}, transient={"display_id": name}, update=True)

    def _rendered(self) -> tuple[str, str]:
        """Return the static HTML, and the same without its time."""
        now = local_time()
        html = self._render(now)
        return _HIDE_AT_FIRST + html, html.replace(now, "")


def _publish_in_kernel(data: Mapping[str, Any], **options: Any) -> None:
    # Outside IPython there is no notebook, and publishing would print.
    if InteractiveShell.initialized():
        publish_display_data(data, **options)  # type: ignore[no-untyped-call]
