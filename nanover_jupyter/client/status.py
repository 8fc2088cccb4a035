"""The state of a connection, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["ConnectionState", "Status"]

ConnectionState = Literal["connecting", "loading", "connected", "lost", "closed"]


@dataclass(frozen=True, slots=True)
class Status:
    """Where a connection stands.

    Attributes:
        state: `connecting` until the server has answered once; `loading` while the whole
            state is on its way; `connected` when it is here; `lost` when the server went
            away; `closed` for good.
        reason: Why it is lost or closed, as a phrase; else empty.
        attempt: How many times it was tried again since it was lost.
        since: Monotonic time of the last change of `state`.
        received: While loading, how many bytes came so far; None where that is not known.
    """

    state: ConnectionState
    reason: str
    attempt: int
    since: float
    received: int | None = None
