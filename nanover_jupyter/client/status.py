"""The status of a connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["ConnectionState", "Status"]

ConnectionState = Literal["connecting", "loading", "connected", "lost", "closed"]


@dataclass(frozen=True, slots=True)
class Status:
    """The status of a connection; immutable.

    Attributes:
        state: `connecting` until the server has answered; `loading` until the full state is
            received; `connected` after that; `lost` if the server went away; `closed`
            permanently.
        reason: Why the connection is lost or closed, as a phrase; else empty.
        attempt: The number of attempts to reconnect since it was lost.
        since: Monotonic time of the last change of `state`.
        received: While loading, the number of bytes received; None if unknown.
    """

    state: ConnectionState
    reason: str
    attempt: int
    since: float
    received: int | None = None
