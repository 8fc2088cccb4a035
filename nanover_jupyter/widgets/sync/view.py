"""What a publisher knows of one view: visibility, credit and lag."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from nanover_jupyter.widgets.sync.state_feed import SnapshotCursor

__all__ = ["View"]

_CREDIT_BYTES: Final = 2_000_000
_CREDIT_MESSAGES: Final = 30
_STALLED_SECONDS: Final = 3.0
# Visible views send a message at least every five seconds.
_SILENT_SECONDS: Final = 15.0


@dataclass(slots=True)
class View:
    """One view of a widget in one page; guarded by the publisher's lock."""

    client: str
    last_heard: float
    acked: int
    visible: bool = True
    # Epoch and revision of a `hello` that is not answered yet.
    pending_hello: tuple[str | None, int | None] | None = None
    cursor: SnapshotCursor | None = None
    # State messages that are not acknowledged yet: number, bytes, time sent.
    outstanding: deque[tuple[int, int, float]] = field(default_factory=deque)
    outstanding_bytes: int = 0
    lag: float = 0.0

    def acknowledge(self, seq: int, now: float) -> None:
        """Record that the view has handled all messages up to `seq`."""
        self.last_heard = now
        self.acked = max(self.acked, seq)
        while self.outstanding and self.outstanding[0][0] <= self.acked:
            _, size, sent = self.outstanding.popleft()
            self.outstanding_bytes -= size
            self.lag = now - sent
        if not self.outstanding:
            self.outstanding_bytes = 0

    def sent(self, seq: int, size: int, now: float) -> None:
        """Record a message that the view must acknowledge."""
        self.outstanding.append((seq, size, now))
        self.outstanding_bytes += size

    def is_live(self, now: float) -> bool:
        """Return whether the view is visible and keeps up."""
        if not self.visible or now - self.last_heard > _SILENT_SECONDS:
            return False
        if not self.outstanding:
            return True
        _, _, oldest = self.outstanding[0]
        return now - max(oldest, self.last_heard) < _STALLED_SECONDS

    def has_credit(self, most: int = _CREDIT_BYTES) -> bool:
        """Return whether another message may be sent, with `most` bytes outstanding."""
        within = self.outstanding_bytes < most
        return within and len(self.outstanding) < _CREDIT_MESSAGES
