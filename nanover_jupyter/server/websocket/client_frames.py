"""Frames that clients publish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nanover_jupyter.errors import InvalidValue
from nanover_jupyter.server.frames.frame_store import FrameStore
from nanover_jupyter.wire.frames.sendable import sendable

__all__ = ["publish_received"]

# The part of the limits of a frame that clients may fill. The rest is for the server's own
# simulation, which clients must not be able to stop.
_SHARE: Final = 0.5


def publish_received(store: FrameStore, frame: Mapping[str, object]) -> bool:
    """Publish a frame as a client sent it, with a new index and timestamp.

    As on NanoVer's server, the index 0 discards the fields of earlier frames.

    Args:
        store: The frames of the server.
        frame: The decoded frame, which no other code uses. Fields with unknown keys may have
            any value.

    Returns:
        False if the server is closed.

    Raises:
        InvalidValue: A field does not fit its key, or the merged frame would be too large.
            Nothing is published.
    """
    fields = {}
    for key, value in frame.items():
        # The codec does not convert one key, b"".
        if not isinstance(key, str):
            raise InvalidValue((), f"the key {key!r} is not a string")
        fields[key] = sendable(key, value)
    return store.publish(fields, share=_SHARE)
