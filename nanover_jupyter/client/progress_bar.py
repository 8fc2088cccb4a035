"""A progress bar for waits of more than two seconds, if tqdm is installed."""

from __future__ import annotations

import contextvars
import importlib
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from nanover_jupyter.transport.threads import Daemon

__all__ = ["PROGRESS_AFTER", "progress"]

PROGRESS_AFTER: Final = 2.0
"""Seconds until the bar is shown."""

_TICK = 0.25


@contextmanager
def progress(description: str, seconds: float | None) -> Iterator[None]:
    """Show the elapsed time while the block runs, after two seconds.

    Uses tqdm's notebook bar in a notebook and its text bar in a terminal. Without tqdm, or
    if the output is a file, nothing is shown. The bar is updated on the thread
    `nanover-progress`, which ends with the block.

    Args:
        description: What the block does, as a phrase.
        seconds: The maximum duration; None if unknown.
    """
    done = threading.Event()
    # ipykernel stores in the context which cell the output belongs to.
    context = contextvars.copy_context()
    thread = Daemon("nanover-progress", lambda: context.run(_show, description, seconds, done))
    try:
        thread.start()
        yield
    finally:
        done.set()
        thread.join()


def _show(description: str, seconds: float | None, done: threading.Event) -> None:
    started_at = time.monotonic()
    if done.wait(PROGRESS_AFTER):
        return
    bar = _make_bar(description, seconds)
    if bar is None:
        done.wait()
        return
    try:
        while True:
            elapsed = round(time.monotonic() - started_at, 1)
            # Beyond its total, tqdm would drop the total and our format.
            bar.n = elapsed if bar.total is None else min(elapsed, bar.total)
            bar.refresh()
            if done.wait(_TICK):
                return
    finally:
        # tqdm keeps an incomplete bar and shows it in red.
        bar.n = bar.total or 0
        bar.close()


def _make_bar(description: str, seconds: float | None) -> Any:
    """Return a tqdm bar that counts seconds, or None."""
    if "IPython" not in sys.modules and not sys.stderr.isatty():
        return None
    try:
        tqdm = importlib.import_module("tqdm.auto").tqdm
    except ImportError:
        return None
    # tqdm's monitor thread would never end.
    bar_class = type("Bar", (tqdm,), {"monitor_interval": 0})
    text = "{n:.0f} s" if seconds is None else "{n:.0f} of {total:.0f} s"
    bar_format = f"{{desc}} {text}" if seconds is None else f"{{desc}} {{bar}} {text}"
    return bar_class(total=seconds, desc=description, bar_format=bar_format, leave=False)
