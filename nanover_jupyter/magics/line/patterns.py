"""Which names a pattern means."""

from __future__ import annotations

from collections.abc import Iterable

from nanover_jupyter.client.state.key_pattern import key_pattern

__all__ = ["matching"]


def matching(names: Iterable[str], pattern: str | None) -> list[str]:
    """Those of `names` that a pattern means, in their order; without one, all.

    A pattern is part of a name, in whichever case, or the whole of it with `*` for any
    text and `?` for one character.
    """
    if pattern is None:
        return list(names)
    return list(filter(key_pattern(pattern, part=True), names))
