"""The shared state, or a part of it, as a mapping that is always up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from nanover_jupyter.client.listeners import Unsubscribe
from nanover_jupyter.client.state.change_feed import ChangeCallback
from nanover_jupyter.client.status import Status
from nanover_jupyter.wire.values import ABSENT, Absent, Value, copy_value

__all__ = ["LiveState", "StateSource"]


class StateSource(Protocol):
    """The part of a client that reads the shared state and its changes."""

    @property
    def address(self) -> str:
        """The address of the server."""

    @property
    def status(self) -> Status:
        """The status of the connection."""

    def keys(self) -> list[str]:
        """Return all keys."""

    def peek(self, key: str, default: Absent, /) -> Value | Absent:
        """Return the value of a key. The value is shared, do not modify it."""

    def ensure_subscribed(self) -> None:
        """Subscribe to the shared state, if not subscribed."""

    def on_change(self, callback: ChangeCallback) -> Unsubscribe:
        """Call `callback(change)` after every update."""

    def on_status(self, callback: Callable[[Status], object]) -> Unsubscribe:
        """Call `callback(status)` after every change of the status."""


class LiveState(Mapping[str, Value]):
    """A read-only mapping of a client's current state. Any thread may use it.

    Values are copies. Iteration uses a snapshot of the keys.

    Args:
        client: The client, which is subscribed to the state.
        prefix: What the keys begin with. The mapping has full keys.
    """

    def __init__(self, client: StateSource, prefix: str = "") -> None:
        self._client = client
        self._prefix = prefix

    def __getitem__(self, key: str) -> Value:
        value = self._peek(key)
        if value is ABSENT:
            raise KeyError(key)
        return copy_value(value)

    def __contains__(self, key: object) -> bool:
        return self._peek(key) is not ABSENT

    def __iter__(self) -> Iterator[str]:
        keys = self._client.keys()
        return (key for key in keys if key.startswith(self._prefix))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _peek(self, key: object) -> Value | Absent:
        if not isinstance(key, str) or not key.startswith(self._prefix):
            return ABSENT
        return self._client.peek(key, ABSENT)

    def __repr__(self) -> str:
        keys = f"{self._prefix}*" if self._prefix else "state"
        return f"<{type(self).__name__} {keys} of {self._client.address}: {len(self)} keys>"
