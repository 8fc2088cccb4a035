"""The threads that this package started and that still run."""

from __future__ import annotations

import threading


def own_threads() -> list[str]:
    """Their names; every thread of ours has one that begins with `nanover-`."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("nanover-")]
