"""The state of a connection, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["ConnectionState", "Status"]

ConnectionState = Literal["connecting", "connected", "lost", "closed"]


@dataclass(frozen=True, slots=True)
class Status:
    """Where a connection stands.

    Attributes:
        state: `connecting` until the server has answered once; `lost` when it went
            away; `closed` for good.
        reason: Why it is lost or closed, as a phrase; else empty.
        attempt: How many times it was tried again since it was lost.
        since: Monotonic time of the last change of `state`.
    """

    state: ConnectionState
    reason: str
    attempt: int
    since: float
