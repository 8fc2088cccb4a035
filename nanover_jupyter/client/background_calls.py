"""Blocking calls that somebody else should wait for."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from nanover_jupyter.transport.threads import Daemon

__all__ = ["BoundedExecutor"]

logger = logging.getLogger("nanover_jupyter.client")


class BoundedExecutor:
    """Runs calls on daemon threads named `nanover-call`, a bounded number at once.

    Not a ThreadPoolExecutor: the interpreter joins its threads on leaving, so one
    command that never answers would keep a kernel from shutting down.
    """

    def __init__(self, limit: int = 32) -> None:
        self._slots = threading.BoundedSemaphore(limit)

    def submit(self, call: Callable[[], object]) -> bool:
        """Start `call`, which handles its own errors; False when all slots are taken."""
        if not self._slots.acquire(blocking=False):
            return False
        try:
            Daemon("nanover-call", lambda: self._run(call)).start()
        except BaseException:
            # Ctrl-C, or no thread to be had: nothing runs that would free the slot.
            self._slots.release()
            raise
        return True

    def _run(self, call: Callable[[], object]) -> None:
        try:
            call()
        except Exception:
            logger.exception("! a call in the background failed")
        finally:
            self._slots.release()
