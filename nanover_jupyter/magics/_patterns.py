"""Which names a pattern means."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["is_whole", "matching"]


def is_whole(pattern: str) -> bool:
    """Whether a pattern describes whole names, and not only a part of them."""
    return "*" in pattern or "?" in pattern


def matching(names: Iterable[str], pattern: str | None) -> list[str]:
    """Those of `names` that a pattern means, in their order; without one, all.

    A pattern is part of a name, in whichever case, or the whole of it with `*` for any
    text and `?` for one character. Brackets and dots mean themselves: keys hold them.
    """
    if pattern is None:
        return list(names)
    if not is_whole(pattern):
        part = pattern.casefold()
        return [name for name in names if part in name.casefold()]
    # Runs of stars are one, or a name that does not match would be tried in endless ways.
    parts = re.split(r"(\*+|\?)", pattern)
    written = "".join(
        ".*" if part.startswith("*") else "." if part == "?" else re.escape(part) for part in parts
    )
    whole = re.compile(written, re.DOTALL)
    return [name for name in names if whole.fullmatch(name)]
