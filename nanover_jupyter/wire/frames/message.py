"""A received frame message, whose keys are read when they are needed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from nanover_jupyter.errors import ProtocolError
from nanover_jupyter.wire.frames.field import FrameField, MaybeField

__all__ = ["FRAME_INDEX", "FrameFields", "FrameMessage", "Span", "resets"]

logger = logging.getLogger("nanover_jupyter.wire")

FRAME_INDEX: Final = "frame.index"


Span = tuple[int, int]
"""The start and end of a value in a message."""


class FrameFields(NamedTuple):
    """The content of a frame message.

    Attributes:
        fields: The values by key. They may be undecoded.
        resets: Whether the frame discards the fields of earlier frames.
        spans: The values in the order of the message, if the rest of the message only depends
            on the keys and the sizes of the values; else empty.
        index_span: The value that resets if all its bytes are 0, or None if there is none.
    """

    fields: Mapping[str, MaybeField]
    resets: bool
    spans: Sequence[Span] = ()
    index_span: Span | None = None


class FrameMessage:
    """The bytes of one frame message, and when they were received.

    Args:
        data: The message.
        scan: Finds the fields in a message. May raise ProtocolError.
        is_first: Whether it is the first frame of a subscription. The server then sends
            everything, so earlier frames are discarded.
    """

    __slots__ = ("_constants", "_index_span", "_scan", "data", "is_first", "received_at")

    def __init__(
        self, data: bytes, scan: Callable[[bytes], FrameFields], *, is_first: bool = False
    ) -> None:
        self.data = data
        self.is_first = is_first
        self.received_at = time.monotonic()
        self._scan = scan
        # The parts of the message between its values, by their position; set by `read`.
        self._constants: list[tuple[int, int, bytes]] = []
        self._index_span: Span | None = None

    def read(self) -> FrameFields | None:
        """Return the fields; None, with a warning in the log, if the message is malformed."""
        try:
            content = self._scan(self.data)
        except ProtocolError as error:
            logger.warning("! skipped a frame: %s", error)
            return None
        if content.spans:
            bounds = [0, *(bound for span in content.spans for bound in span), len(self.data)]
            pairs = zip(bounds[::2], bounds[1::2], strict=True)
            self._constants = [(start, end, self.data[start:end]) for start, end in pairs]
            self._index_span = content.index_span
        return content._replace(resets=True) if self.is_first else content

    def replaces(self, older: FrameMessage) -> bool:
        """Return whether this message, once read, has all keys of an older one.

        Compares what lies between the values, without parsing the older message. True
        means that the older message can be dropped. False if it resets, or in doubt.
        """
        data = older.data
        if older.is_first or not self._constants or len(data) != len(self.data):
            return False
        for start, end, constant in self._constants:
            if data[start:end] != constant:
                return False
        span = self._index_span
        return span is None or any(data[span[0] : span[1]])


def resets(fields: Mapping[str, MaybeField]) -> bool:
    """Return whether the index in the fields of a frame is 0."""
    index = fields.get(FRAME_INDEX)
    if isinstance(index, FrameField):
        index = index.decode(FRAME_INDEX).value
    return type(index) in (int, float) and index == 0
