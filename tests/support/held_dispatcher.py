"""Blocks the dispatcher of a connection, for tests of late notifications."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from nanover_jupyter import Connection
from nanover_jupyter.traits.dispatcher import MainThreadDispatcher


@contextmanager
def hold_dispatcher(connection: Connection) -> Iterator[Callable[[], None]]:
    """Block the dispatcher; yield a function that unblocks it and waits for pending calls."""
    dispatcher = MainThreadDispatcher.of(connection)
    held, gate = threading.Event(), threading.Event()
    dispatcher.post(lambda: (held.set(), gate.wait(10)))
    assert held.wait(10)

    def release() -> None:
        done = threading.Event()
        dispatcher.post(done.set)
        gate.set()
        assert done.wait(10)

    try:
        yield release
    finally:
        gate.set()
