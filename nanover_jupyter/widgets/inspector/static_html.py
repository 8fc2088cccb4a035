"""The top of the state tree as static HTML.

UUIDs are shortened as in the live tree: notebooks are shared, and some clients use the UUID
in their keys as their access token.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from nanover_jupyter.text_format import html_table, preview, visible
from nanover_jupyter.widgets.static_html import note
from nanover_jupyter.wire.values import Value

__all__ = ["state_html"]

_MAX_ROWS: Final = 60
_MAX_BRANCH_ROWS: Final = 8
# Sorting a million keys would block the kernel for a second.
_MAX_KEYS: Final = 100_000
_INDENT: Final = "\u00a0\u00a0"
# Matches UUIDs that a preview has truncated, too.
_UUID: Final = re.compile(r"\b([0-9a-f]{4})[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f-]*", re.IGNORECASE)


def state_html(keys: Sequence[str], read: Callable[[str], Value]) -> str:
    """Return a table of the first branches and keys, and the number of further keys.

    Args:
        keys: All keys, in any order.
        read: Returns the value of a key; called only for displayed keys.
    """
    if not keys:
        return note("No keys")
    shown = 0
    rows: list[tuple[str, str]] = []
    for row, covered in _rows(keys[:_MAX_KEYS], read):
        if len(rows) >= _MAX_ROWS:
            break
        rows.append(row)
        shown += covered
    left = len(keys) - shown
    return html_table((), rows) + (note(f"… {left} more {_keys(left)}") if left else "")


def _rows(
    keys: Sequence[str], read: Callable[[str], Value]
) -> Iterator[tuple[tuple[str, str], int]]:
    """Yield rows of name and text, each with the number of keys that it represents."""
    for prefix, members in _branches(keys):
        if len(members) == 1:
            (key,) = members
            yield (_shorten_uuids(visible(key)) or "(empty)", _shorten_uuids(preview(read(key)))), 1
            continue
        yield (_shorten_uuids(visible(prefix)) or "(empty)", f"{len(members)} keys"), 0
        for key in members[:_MAX_BRANCH_ROWS]:
            rest = key[len(prefix) + 1 :] or "(itself)"
            yield (_INDENT + _shorten_uuids(visible(rest)), _shorten_uuids(preview(read(key)))), 1
        left = len(members) - _MAX_BRANCH_ROWS
        if left > 0:
            yield (f"{_INDENT}… {left} more", ""), left


def _shorten_uuids(text: str) -> str:
    return _UUID.sub(lambda found: f"{found[1]}…{found[0][-2:]}", text)


def _branches(keys: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return keys grouped by the text before the first dot or slash, sorted."""
    branches: defaultdict[str, list[str]] = defaultdict(list)
    for key in keys:
        branches[key.replace("/", ".").partition(".")[0]].append(key)
    return sorted((prefix, sorted(members)) for prefix, members in branches.items())


def _keys(number: int) -> str:
    return "key" if number == 1 else "keys"
