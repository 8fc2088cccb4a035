"""The top of the state's tree as static HTML.

Notebooks are given away, and what some clients call themselves by is also what they hold
their locks with: such names are shortened, as they are in the live tree.
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

_ROWS: Final = 60
_ROWS_OF_A_BRANCH: Final = 8
# Sorting a million keys would keep the kernel for a second.
_KEYS_LOOKED_AT: Final = 100_000
_INDENT: Final = "\u00a0\u00a0"
# Also of one that a preview has cut.
_UUID: Final = re.compile(r"\b([0-9a-f]{4})[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f-]*", re.IGNORECASE)


def state_html(keys: Sequence[str], read: Callable[[str], Value]) -> str:
    """A table of the first branches and keys; what is left out is counted.

    Args:
        keys: All keys, in any order.
        read: Gives the value of a key; called for those that are shown only.
    """
    if not keys:
        return note("There are no keys.")
    shown = 0
    rows: list[tuple[str, str]] = []
    for row, covered in _rows(keys[:_KEYS_LOOKED_AT], read):
        if len(rows) >= _ROWS:
            break
        rows.append(row)
        shown += covered
    left = len(keys) - shown
    return html_table((), rows) + (note(f"… {left} more {_keys(left)}") if left else "")


def _rows(
    keys: Sequence[str], read: Callable[[str], Value]
) -> Iterator[tuple[tuple[str, str], int]]:
    """Rows of name and text, each with how many keys it accounts for."""
    for prefix, members in _branches(keys):
        if len(members) == 1:
            (key,) = members
            yield (_short(visible(key)) or "(empty)", _short(preview(read(key)))), 1
            continue
        yield (_short(visible(prefix)) or "(empty)", f"{len(members)} keys"), 0
        for key in members[:_ROWS_OF_A_BRANCH]:
            rest = key[len(prefix) + 1 :] or "(itself)"
            yield (_INDENT + _short(visible(rest)), _short(preview(read(key)))), 1
        left = len(members) - _ROWS_OF_A_BRANCH
        if left > 0:
            yield (f"{_INDENT}… {left} more", ""), left


def _short(text: str) -> str:
    return _UUID.sub(lambda found: f"{found[1]}…{found[0][-2:]}", text)


def _branches(keys: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Keys by what stands before the first dot or slash, all sorted."""
    branches: defaultdict[str, list[str]] = defaultdict(list)
    for key in keys:
        branches[key.replace("/", ".").partition(".")[0]].append(key)
    return sorted((prefix, sorted(members)) for prefix, members in branches.items())


def _keys(number: int) -> str:
    return "key" if number == 1 else "keys"
