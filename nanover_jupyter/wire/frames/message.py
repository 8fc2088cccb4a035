"""A received frame message, whose keys are read when they are needed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from nanover_jupyter.errors import ProtocolError
from nanover_jupyter.wire.frames.field import FrameField, MaybeField

__all__ = ["FRAME_INDEX", "FrameFields", "FrameMessage", "resets"]

logger = logging.getLogger("nanover_jupyter.wire")

FRAME_INDEX: Final = "frame.index"


class FrameFields(NamedTuple):
    """The content of a frame message.

    Attributes:
        fields: The values by key. They may be undecoded.
        resets: Whether the frame discards the fields of earlier frames.
    """

    fields: Mapping[str, MaybeField]
    resets: bool


class FrameMessage:
    """The bytes of one frame message, and when they were received.

    Args:
        data: The message.
        scan: Finds the fields in a message. May raise ProtocolError.
        is_first: Whether it is the first frame of a subscription. The server then sends
            everything, so earlier frames are discarded.
    """

    __slots__ = ("_scan", "data", "is_first", "received_at")

    def __init__(
        self, data: bytes, scan: Callable[[bytes], FrameFields], *, is_first: bool = False
    ) -> None:
        self.data = data
        self.is_first = is_first
        self.received_at = time.monotonic()
        self._scan = scan

    def read(self) -> FrameFields | None:
        """Return the fields; None, with a warning in the log, if the message is malformed."""
        try:
            fields, resets = self._scan(self.data)
        except ProtocolError as error:
            logger.warning("! skipped a frame: %s", error)
            return None
        return FrameFields(fields, resets or self.is_first)


def resets(fields: Mapping[str, MaybeField]) -> bool:
    """Return whether the index in the fields of a frame is 0."""
    index = fields.get(FRAME_INDEX)
    if isinstance(index, FrameField):
        index = index.decode(FRAME_INDEX).value
    return type(index) in (int, float) and index == 0
