"""The error of `%nanover` lines, and suggestions for misspelled names."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["MagicError", "did_you_mean"]


class MagicError(ValueError):
    """A `%nanover` line that cannot be run. The message is one line: problem and remedy."""


def did_you_mean(name: str, names: Iterable[str], otherwise: str = "") -> str:
    """Return the end of an error message that suggests the closest of `names`.

    Args:
        name: The unknown name.
        names: The known names.
        otherwise: What to suggest if none of them is close.
    """
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f" Did you mean {close[0]!r}?"
    return f" {otherwise}" if otherwise else ""
