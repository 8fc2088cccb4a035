"""Keeps the list of commands fresh without asking for it all the time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

from nanover_jupyter.client.background_calls import BoundedExecutor
from nanover_jupyter.client.listeners import Listeners, Unsubscribe, WeakCallback
from nanover_jupyter.client.status import Status
from nanover_jupyter.errors import NanoverJupyterError
from nanover_jupyter.wire.command_info import CommandInfo

__all__ = ["CommandPoll", "ListsCommands"]

_SHORTEST: Final = 5.0
_LONGEST: Final = 30.0
_SLOWING: Final = 1.5
# A list of thousands takes its time: at most this part of it is spent on asking.
_SHARE: Final = 0.02


class ListsCommands(Protocol):
    """The part of a client that the poll needs."""

    @property
    def status(self) -> Status:
        """Where the connection stands."""

    @property
    def available_commands(self) -> dict[str, CommandInfo]:
        """The commands by name, as they were last found."""

    def update_available_commands(self) -> dict[str, CommandInfo]:
        """Ask the server for them."""

    def on_status(self, callback: Callable[[Status], object]) -> Unsubscribe:
        """Tell of changes of the status until what is returned is called."""


class CommandPoll:
    """Asks for the commands now and then, for everybody who shows those of one client.

    Nobody is told by a server that its commands changed. While people look, the list is
    asked for after 5 s, and each time that it was the same, later: after 30 s at the
    most. A change, a reconnection or somebody who looks anew makes it 5 s again. A list
    that changed is told by the client; the callbacks here are about errors.

    Methods may be called from any thread; asking is done on `nanover-call`.

    Args:
        client: Asks for the commands.
        calls: Where asking is done.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        client: ListsCommands,
        calls: BoundedExecutor,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._calls = calls
        self._clock = clock
        # Guards what is below; never held while the client or a listener is called.
        self._lock = threading.Lock()
        self._asking = False
        self._asked_at = clock()
        self._pause = _SHORTEST
        self._error: str | None = None
        self._listeners: Listeners[()] = Listeners()
        self._unsubscribe = client.on_status(WeakCallback(self._on_status))

    def close(self) -> None:
        """Follow the client no longer."""
        self._unsubscribe()

    @property
    def error(self) -> str | None:
        """Why the commands could not be listed when last asked for; None if they were."""
        with self._lock:
            return self._error

    def on_error(self, callback: Callable[[], object]) -> Unsubscribe:
        """Call `callback()` when `error` became another, on the thread that asked."""
        return self._listeners.subscribe(callback)

    def look(self) -> None:
        """Somebody looks anew: what is missing or old is asked for."""
        with self._lock:
            self._pause = _SHORTEST
        if self._client.status.state != "closed" and not self._client.available_commands:
            self._submit()
        else:
            self.tick()

    def tick(self) -> None:
        """Ask if it is time to; to be called about once a second while somebody looks."""
        with self._lock:
            due = self._clock() - self._asked_at >= self._pause
        if due and self._client.status.state == "connected":
            self._submit()

    def refresh(self) -> int:
        """Ask now, and return how many there are.

        Raises:
            NanoverJupyterError: They could not be listed.
        """
        before, began = self._client.available_commands, self._clock()
        try:
            found = self._client.update_available_commands()
        except NanoverJupyterError as error:
            self._note(str(error), _SHORTEST)
            raise
        spent = (self._clock() - began) / _SHARE
        with self._lock:
            slower = min(_LONGEST, self._pause * _SLOWING)
        self._note(None, max(spent, slower if found == before else _SHORTEST))
        return len(found)

    def _submit(self) -> None:
        with self._lock:
            if self._asking:
                return
            self._asking = True
        if not self._calls.submit(self._ask):
            self._asked()

    def _ask(self) -> None:
        try:
            self.refresh()
        except NanoverJupyterError:
            pass  # told by `error`
        finally:
            self._asked()

    def _asked(self) -> None:
        with self._lock:
            self._asking = False

    def _note(self, error: str | None, pause: float) -> None:
        with self._lock:
            changed, self._error = error != self._error, error
            self._pause, self._asked_at = pause, self._clock()
        if changed:
            self._listeners.notify()

    def _on_status(self, status: Status) -> None:
        # Who reconnects has asked for the commands; an error of before is over by then.
        if status.state != "connected":
            return
        with self._lock:
            self._pause = _SHORTEST
            failed = self._error is not None
        if failed:
            self._submit()
