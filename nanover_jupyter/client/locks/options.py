"""Validated arguments of leases: keys, durations and limits."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from nanover_jupyter.errors import InvalidArgument, InvalidValue
from nanover_jupyter.wire.values import check_key

__all__ = ["LeaseOptions", "check_keys", "check_timeout"]


class LeaseOptions(NamedTuple):
    """Duration and renewal of a lease.

    Attributes:
        duration: Seconds for which the server keeps the lock without a renewal.
        auto_renew: Whether the lease is renewed before it expires.
        max_hold: Seconds after which the lease ends; None for no limit.
    """

    duration: float
    auto_renew: bool
    max_hold: float | None

    @classmethod
    def checked(cls, duration: object, *, auto_renew: bool, max_hold: object) -> LeaseOptions:
        """Return valid options; raises InvalidArgument for other values."""
        limit = None if max_hold is None else _positive("max_hold", max_hold)
        if limit is not None and math.isinf(limit):
            limit = None
        seconds = _positive("duration", duration)
        if limit is not None:
            seconds = min(seconds, limit)
        if math.isinf(seconds):
            reason = (
                "the lock would outlive this process; give seconds, and auto_renew=True to renew it"
            )
            raise InvalidArgument("duration", reason)
        return cls(seconds, bool(auto_renew), limit)


def check_keys(keys: str | Iterable[str]) -> tuple[str, ...]:
    """Return the keys of a lease without duplicates; raises InvalidArgument if invalid."""
    if not isinstance(keys, Iterable):
        raise InvalidArgument("keys", f"give a key or several, not {keys!r}")
    wanted = (keys,) if isinstance(keys, str) else keys
    try:
        found = tuple(dict.fromkeys(map(check_key, wanted)))
    except InvalidValue as error:
        raise InvalidArgument("keys", f"{error.reason}; give a key or several") from None
    if not found:
        raise InvalidArgument("keys", "give at least one key")
    return found


def check_timeout(timeout: object) -> float:
    """Return a timeout in seconds; raises InvalidArgument if it is negative or not a number."""
    seconds = _seconds("timeout", timeout)
    if not seconds >= 0:
        raise InvalidArgument("timeout", f"it must be 0 seconds or more, not {timeout!r}")
    return seconds


def _seconds(name: str, given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise InvalidArgument(name, f"it must be a number of seconds, not {given!r}")
    try:
        return float(given)
    except OverflowError:
        raise InvalidArgument(name, "it is more seconds than a double can hold") from None


def _positive(name: str, given: object) -> float:
    if type(given) is float and given > 0:
        return given
    seconds = _seconds(name, given)
    if not seconds > 0:
        raise InvalidArgument(name, f"it must be more than 0 seconds, not {given!r}")
    return seconds
