"""Patterns for keys and other names: `avatar.*`."""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["key_pattern"]


def key_pattern(pattern: str, *, part: bool = False) -> Callable[[str], bool]:
    """Tells whether a name fits: `*` stands for any text, `?` for one character.

    Everything else stands for itself, brackets and dots too: keys hold them.

    Args:
        pattern: Of whole names.
        part: Whether one without `*` and `?` means any name that it is a part of, in
            whichever case.
    """
    if not re.search(r"[*?]", pattern):
        if not part:
            return pattern.__eq__
        wanted = pattern.casefold()
        return lambda name: wanted in name.casefold()
    first, *between = [re.escape(text).replace(r"\?", ".") for text in re.split(r"\*+", pattern)]
    if not between:
        expression = re.compile(rf"{first}\Z", re.DOTALL)
    else:
        # What stands between two stars is best found where it comes first. Held there, or
        # a name that does not fit would be tried in endless ways.
        *between, last = between
        found = "".join(f"(?>.*?{text})" for text in between)
        expression = re.compile(rf"{first}{found}.*{last}\Z", re.DOTALL)
    return lambda name: expression.match(name) is not None
