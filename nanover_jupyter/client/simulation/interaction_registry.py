"""Writes the interactions of one client, and removes them when they end."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Container
from concurrent.futures import Future
from functools import partial
from typing import Any, Final

from nanover_jupyter.client.background_calls import Signal
from nanover_jupyter.errors import ClosedError, NanoverJupyterError, UpdateRefused
from nanover_jupyter.transport.base import Transport
from nanover_jupyter.transport.threads import Daemon
from nanover_jupyter.wire.messages import DictionaryChange

__all__ = ["INTERACTION_PREFIX", "OWNER", "OWNER_PREFIX", "REFRESH_SECONDS", "InteractionRegistry"]

logger = logging.getLogger("nanover_jupyter.client")

INTERACTION_PREFIX: Final = "interaction."
OWNER: Final = "owner.id"
"""The field of an interaction with the ID of its client."""

OWNER_PREFIX: Final = "nanover-jupyter-"
"""What the `owner.id` of interactions of this package begins with."""

REFRESH_SECONDS: Final = 1.0
"""How often the value of an interaction is sent again, as a sign of life for other clients."""

_CLOSE_SECONDS: Final = 1.0
_JOIN_SECONDS: Final = 1.0


class InteractionRegistry:
    """The interactions of a client. Thread-safe.

    Only one write is in flight at a time, because a gRPC server may handle two at once in
    either order. Later values of a key replace those that wait, and a removal that failed is
    sent again. The thread `nanover-interactions` exists from the first interaction until
    `close`. It ends interactions that were collected, and sends the others again, so that
    other clients can distinguish them from those of dead clients. An interaction that the server
    removed has ended, and is not sent again.

    A key may be used again after its interaction has ended, so each interaction has a token.

    Args:
        transport: The transport of the client.
        state: Contains the keys of the shared state, once it is known.
        is_lost: Returns whether the connection is lost.
        call_timeout: Returns the timeout of writes in seconds; None for no limit.

    Attributes:
        owner_id: The `owner.id` of the interactions.
    """

    def __init__(
        self,
        transport: Transport,
        state: Container[str],
        is_lost: Callable[[], bool],
        call_timeout: Callable[[], float | None],
    ) -> None:
        self.owner_id = f"{OWNER_PREFIX}{uuid.uuid4()}"
        self._transport = transport
        self._state = state
        self._is_lost = is_lost
        self._call_timeout = call_timeout
        # Guards the fields below; never held during a write.
        self._guard = threading.Condition()
        self._values: dict[str, dict[str, Any]] = {}
        self._tokens: dict[str, object] = {}
        # Keys that this client removed, until the server has sent their removal back.
        self._removed: set[str] = set()
        self._pending = DictionaryChange()
        self._is_sending = False
        # Why the last write failed; the same problem is logged once, not at every move.
        self._problem = ""
        self._closed = False
        # Filled by finalizers, which must not take a lock.
        self._abandoned: deque[tuple[str, object] | None] = deque()
        self._wake = Signal()
        self._thread = Daemon("nanover-interactions", self._run)
        self._process = os.getpid()

    def new_key(self) -> str:
        """Return a key for a new interaction."""
        return f"{INTERACTION_PREFIX}{uuid.uuid4()}"

    @property
    def keys(self) -> list[str]:
        """The keys of the active interactions."""
        with self._guard:
            return list(self._values)

    def is_active(self, key: str, token: object) -> bool:
        """Return whether an interaction was started and has not ended."""
        with self._guard:
            return key in self._values and self._tokens[key] is token

    def start(self, key: str, value: dict[str, Any], token: object) -> None:
        """Write a new interaction, and wait until the server has it, or until it is sent.

        Raises:
            UpdateRefused: Another client holds a lock on the key.
            NanoverJupyterError: ConnectError, ConnectionLost, TimedOut or ClosedError.
        """
        value = {OWNER: self.owner_id, **value}
        with self._guard:
            if self._closed:
                raise ClosedError(self._transport.address)
            self._values[key] = value
            self._tokens[key] = token
        self._thread.start()
        timeout = self._call_timeout()
        # A new key, so this write cannot overtake another one of the same key.
        call = self._transport.start_update(DictionaryChange({key: value}), timeout)
        # After the transport has connected, so that this runs before it closes at exit.
        atexit.unregister(self._close_at_exit)
        atexit.register(self._close_at_exit)
        if not call.wait(timeout, "starting an interaction"):
            raise UpdateRefused([key])
        self._wake.set()

    def update(self, key: str, value: dict[str, Any], token: object) -> None:
        """Send another value of an active interaction soon; returns at once."""
        value = {OWNER: self.owner_id, **value}
        with self._guard:
            if self._closed or key not in self._values or self._tokens[key] is not token:
                return
            self._values[key] = value
            self._pending.merge(DictionaryChange({key: value}))
        self._send()

    def end(self, key: str, token: object = None) -> None:
        """Remove an interaction; returns at once. Idempotent.

        Args:
            key: Its key.
            token: Its token; None for whichever interaction uses the key.
        """
        with self._guard:
            is_known = key in self._values and token in (None, self._tokens[key])
            if not is_known or self._closed:
                return
            self._forget(key)
            self._removed.add(key)
            self._pending.merge(DictionaryChange(removals=[key]))
        self._send()

    def on_change(self, change: DictionaryChange) -> None:
        """End the interactions that a change of the shared state removed.

        For example a switch of the simulation, in which the atom is another one, or an index
        that is too large, for which NanoVer's server removes all interactions.
        """
        with self._guard:
            if not self._values and not self._removed:
                return
            self._removed.difference_update(change.lazy_updates)
            gone = (change.removals & self._values.keys()) - self._removed
            self._removed.difference_update(change.removals)
            for key in gone:
                self._forget(key)
            # A write in flight may have restored the key since.
            self._pending.merge(DictionaryChange(removals=gone))
        self._send()

    def abandon(self, key: str, token: object) -> None:
        """Remove an interaction soon. For finalizers."""
        self._abandoned.append((key, token))
        self._wake.set()

    def abandon_all(self) -> None:
        """Remove all interactions soon and end the thread. For finalizers."""
        self._abandoned.append(None)
        self._wake.set()

    def _forget(self, key: str) -> None:
        """Stop sending an interaction. Call with the lock."""
        del self._values[key]
        del self._tokens[key]

    def close(self, *, reachable: bool = True) -> None:
        """Remove all interactions, within about a second, and end the thread. Idempotent.

        Args:
            reachable: Whether the server can be reached.
        """
        atexit.unregister(self._close_at_exit)
        deadline = time.monotonic() + _CLOSE_SECONDS
        with self._guard:
            self._closed = True
            left = [*self._values, *self._pending.removals]
            self._values.clear()
            self._tokens.clear()
            self._pending = DictionaryChange()
            # A gRPC server could apply a write in flight after the removal.
            self._guard.wait_for(lambda: not self._is_sending, _CLOSE_SECONDS / 2)
        if left and reachable:
            timeout = max(0.1, deadline - time.monotonic())
            try:
                # This starts no thread, which is impossible at the exit of Python 3.12.
                self._transport.update_state(DictionaryChange(removals=left), timeout)
            except NanoverJupyterError as error:
                logger.warning("! interactions were not ended: %s", error)
        self._wake.set()
        self._thread.join(_JOIN_SECONDS)

    def _close_at_exit(self) -> None:
        """Close when the interpreter exits, but not in a forked child."""
        if self._process == os.getpid():
            self.close()

    # sending --------------------------------------------------------------------------

    def _send(self) -> None:
        """Send what waits, unless a write is in flight; its end calls this again."""
        with self._guard:
            if self._is_sending or not self._pending:
                return
            self._is_sending = True
            change, self._pending = self._pending, DictionaryChange()
        try:
            call = self._transport.start_update(change, self._call_timeout())
        except NanoverJupyterError as error:
            self._finish(str(error), change)
        except BaseException:  # Ctrl-C: nothing else would allow the next write
            self._finish("interrupted", change)
            raise
        else:
            call.add_done_callback(partial(self._on_sent, change))

    def _on_sent(self, change: DictionaryChange, call: Future[bool]) -> None:
        problem = "cancelled"
        if not call.cancelled():
            error = call.exception()
            refused = "another client holds a lock on one of their keys"
            problem = str(error) if error else "" if call.result() else refused
        self._finish(problem, change)

    def _finish(self, problem: str, change: DictionaryChange) -> None:
        with self._guard:
            is_new, self._problem = problem != self._problem, problem
            self._is_sending = False
            if problem and not self._closed:
                # Values are sent again anyway, removals are not.
                failed = DictionaryChange(removals=change.removals - self._values.keys())
                failed.merge(self._pending)
                self._pending = failed
            self._guard.notify_all()
        if not problem:
            self._send()
            return
        if is_new:
            logger.warning("! a change of interactions was not sent: %s", problem)
        self._wake.set()  # the thread sends what is left a little later

    # the thread -----------------------------------------------------------------------

    def _run(self) -> None:
        refresh_at = time.monotonic() + REFRESH_SECONDS
        while not self._closed:
            has_work = bool(self._values or self._pending)
            self._wake.wait(max(0.0, refresh_at - time.monotonic()) if has_work else None)
            while self._abandoned:
                abandoned = self._abandoned.popleft()
                if abandoned is None:
                    self.close()
                    return
                self.end(*abandoned)
            if time.monotonic() >= refresh_at:
                refresh_at = time.monotonic() + REFRESH_SECONDS
                self._refresh()

    def _refresh(self) -> None:
        """Send the values again that are in the shared state, and what could not be sent."""
        if self._is_lost():
            return
        with self._guard:
            waiting, self._pending = self._pending, DictionaryChange()
            for key, value in self._values.items():
                if key in self._state:
                    self._pending.merge(DictionaryChange({key: value}))
            self._pending.merge(waiting)
        self._send()
