"""The subscription to frames of a gRPC server, on a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, Final

import grpc

from nanover_jupyter.errors import ClosedError, NotSupported
from nanover_jupyter.transport.base import FrameListener
from nanover_jupyter.transport.threads import Daemon
from nanover_jupyter.wire.grpc.codec import CAPABILITIES
from nanover_jupyter.wire.grpc.frame_reader import frame_message

__all__ = ["GrpcFrameStream"]

logger = logging.getLogger("nanover_jupyter.transport")

_JOIN_SECONDS: Final = 2.0
_FIRST_RETRY: Final = 0.5
_LONGEST_RETRY: Final = 5.0


class GrpcFrameStream:
    """Reads the frames of a server and subscribes again when the stream ends.

    Ends with `close`, or if the server has no trajectory service. Thread-safe.

    Args:
        subscribe: Opens a stream of `GetFrameResponse` messages.
        listener: Receives the frames, on the thread `nanover-frame-reader-...`.
        address: The address of the server, for the name of the thread and for messages.
    """

    def __init__(self, subscribe: Callable[[], Any], listener: FrameListener, address: str) -> None:
        self._subscribe = subscribe
        self._listener = listener
        self._address = address
        # Guards the stream; set once closed.
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._stream: Any = None
        self._thread = Daemon(f"nanover-frame-reader-{address}", self._run)

    def open(self) -> None:
        """Start reading, unless started."""
        self._thread.start()

    def close(self) -> None:
        """End the stream and its thread. Idempotent."""
        with self._lock:
            self._closing.set()
            stream = self._stream
        if stream is not None:
            stream.cancel()
        self._thread.join(_JOIN_SECONDS)

    def _run(self) -> None:
        delay = _FIRST_RETRY
        while not self._closing.is_set():
            try:
                if self._read():
                    delay = _FIRST_RETRY
            except grpc.RpcError as error:
                if getattr(error, "code", lambda: None)() is grpc.StatusCode.UNIMPLEMENTED:
                    unsupported = NotSupported("frames", CAPABILITIES.transport)
                    self._listener.on_frames_unavailable(unsupported)
                    return
                logger.debug("! the frame stream of %s ended: %s", self._address, error)
            except ClosedError:
                return
            self._closing.wait(delay)
            delay = min(2 * delay, _LONGEST_RETRY)

    def _read(self) -> bool:
        """Read one stream to its end. Returns whether a frame was received."""
        with self._lock:
            if self._closing.is_set():
                return False
            try:
                stream = self._stream = self._subscribe()
            except ValueError as error:  # the owner of the channel closed it
                raise ClosedError(self._address) from error
        received = False
        try:
            for data in stream:
                self._listener.on_frame(frame_message(data, is_first=not received))
                received = True
        finally:
            stream.cancel()
        return received
