"""Finding out which keys someone else holds, without holding any of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

__all__ = ["find_blocking_keys_among"]


def find_blocking_keys_among(
    keys: Iterable[str], free: Callable[[Sequence[str]], bool], *, most: int | None = None
) -> list[str]:
    """Those of `keys` that are not free, in their order, by halving.

    Asks once when all are free; some 2 log2(n) times for each that is not.

    Args:
        keys: The keys in question.
        free: Whether all of some keys are free.
        most: Stop when so many are found.
    """
    found: list[str] = []
    parts = [list(keys)]
    while parts and (most is None or len(found) < most):
        part = parts.pop()
        if not part or free(part):
            continue
        if len(part) == 1:
            found += part
            continue
        middle = len(part) // 2
        parts += [part[middle:], part[:middle]]
    return found
