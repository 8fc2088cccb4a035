"""The frames of one client: the current one, its listeners and its time series."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Final

from nanover_jupyter.client.frames.feed import FrameFeed
from nanover_jupyter.client.frames.mirror import FrameMirror
from nanover_jupyter.client.frames.series import FrameSeries
from nanover_jupyter.client.progress_bar import progress
from nanover_jupyter.errors import ClosedError, NanoverJupyterError, WaitTimedOut
from nanover_jupyter.transport.base import Transport
from nanover_jupyter.transport.pending import wait_step
from nanover_jupyter.wire.frames.frame import Frame
from nanover_jupyter.wire.frames.message import FrameMessage

__all__ = ["FrameSubscription"]

_WAITED_FOR: Final = "a frame of a simulation"


class FrameSubscription:
    """Receives the frames of a transport, and gives them to their readers.

    Any thread may call any method. Implements `FrameListener`.

    Attributes:
        mirror: The current frame.
        feed: Delivers frames to listeners.
        error: Why the server sends no frames; None if it may.

    Args:
        transport: The transport of the client.
    """

    def __init__(self, transport: Transport) -> None:
        self.mirror = FrameMirror()
        self.feed = FrameFeed(self.mirror)
        self.error: NanoverJupyterError | None = None
        self._transport = transport
        # The last messages as they were received, once they were requested.
        self._recent: deque[FrameMessage] | None = None
        # Notified of frames while a call waits for one.
        self._arrived = threading.Condition()
        self._waiting = 0
        self._closed = False
        transport.frame_listener = self

    def on_frame(self, message: FrameMessage) -> None:
        """See `FrameListener.on_frame`."""
        self.mirror.add(message)
        if self._recent is not None:
            self._recent.append(message)
        self.feed.notify()
        if self._waiting:
            self._notify_waiting()

    def on_frames_unavailable(self, error: NanoverJupyterError) -> None:
        """See `FrameListener.on_frames_unavailable`."""
        self.error = error
        self._notify_waiting()

    def request(self) -> None:
        """Ask the server for frames. Does nothing on a closed client, which keeps its last."""
        if not self._closed:
            try:
                self._transport.request_frames()
            except ClosedError:
                return

    def keep_messages(self, limit: int) -> None:
        """Keep the last messages for `recent` from now on. Idempotent."""
        if self._recent is None:
            self._recent = deque(maxlen=limit)
        self.request()

    def recent(self) -> list[Frame]:
        """Return the content of the messages that were kept, the oldest first. Not merged."""
        contents = [message.read() for message in tuple(self._recent or ())]
        return [Frame(content.fields) for content in contents if content is not None]

    def current(self) -> Frame | None:
        """See `BaseClient.frame`."""
        self.request()
        return self.mirror.current()

    def rate(self) -> float:
        """See `BaseClient.frame_rate`."""
        return self.mirror.rate(time.monotonic())

    def age(self) -> float | None:
        """See `BaseClient.frame_age`."""
        last = self.mirror.last_received_at
        return None if last is None else max(0.0, time.monotonic() - last)

    def record(self) -> FrameSeries:
        """Return the time series; the first call starts the recording."""
        self.request()
        series = self.mirror.series
        return series or self.mirror.record(FrameSeries(self.mirror.current))

    def wait(self, timeout: float | None, after: Frame | None) -> Frame:
        """See `BaseClient.wait_for_frame`."""
        if self._closed:
            raise ClosedError(self._transport.address)
        deadline = None if timeout is None else time.monotonic() + timeout
        self._transport.request_frames()
        with progress(f"waiting for {_WAITED_FOR}", timeout), self._arrived:
            self._waiting += 1
            try:
                while True:
                    frame = self.mirror.current()
                    if frame is not None and frame is not after:
                        return frame
                    if self.error is not None:
                        raise self.error
                    if self._closed:
                        raise ClosedError(self._transport.address)
                    if deadline is not None and time.monotonic() >= deadline:
                        raise WaitTimedOut(_WAITED_FOR, timeout or 0.0)
                    self._arrived.wait(wait_step(deadline))
            finally:
                self._waiting -= 1

    def close(self) -> None:
        """End all listeners and waits, after the transport was closed. Idempotent."""
        self._closed = True
        self.feed.close()
        self._notify_waiting()

    def _notify_waiting(self) -> None:
        with self._arrived:
            self._arrived.notify_all()
