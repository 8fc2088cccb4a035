"""Runs blocking calls on background threads."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from nanover_jupyter.transport.threads import Daemon

__all__ = ["BoundedExecutor"]

logger = logging.getLogger("nanover_jupyter.client")


class BoundedExecutor:
    """Runs a bounded number of calls at once, on daemon threads named `nanover-call`.

    Not a ThreadPoolExecutor: the interpreter joins its threads at exit, so a command
    without a reply would keep a kernel from shutting down.
    """

    def __init__(self, limit: int = 32) -> None:
        self._slots = threading.BoundedSemaphore(limit)

    def submit(self, call: Callable[[], object]) -> bool:
        """Start `call()`, which handles its own errors; returns False if all slots are taken."""
        if not self._slots.acquire(blocking=False):
            return False
        try:
            Daemon("nanover-call", lambda: self._run(call)).start()
        except BaseException:
            # Ctrl-C, or no thread could be started: nothing else releases the slot.
            self._slots.release()
            raise
        return True

    def _run(self, call: Callable[[], object]) -> None:
        try:
            call()
        except Exception:
            logger.exception("! a background call failed")
        finally:
            self._slots.release()
