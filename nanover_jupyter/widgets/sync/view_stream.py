"""The interface of messages that are sent at a limited rate to the views that want them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

__all__ = ["Buffer", "HasStream", "StreamMessage", "ViewStream"]

Buffer = bytes | memoryview


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
    buffers: Sequence[Buffer]
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

    def connect(self, wake: Callable[[], None]) -> None:
        """Take the function that wakes the publisher. Called once, before the other methods.

        A stream whose messages become due by themselves need not call it. Without the locks
        that `next_due` takes.
        """


@runtime_checkable
class HasStream(Protocol):
    """A tool controller with a stream."""

    @property
    def stream(self) -> ViewStream:
        """The stream."""
