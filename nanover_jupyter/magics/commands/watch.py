"""`%nanover watch`: keys while they change.

In a notebook it is an inspector that looks for them: it stays live without holding up
the cells below it, and ends some time after it was deleted. With --for, and in a
terminal, which shows no widgets, changes are printed line by line until the time is over
or Ctrl-C.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Final

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.state.diff import compare
from nanover_jupyter.client.state.paths import path_text
from nanover_jupyter.magics.context import MagicContext
from nanover_jupyter.magics.line.parser import ParsedLine
from nanover_jupyter.magics.line.patterns import matching
from nanover_jupyter.magics.wording import how_long, many
from nanover_jupyter.text_format import preview, visible
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import ABSENT, Value

__all__ = ["watch"]

# As fast as lines can be read; what changes more often is printed as it is by then.
_PERIOD: Final = 0.25
_LINES_AT_ONCE: Final = 10
# So that a line fits into a cell: characters of its key and value together.
_WIDTH: Final = 90
_LONGEST_KEY: Final = 45
_LONGEST_PART: Final = 20
_PARTS_AT_ONCE: Final = 3


def watch(desk: MagicContext, order: ParsedLine) -> None:
    """`%nanover watch`."""
    pattern = desk.text(order.options.pattern)
    seconds = getattr(order.options, "for")
    if seconds is None and desk.has_page:
        connection = desk.connection(order)
        inspector = desk.panel(connection, "StateInspector", variant=pattern, query=pattern)
        desk.show(order, inspector)
        return
    watching = _Watching(desk.connection(order).client, pattern)
    until = f"for {how_long(seconds)}" if seconds else "until Ctrl-C"
    desk.say(order, f"Watching {pattern} {until}; %nanover state {pattern} tells how it is.")
    try:
        watching.print_changes(seconds, quiet=order.options.quiet)
    except KeyboardInterrupt:
        # That is how watching ends where no time is given.
        if seconds is not None:
            raise
    finally:
        watching.close()
        desk.say(order, watching.summary())


class _Watching:
    """Collects changes of the keys that a pattern means, and prints them in turn."""

    def __init__(self, client: BaseClient, pattern: str) -> None:
        self._client = client
        self._pattern = pattern
        self._begun = time.monotonic()
        # What was printed of each key last.
        self._told: dict[str, Value] = {}
        # Guards the fields below, which the thread `nanover-changes` writes.
        self._lock = threading.Lock()
        self._waiting: dict[str, None] = {}
        self._changes: Counter[str] = Counter()
        self._unsubscribe = client.on_change(self._on_change)

    def print_changes(self, seconds: float | None, *, quiet: bool) -> None:
        """Print what changes, for some seconds or for ever."""
        wait = threading.Event().wait
        while True:
            gone = time.monotonic() - self._begun
            left = _PERIOD if seconds is None else seconds - gone
            if left <= 0:
                return
            wait(min(_PERIOD, left))
            if not quiet:
                for line in self._lines():
                    print(line, flush=True)  # noqa: T201 - as it happens, and as a log

    def summary(self) -> str:
        """What changed, in a sentence."""
        with self._lock:
            total, most = self._changes.total(), self._changes.most_common(3)
            keys = len(self._changes)
        took = how_long(time.monotonic() - self._begun)
        if not total:
            return f"Nothing changed in {took}."
        often = ", ".join(f"{visible(key, 60)} {many(count, 'time')}" for key, count in most)
        return f"{many(keys, 'key')} changed in {took}, most often {often}."

    def close(self) -> None:
        """Look no more."""
        self._unsubscribe()

    def _on_change(self, change: DictionaryChange) -> None:
        names = [*change.lazy_updates, *change.removals]
        changed = matching(names, self._pattern)
        with self._lock:
            self._changes.update(changed)
            self._waiting.update(dict.fromkeys(changed))

    def _lines(self) -> list[str]:
        with self._lock:
            keys = list(self._waiting)
            self._waiting.clear()
        at = f"{time.monotonic() - self._begun:7.2f} s"
        lines = []
        for key in keys[:_LINES_AT_ONCE]:
            name = visible(key, _LONGEST_KEY)
            lines.append(f"{at}  {name}  {self._news_of(key, _WIDTH - len(name))}")
        if len(keys) > _LINES_AT_ONCE:
            lines.append(f"{at}  … and {many(len(keys) - _LINES_AT_ONCE, 'more key')}")
        return lines

    def _news_of(self, key: str, width: int) -> str:
        """What became of a key: its value, or which parts of it are others than last time."""
        value = self._client.peek(key, ABSENT)
        before = self._told.pop(key, ABSENT)
        if value is ABSENT:
            return "removed"
        self._told[key] = value
        if type(before) is not type(value) or not isinstance(value, dict | list):
            return preview(value, width)
        found = compare(before, value, _PARTS_AT_ONCE)
        if found.total == 0:
            return "the same"
        parts = [
            f"- {path_text(part.path)}"
            if part.kind == "removed"
            else f"{path_text(part.path)} {preview(part.after, _LONGEST_PART)}"
            for part in found.differences
        ]
        more = found.total - len(parts)
        return visible(", ".join(parts), width) + (f" and {more} more" if more else "")
