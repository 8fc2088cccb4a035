"""The interface of messages that are sent at a limited rate to the views that want them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

__all__ = ["HasStream", "StreamMessage", "ViewStream"]


class StreamMessage(NamedTuple):
    """A message of a stream.

    Attributes:
        op: The kind of message.
        body: The body.
        buffers: The buffers.
        client: The only view that it is for, or None for all.
    """

    op: str
    body: Any
    buffers: Sequence[bytes]
    client: str | None


class ViewStream(Protocol):
    """Messages besides the shared state that a publisher sends while views want them.

    The stream decides which views want messages and have credit. All methods may be called
    from any thread. Only `next_message` may call the publisher.
    """

    def next_due(self, live: Collection[str]) -> float | None:
        """Return when the next message is due, in monotonic seconds; None for not at all.

        Called with the publisher's lock, so it must not wait for anything.

        Args:
            live: The views that are visible and keep up.
        """

    def next_message(self, live: Collection[str]) -> StreamMessage | None:
        """Return the next message, or None. Called on the publisher's thread."""

    def acknowledge(self, client: str, number: int) -> None:
        """Record that a view has handled everything up to `number`."""


@runtime_checkable
class HasStream(Protocol):
    """A tool controller with a stream."""

    @property
    def stream(self) -> ViewStream:
        """The stream."""
