"""The shared state, or a part of it, as an ordinary mapping that is always up to date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from nanover_jupyter.wire.values import ABSENT, Absent, Value, copy_value

if TYPE_CHECKING:
    from nanover_jupyter.client.base_client import BaseClient

__all__ = ["LiveState"]


class LiveState(Mapping[str, Value]):
    """A read-only mapping of what a client knows of the state at the moment one looks.

    Values are copies, read when they are asked for. Any thread may look; the keys that
    an iteration goes over are those of its beginning.

    Args:
        client: The client, which follows the state.
        prefix: What the keys begin with; they are given whole.
    """

    def __init__(self, client: BaseClient, prefix: str = "") -> None:
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
