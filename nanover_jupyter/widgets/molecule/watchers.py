"""The views that want the molecule, and what each of them still lacks."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

__all__ = ["Watcher", "Watchers"]

_STALLED_SECONDS: Final = 5.0


@dataclass(slots=True)
class Watcher:
    """A view that wants the molecule.

    Attributes:
        revision: The revision of the `molecule` that was sent to the view; None for none.
        needs_frame: Whether it needs positions and people even if nothing changes.
        outstanding: Frames that are not acknowledged: number and time of sending.
    """

    revision: int | None
    needs_frame: bool = True
    outstanding: deque[tuple[int, float]] = field(default_factory=deque)

    def acknowledge(self, number: int) -> None:
        """Record that all frames up to a number were received."""
        while self.outstanding and self.outstanding[0][0] <= number:
            self.outstanding.popleft()


class Watchers(dict[str, Watcher]):
    """The watching views by name, in the order in which they began. Not thread-safe."""

    def forget_lost(self, live: Collection[str], now: float) -> None:
        """Remove views that are not live, or did not acknowledge for five seconds."""
        for view, watcher in list(self.items()):
            oldest = watcher.outstanding[0][1] if watcher.outstanding else now
            if view not in live or now - oldest > _STALLED_SECONDS:
                del self[view]

    def has_credit(self, window: int) -> bool:
        """Return whether a view may be sent another frame."""
        return any(len(watcher.outstanding) < window for watcher in self.values())

    def next_behind(self, revision: int, window: int) -> tuple[str, Watcher] | None:
        """Return a view with credit that lacks the molecule or a frame."""
        for view, watcher in self.items():
            is_behind = watcher.revision != revision or watcher.needs_frame
            if is_behind and len(watcher.outstanding) < window:
                return view, watcher
        return None

    def record_molecule(self, view: str, revision: int) -> bool:
        """Record that a view gets the molecule; return True for all views, if all lack it."""
        behind = [watcher for watcher in self.values() if watcher.revision != revision]
        to_all = len(behind) == len(self)
        for watcher in behind if to_all else [self[view]]:
            watcher.revision = revision
            watcher.needs_frame = True
        return to_all

    def record_frame(self, view: str | None, revision: int, number: int, now: float) -> None:
        """Record that a frame is sent to a view, or to all."""
        for name, watcher in self.items():
            if view is None or name == view:
                watcher.outstanding.append((number, now))
                # A view discards frames of another revision.
                watcher.needs_frame &= watcher.revision != revision
