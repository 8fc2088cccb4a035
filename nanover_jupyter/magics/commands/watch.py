"""`%nanover watch`: show keys while they change.

In a notebook, this shows a state inspector that filters by the pattern. It stays live
without blocking other cells, and closes some time after its cell is deleted. With --for,
and in a terminal, changes are printed line by line until the time is over or Ctrl-C.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Final

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.state.diff import compare
from nanover_jupyter.client.state.paths import path_text
from nanover_jupyter.magics.context import MagicContext, matching
from nanover_jupyter.magics.line.parser import ParsedLine
from nanover_jupyter.magics.output import count, duration
from nanover_jupyter.text_format import preview, visible
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import ABSENT, Value

__all__ = ["watch"]

# A key that changes more often is printed with its latest value only.
_PERIOD: Final = 0.25
_MAX_LINES: Final = 10
# Characters of a key and its value together, so that a line fits into a cell.
_WIDTH: Final = 90
_MAX_KEY: Final = 45
_MAX_PART: Final = 20
_MAX_PARTS: Final = 3


def watch(context: MagicContext, line: ParsedLine) -> None:
    """Run `%nanover watch`."""
    pattern = context.expand(line.options.pattern)
    seconds = line.options.duration
    connection = context.connection(line)
    if seconds is None and context.has_frontend:
        inspector = context.panel(connection, "StateInspector", variant=pattern, query=pattern)
        context.show(line, inspector)
        return
    watcher = _Watcher(connection.client, pattern)
    end = f"for {duration(seconds)}" if seconds else "until Ctrl-C"
    context.show_line(line, f"Watching {pattern} {end}. Current values: %nanover state {pattern}.")
    try:
        watcher.print_changes(seconds, quiet=line.options.quiet)
    except KeyboardInterrupt:
        # Without a duration, Ctrl-C is the normal end.
        if seconds is not None:
            raise
    finally:
        watcher.close()
        context.show_line(line, watcher.summary())


class _Watcher:
    """Collects changes of the keys that match a pattern, and prints them."""

    def __init__(self, client: BaseClient, pattern: str) -> None:
        self._client = client
        self._pattern = pattern
        self._start = time.monotonic()
        # The value of each key that was printed last.
        self._printed: dict[str, Value] = {}
        # Guards the fields below, which the thread `nanover-changes` writes.
        self._lock = threading.Lock()
        self._changed: dict[str, None] = {}
        self._counts: Counter[str] = Counter()
        self._unsubscribe = client.on_change(self._on_change)

    def print_changes(self, seconds: float | None, *, quiet: bool) -> None:
        """Print changes for some seconds, or until an interrupt."""
        wait = threading.Event().wait
        while True:
            left = _PERIOD if seconds is None else self._start + seconds - time.monotonic()
            if left <= 0:
                return
            wait(min(_PERIOD, left))
            if not quiet:
                for line in self._lines():
                    print(line, flush=True)  # noqa: T201 - a log, printed as it happens

    def summary(self) -> str:
        """Return what has changed in total, as a sentence."""
        with self._lock:
            total, top = self._counts.total(), self._counts.most_common(3)
            keys = len(self._counts)
        took = duration(time.monotonic() - self._start)
        if not total:
            return f"Nothing changed in {took}."
        often = ", ".join(f"{visible(key, 60)} ({count(times, 'time')})" for key, times in top)
        return f"{count(keys, 'key')} changed in {took}, most often {often}."

    def close(self) -> None:
        """Stop collecting changes."""
        self._unsubscribe()

    def _on_change(self, change: DictionaryChange) -> None:
        names = [*change.lazy_updates, *change.removals]
        changed = matching(names, self._pattern)
        with self._lock:
            self._counts.update(changed)
            self._changed.update(dict.fromkeys(changed))

    def _lines(self) -> list[str]:
        """Return a line for each key that changed since the last call."""
        with self._lock:
            keys = list(self._changed)
            self._changed.clear()
        at = f"{time.monotonic() - self._start:7.2f} s"
        lines = []
        for key in keys[:_MAX_LINES]:
            name = visible(key, _MAX_KEY)
            lines.append(f"{at}  {name}  {self._describe_change(key, _WIDTH - len(name))}")
        if len(keys) > _MAX_LINES:
            lines.append(f"{at}  … and {count(len(keys) - _MAX_LINES, 'more key')}")
        return lines

    def _describe_change(self, key: str, width: int) -> str:
        """Return the new value of a key, or the parts that differ from the printed one."""
        value = self._client.peek(key, ABSENT)
        before = self._printed.pop(key, ABSENT)
        if value is ABSENT:
            return "removed"
        self._printed[key] = value
        if type(before) is not type(value) or not isinstance(value, dict | list):
            return preview(value, width)
        found = compare(before, value, _MAX_PARTS)
        if found.total == 0:
            return "unchanged"
        parts = [
            f"- {path_text(part.path)}"
            if part.kind == "removed"
            else f"{path_text(part.path)} {preview(part.after, _MAX_PART)}"
            for part in found.differences
        ]
        more = found.total - len(parts)
        return visible(", ".join(parts), width) + (f" and {more} more" if more else "")
