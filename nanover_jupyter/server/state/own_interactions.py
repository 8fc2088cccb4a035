"""The interactions that one connection wrote, which end with it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Final

from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import Value, alike

__all__ = ["INTERACTION_PREFIX", "OwnInteractions", "PeerInteractions"]

INTERACTION_PREFIX: Final = "interaction."


class OwnInteractions:
    """The interactions that a connection wrote last. Not thread-safe."""

    def __init__(self) -> None:
        self._values: dict[str, Value] = {}

    def __bool__(self) -> bool:
        return bool(self._values)

    def note(self, change: DictionaryChange) -> None:
        """Remember the values of interactions in a change by the connection."""
        for key in change.removals:
            self._values.pop(key, None)
        for key, value in change.updates.items():
            if key.startswith(INTERACTION_PREFIX) and key not in change.removals:
                self._values[key] = value

    def find(self, state: Mapping[str, Value]) -> set[str]:
        """Return the keys that no other connection has written since."""
        return {
            key for key, value in self._values.items() if key in state and alike(state[key], value)
        }


class PeerInteractions:
    """The interactions of gRPC clients by their network addresses. Thread-safe.

    The calls of a client share one connection, so they come from one address. Its subscription
    is the only call that ends when the client does.
    """

    def __init__(self) -> None:
        # Guards everything below; notified when a peer subscribes.
        self._guard = threading.Condition()
        self._subscriptions: dict[str, int] = {}
        self._interactions: dict[str, OwnInteractions] = {}

    def note(self, peer: str, change: DictionaryChange) -> None:
        """Remember the interactions in a change by a peer that is subscribed."""
        keys = (*change.updates, *change.removals)
        if not any(key.startswith(INTERACTION_PREFIX) for key in keys):
            return
        with self._guard:
            if peer in self._subscriptions:
                self._interactions.setdefault(peer, OwnInteractions()).note(change)

    def open(self, peer: str) -> None:
        """Count a subscription of a peer."""
        with self._guard:
            self._subscriptions[peer] = self._subscriptions.get(peer, 0) + 1
            self._guard.notify_all()

    def close(self, peer: str, grace: float) -> OwnInteractions:
        """Count the end of a subscription; returns what ends with it.

        Args:
            peer: The address of the client.
            grace: Seconds to wait for another subscription of a peer with interactions.
        """
        with self._guard:
            self._subscriptions[peer] -= 1
            if self._subscriptions[peer]:
                return OwnInteractions()
            del self._subscriptions[peer]
            if not self._interactions.get(peer):
                self._interactions.pop(peer, None)
                return OwnInteractions()
            if self._guard.wait_for(lambda: peer in self._subscriptions, grace):
                return OwnInteractions()
            return self._interactions.pop(peer, OwnInteractions())
