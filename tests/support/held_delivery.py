"""Holds up what a connection has to say to widgets, for tests of what comes too late."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from nanover_jupyter import Connection
from nanover_jupyter.traits.dispatcher import MainThreadDispatcher


@contextmanager
def connection_held_up(connection: Connection) -> Iterator[Callable[[], None]]:
    """While the block runs, until what it is given is called; that returns when all was said."""
    delivery = MainThreadDispatcher.of(connection)
    held, gate = threading.Event(), threading.Event()
    delivery.post(lambda: (held.set(), gate.wait(10)))
    assert held.wait(10)

    def let_go() -> None:
        said = threading.Event()
        delivery.post(said.set)
        gate.set()
        assert said.wait(10)

    try:
        yield let_go
    finally:
        gate.set()
