"""Waiting for a condition of the shared state."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from nanover_jupyter.client.progress_bar import progress
from nanover_jupyter.client.state.live_state import LiveState, StateSource
from nanover_jupyter.errors import ClosedError, WaitTimedOut
from nanover_jupyter.transport.pending import wait_step
from nanover_jupyter.wire.values import Value

__all__ = ["wait_for_key", "wait_until"]

Found = TypeVar("Found")


def wait_for_key(client: StateSource, key: str, timeout: float | None) -> Value:
    """Wait until a key is in the state, and return a copy of its value.

    Raises:
        WaitTimedOut: The key was not added within `timeout` seconds.
        ClosedError: The client was closed.
    """
    value = _wait(client, lambda state: (state[key],), repr(key), timeout)
    return value[0]


def wait_until(
    client: StateSource, condition: Callable[[LiveState], Found], timeout: float | None
) -> Found:
    """Wait until `condition(state)` is true, and return its result.

    It is called on this thread, now and after every change. A KeyError means that the
    condition is not met yet; other exceptions are raised.

    Raises:
        WaitTimedOut: The condition was not met within `timeout` seconds.
        ClosedError: The client was closed.
    """
    name = getattr(condition, "__name__", "")
    description = "the condition" if name in ("", "<lambda>") else f"{name!r} to be true"
    return _wait(client, condition, description, timeout)


def _wait(
    client: StateSource,
    condition: Callable[[LiveState], Found],
    description: str,
    timeout: float | None,
) -> Found:
    deadline = None if timeout is None else time.monotonic() + timeout
    client.ensure_subscribed()
    state = LiveState(client)
    changed = threading.Event()
    unsubscribe = (
        client.on_change(lambda _: changed.set()),
        client.on_status(lambda _: changed.set()),
    )
    try:
        with progress(f"waiting for {description}", timeout):
            while True:
                changed.clear()
                try:
                    found = condition(state)
                except KeyError:
                    pass
                else:
                    if found:
                        return found
                if client.status.state == "closed":
                    raise ClosedError(client.address)
                while not changed.wait(wait_step(deadline)):
                    if deadline is not None and time.monotonic() >= deadline:
                        raise WaitTimedOut(description, timeout or 0.0, client.status.reason)
    finally:
        for end in unsubscribe:
            end()
