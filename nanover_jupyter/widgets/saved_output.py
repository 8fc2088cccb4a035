"""Keeps the last state of a widget in the notebook's file, beside the living widget.

A cell's output can be replaced later by its display id, but JupyterLab then makes the
widget's view again: it flickers, and forgets what was open. So the static picture is an
output of its own behind the widget's, which is replaced without touching the widget. The
stylesheet hides it wherever a living view stands in the same cell, and the picture hides
itself for its first seconds, in which the view is still coming. Where the widget cannot
live (GitHub, nbconvert, a notebook opened without its kernel) the picture is what shows.
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

# Each renewal marks the notebook as changed, so they are few while somebody looks.
_SECONDS_WATCHED: Final = 60.0
_SECONDS_LEFT: Final = 5.0
# How many displays of one widget are renewed: the newest.
_DISPLAYS: Final = 8

# GitHub and JupyterLab's sanitizer drop the rule, and then there is nothing to hide from.
_HIDE_AT_FIRST: Final = (
    "<style>@keyframes nvj-wait{from{height:0;padding:0;border-width:0;visibility:hidden}}"
    ".nvj-picture{animation:nvj-wait 3s step-end}</style>"
)


class SavedOutput:
    """The outputs that show a widget's static picture, and when to renew them.

    Thread-safe. JupyterLab finds an output by its display id until the page is loaded
    again; after that the picture stays as it was then, until the cell runs again.

    Args:
        draw: Draws the picture with a time in it; called on the thread that renews.
        publish: As IPython's `publish_display_data`.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        draw: Callable[[str], str],
        *,
        publish: Publish | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._draw = draw
        self._publish = publish or _publish_in_a_kernel
        self._clock = clock
        # Guards the fields below, not held while drawing or publishing.
        self._lock = threading.Lock()
        self._displays: deque[str] = deque(maxlen=_DISPLAYS)
        self._renewed_at = 0.0
        self._face = ""

    def display(self, bundle: Mapping[str, Any]) -> None:
        """Show a widget by its mime bundle, and the picture as an output behind it."""
        alive = {kind: data for kind, data in bundle.items() if kind != "text/html"}
        self._publish(alive)
        html, face = self._drawn()
        name = f"nvj-{secrets.token_hex(8)}"
        with self._lock:
            self._displays.append(name)
            self._renewed_at, self._face = self._clock(), face
        self._publish({"text/html": html}, transient={"display_id": name})

    def beat(self) -> None:
        """Somebody looks: renew once a minute. May be called often."""
        self._renew(_SECONDS_WATCHED)

    def leave(self) -> None:
        """A view went out of sight, which often comes before saving."""
        self._renew(_SECONDS_LEFT)

    def finish(self) -> None:
        """The widget or its server is going: keep what was last known."""
        # At the interpreter's end nobody listens, and what draws may be gone already.
        if not sys.is_finalizing():
            self._renew(0.0)

    def _renew(self, pause: float) -> None:
        with self._lock:
            if not self._displays or self._clock() - self._renewed_at < pause:
                return
            self._renewed_at = self._clock()
            names = list(self._displays)
        html, face = self._drawn()
        with self._lock:
            # With the same state at another time the notebook has not changed.
            if face == self._face:
                return
            self._face = face
        for name in names:
            self._publish({"text/html": html}, transient={"display_id": name}, update=True)

    def _drawn(self) -> tuple[str, str]:
        """The picture, and what of it is not its time."""
        now = local_time()
        html = self._draw(now)
        return _HIDE_AT_FIRST + html, html.replace(now, "")


def _publish_in_a_kernel(data: Mapping[str, Any], **how: Any) -> None:
    # Outside IPython there is no notebook, and publishing would print.
    if InteractiveShell.initialized():
        publish_display_data(data, **how)  # type: ignore[no-untyped-call]
