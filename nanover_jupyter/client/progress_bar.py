"""A sign of life on what takes longer than two seconds, with tqdm where it is installed."""

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
"""Seconds until there is something to be seen."""

_TICK = 0.25


@contextmanager
def progress(doing: str, seconds: float | None) -> Iterator[None]:
    """Show how the time goes by while the block runs, once it has taken two seconds.

    In a notebook that is tqdm's notebook bar, in a terminal its text. Without tqdm, or
    where nobody looks (a log file), nothing is shown. The bar lives on the thread
    `nanover-progress`, which ends with the block.

    Args:
        doing: What takes so long, as a phrase.
        seconds: How long it may take at the most; None if nobody knows.
    """
    over = threading.Event()
    # The bar belongs to the cell that waits: ipykernel keeps in the context which that is.
    context = contextvars.copy_context()
    thread = Daemon("nanover-progress", lambda: context.run(_show, doing, seconds, over))
    try:
        thread.start()
        yield
    finally:
        over.set()
        thread.join()


def _show(doing: str, seconds: float | None, over: threading.Event) -> None:
    begun = time.monotonic()
    if over.wait(PROGRESS_AFTER):
        return
    bar = _bar(doing, seconds)
    if bar is None:
        over.wait()
        return
    try:
        while True:
            passed = round(time.monotonic() - begun, 1)
            # What lasts longer than it may has no total any more, to tqdm, and no text of ours.
            bar.n = passed if bar.total is None else min(passed, bar.total)
            bar.refresh()
            if over.wait(_TICK):
                return
    finally:
        # What ends before its time has failed, to tqdm: its bar would stay, in red.
        bar.n = bar.total or 0
        bar.close()


def _bar(doing: str, seconds: float | None) -> Any:
    """A bar of tqdm's, which counts seconds, or None."""
    if "IPython" not in sys.modules and not sys.stderr.isatty():
        return None
    try:
        tqdm = importlib.import_module("tqdm.auto").tqdm
    except ImportError:
        return None
    # Its monitor is a thread that would stay for ever.
    quiet = type("Bar", (tqdm,), {"monitor_interval": 0})
    text = "{n:.0f} s" if seconds is None else "{n:.0f} of {total:.0f} s"
    form = f"{{desc}} {text}" if seconds is None else f"{{desc}} {{bar}} {text}"
    return quiet(total=seconds, desc=doing, bar_format=form, leave=False)
