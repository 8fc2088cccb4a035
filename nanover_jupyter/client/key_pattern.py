"""Patterns for keys: `avatar.*`, where `*` stands for anything."""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["key_pattern"]


def key_pattern(pattern: str) -> Callable[[str], bool]:
    """Tells whether a whole key fits: `*` stands for any text, everything else for itself."""
    if "*" not in pattern:
        return pattern.__eq__
    # Several stars in a row are one; so what this matches takes no time that grows wildly.
    parts = re.split(r"\*+", pattern)
    expression = re.compile("(?s:.*?)".join(map(re.escape, parts)) + r"\Z")
    return lambda key: expression.match(key) is not None
