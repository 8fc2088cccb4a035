"""A key of a server's state that changes all the time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from nanover_jupyter import DictionaryChange, NanoverServer

__all__ = ["counting_up"]


@contextmanager
def counting_up(server: NanoverServer, key: str, *, per_second: float) -> Iterator[None]:
    """Count up a key so often."""
    stop = threading.Event()

    def run() -> None:
        count = 0
        while not stop.wait(1 / per_second):
            count += 1
            server.update_state("test", DictionaryChange({key: float(count)}))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
