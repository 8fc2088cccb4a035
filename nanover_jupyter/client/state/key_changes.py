"""Which keys came, changed and went, for those who watch some of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nanover_jupyter.wire.lazy import read
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import ABSENT, Value, same_value

if TYPE_CHECKING:
    from nanover_jupyter.client.base_client import BaseClient

__all__ = ["KeyChange", "KeyTracker"]


@dataclass(frozen=True, slots=True)
class KeyChange:
    """What became of one key.

    Attributes:
        kind: Whether the key came, got another value, or went.
        key: The key.
        value: Its value now; None once it is gone. Shared, not to be altered.
        old: Its value before; None when it is new. Shared, not to be altered.
    """

    kind: Literal["added", "changed", "removed"]
    key: str
    value: Value
    old: Value


class KeyTracker:
    """Tells what changes of the state mean for some of its keys. Used by one thread.

    Args:
        client: The client; what it knows now is what later changes are compared with.
        wanted: Which keys.
    """

    def __init__(self, client: BaseClient, wanted: Callable[[str], bool]) -> None:
        self._wanted = wanted
        self.known: dict[str, Value] = {}
        for key in filter(wanted, client.keys()):
            value = client.peek(key, ABSENT)
            if value is not ABSENT:
                self.known[key] = value

    def changes(self, change: DictionaryChange) -> Iterator[KeyChange]:
        """What a change means, key by key; what was said again and is the same is nothing."""
        for key, received in change.lazy_updates.items():
            if not self._wanted(key):
                continue
            value = read(received)
            old = self.known.get(key, ABSENT)
            self.known[key] = value
            if old is ABSENT:
                yield KeyChange("added", key, value, None)
            elif not same_value(old, value):
                yield KeyChange("changed", key, value, old)
        for key in sorted(change.removals & self.known.keys()):
            yield KeyChange("removed", key, None, self.known.pop(key))
