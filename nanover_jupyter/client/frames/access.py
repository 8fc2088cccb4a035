"""The methods of a client for the frames of a simulation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nanover_jupyter.client.frames.feed import FrameCallback
from nanover_jupyter.client.frames.series import FrameSeries
from nanover_jupyter.client.frames.subscription import FrameSubscription
from nanover_jupyter.client.listeners import Unsubscribe, WeakCallback
from nanover_jupyter.errors import InvalidArgument
from nanover_jupyter.transport.base import Transport
from nanover_jupyter.wire.frames.frame import Frame

__all__ = ["FrameAccess"]


class FrameAccess:
    """The frames of a client.

    A WebSocket server sends frames to every client. A gRPC server sends them once they are
    asked for, which every member here does except `frame_rate` and `frame_age`.

    Args:
        transport: The transport of the client.
    """

    call_timeout: float | None

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._frames = FrameSubscription(transport)

    @property
    def frame(self) -> Frame | None:
        """The current frame of the simulation; None before the first.

            client.frame.positions      # (N, 3), nm
            client.frame.temperature    # K

        It is merged from what the server sent since the last reset, does not change, and
        stays after `close`. Decoding costs only what is read.
        """
        return self._frames.current()

    @property
    def frame_rate(self) -> float:
        """The frames per second received in the last two seconds; 0.0 if none."""
        return self._frames.rate()

    @property
    def frame_age(self) -> float | None:
        """The seconds since the last frame was received; None before the first."""
        return self._frames.age()

    @property
    def frame_series(self) -> FrameSeries:
        """The numbers of all frames since the first use of this property or of `series`."""
        return self._frames.record()

    def wait_for_frame(self, timeout: float | None = 30.0, *, after: Frame | None = None) -> Frame:
        """Return the current frame, or wait for the first one.

            frame = client.wait_for_frame()
            later = client.wait_for_frame(after=frame)

        With tqdm installed, a progress bar is shown after two seconds.

        Args:
            timeout: Seconds to wait; None for no limit.
            after: A frame; wait for one that is newer.

        Raises:
            WaitTimedOut: (a TimedOut) No frame was received within `timeout`.
            NotSupported: The server has no frames.
            ClosedError: The client was closed.
        """
        return self._frames.wait(timeout, after)

    def on_frame(self, callback: FrameCallback) -> Unsubscribe:
        """Call `callback(frame, changed)` with every frame, on the thread `nanover-frames`.

            client.on_frame(lambda frame, changed: print(frame.time))

        `changed` is a frozenset of the keys that changed since the last call, including those
        that a reset removed. The first call has the current frame, if there is one, and all its
        keys. A slow callback gets several frames merged into one. The subscription keeps the
        client and its Connection alive.

        Returns:
            A function that ends the subscription. A finalizer may call it.
        """
        owner = None if isinstance(callback, WeakCallback) else self
        unsubscribe = self._frames.feed.subscribe(callback, owner=owner)
        self._frames.request()
        return unsubscribe

    def keep_frame_messages(self, limit: int) -> None:
        """Keep the last `limit` messages with frames, for `recent_frames`, from now on."""
        self._frames.keep_messages(limit)

    def recent_frames(self) -> list[Frame]:
        """Return the kept messages as frames that are not merged, the oldest first."""
        return self._frames.recent()

    def series(self, *patterns: str) -> Any:
        """Return the numbers of all frames as a table, such as energies and temperatures.

            client.series("energy.*", "system.temperature")

        Records from the first call on, for the last ten minutes at 30 frames per second.

        Args:
            *patterns: Keys to include, with the wildcards `*` and `?`; all by default.

        Returns:
            A `pandas.DataFrame` with a row for each frame and a column for each key, indexed
            by the time at which the frame was received (UTC). Without pandas, a dict of numpy
            arrays, with these times in seconds since the epoch as `time`. NaN where a frame
            has no such number.
        """
        return self.frame_series.table(patterns)

    def publish_frame(self, frame: Mapping[str, object], *, timeout: float | None = None) -> None:
        """Send a frame, which a WebSocket server numbers and passes on to all clients.

            client.publish_frame({"particle.positions": positions, "energy.potential": 1.5})

        Args:
            frame: What has changed, by NanoVer's keys: numpy arrays of any shape, lists,
                numbers and strings. Arrays get the type of their key. A `frame.index` of 0
                discards the earlier frames.
            timeout: Seconds to wait until it is sent; `call_timeout` by default.

        Raises:
            NotSupported: It is a gRPC server; nothing was sent.
            InvalidValue: (a TypeError) A value cannot be sent; nothing was sent.
            NanoverJupyterError: ConnectError, ConnectionLost, TimedOut or ClosedError.
        """
        limit = self.call_timeout if timeout is None else timeout
        self._transport.publish_frame(frame, limit)

    def universe(self) -> Any:
        """Return the current frame as an `MDAnalysis.Universe`. See `Frame.to_mdanalysis`.

        Raises:
            InvalidArgument: (a ValueError) There is no frame with positions yet.
            ModuleNotFoundError: MDAnalysis is not installed.
        """
        frame = self.frame
        if frame is None:
            raise InvalidArgument("frame", "none was received yet; use wait_for_frame()")
        return frame.to_mdanalysis()
