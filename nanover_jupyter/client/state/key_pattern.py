"""Patterns for keys and other names, such as `avatar.*`."""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["key_pattern"]


def key_pattern(pattern: str, *, part: bool = False) -> Callable[[str], bool]:
    """Return a function that tests names: `*` matches any text, `?` one character.

    All other characters match themselves, also brackets and dots, which keys contain.

    Args:
        pattern: The pattern, which must match the full name.
        part: Whether a pattern without `*` and `?` matches a part of the name, ignoring case.
    """
    if not re.search(r"[*?]", pattern):
        if not part:
            return pattern.__eq__
        folded = pattern.casefold()
        return lambda name: folded in name.casefold()
    first, *rest = [re.escape(text).replace(r"\?", ".") for text in re.split(r"\*+", pattern)]
    if not rest:
        expression = re.compile(rf"{first}\Z", re.DOTALL)
    else:
        # The first match of a text between two stars is always good enough. Atomic groups
        # keep it and prevent exponential backtracking.
        *middle, last = rest
        groups = "".join(f"(?>.*?{text})" for text in middle)
        expression = re.compile(rf"{first}{groups}.*{last}\Z", re.DOTALL)
    return lambda name: expression.match(name) is not None
