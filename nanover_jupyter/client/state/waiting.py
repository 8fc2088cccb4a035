"""Waiting until the shared state is as one wants it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from nanover_jupyter.client.progress_bar import progress
from nanover_jupyter.client.state.live_state import LiveState
from nanover_jupyter.errors import ClosedError, WaitTimedOut
from nanover_jupyter.transport.pending import wait_step
from nanover_jupyter.wire.values import Value

if TYPE_CHECKING:
    from nanover_jupyter.client.base_client import BaseClient

__all__ = ["wait_for_key", "wait_until"]

Found = TypeVar("Found")


def wait_for_key(client: BaseClient, key: str, timeout: float | None) -> Value:
    """Wait until a key is in the state, and return a copy of its value.

    Raises:
        WaitTimedOut: It was not within `timeout` seconds.
        ClosedError: The client was closed.
    """
    value = _wait(client, lambda state: (state[key],), repr(key), timeout)
    return value[0]


def wait_until(
    client: BaseClient, predicate: Callable[[LiveState], Found], timeout: float | None
) -> Found:
    """Wait until `predicate(state)` is true, and return what it returned.

    It is called on this thread, now and after every change. A key that it looks up and
    that is not there yet (a KeyError) means no; what else it raises is passed on.

    Raises:
        WaitTimedOut: It was not within `timeout` seconds.
        ClosedError: The client was closed.
    """
    name = getattr(predicate, "__name__", "")
    what = "the condition" if name in ("", "<lambda>") else f"{name!r} to be true"
    return _wait(client, predicate, what, timeout)


def _wait(
    client: BaseClient,
    look: Callable[[LiveState], Found],
    what: str,
    timeout: float | None,
) -> Found:
    deadline = None if timeout is None else time.monotonic() + timeout
    client.ensure_subscribed()
    state = LiveState(client)
    news = threading.Event()
    unsubscribe = (
        client.on_change(lambda _: news.set()),
        client.on_status(lambda _: news.set()),
    )
    try:
        with progress(f"waiting for {what}", timeout):
            while True:
                news.clear()
                try:
                    found = look(state)
                except KeyError:
                    pass
                else:
                    if found:
                        return found
                if client.status.state == "closed":
                    raise ClosedError(client.address)
                while not news.wait(wait_step(deadline)):
                    if deadline is not None and time.monotonic() >= deadline:
                        raise WaitTimedOut(what, timeout or 0.0, client.status.reason)
    finally:
        for end in unsubscribe:
            end()
