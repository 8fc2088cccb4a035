"""Objects of which each client has one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from nanover_jupyter.client.base_client import BaseClient

__all__ = ["PerClient"]

Made = TypeVar("Made")


class PerClient(Generic[Made]):
    """A registry of objects by client, each made when it is first needed.

    Does not keep clients alive. The objects must not either: refer to the client weakly.

    Args:
        make: Makes the object of a client.
    """

    def __init__(self, make: Callable[[BaseClient], Made]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._objects: WeakKeyDictionary[BaseClient, Made] = WeakKeyDictionary()

    def get(self, client: BaseClient) -> Made:
        """Return the object of a client."""
        with self._lock:
            known = self._objects.get(client)
            if known is None:
                known = self._objects[client] = self._make(client)
            return known
