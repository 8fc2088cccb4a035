"""The frames of a simulation as one subscriber receives them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Self

from nanover_jupyter.server.frames.frame_store import FrameDelta, FrameStore
from nanover_jupyter.server.pacing import paced

__all__ = ["FrameSubscription"]


class FrameSubscription:
    """A subscription to a frame store, beginning with the merged frame, for a `with` block.

    `take` and `paced` are for one thread. `end` is thread-safe.

    Args:
        store: The frame store.
        every_frame: Whether to receive pending frames one by one, see `FrameStore.open`.
        clock: Returns monotonic seconds.
    """

    def __init__(
        self,
        store: FrameStore,
        *,
        every_frame: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._clock = clock
        self._cursor = store.open(every_frame=every_frame)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """End the subscription and any wait. Idempotent."""
        self._store.end(self._cursor)

    def take(self, timeout: float | None = None) -> FrameDelta | None:
        """Wait for a frame.

        Args:
            timeout: The maximum wait in real seconds, or None for no limit.

        Returns:
            None after the timeout, or if the subscription has ended.
        """
        return self._store.take(self._cursor, timeout)

    def paced(self, interval: float) -> Iterator[FrameDelta]:
        """Yield frames on a fixed schedule, see `nanover_jupyter.server.pacing`.

        The iterator ends soon after `end` is called, whatever the interval.
        """
        return paced(self.take, interval=interval, clock=self._clock, ended=self._cursor.ended)
