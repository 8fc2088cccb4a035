"""A server and a client of it, in which nothing happens until a test says so."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from nanover_jupyter.transport.pending import PendingCall
from nanover_jupyter.wire.messages import DictionaryChange


class SlowState:
    """One key of a server, and the little of a client that a KeySync asks of one.

    A write goes through `arrive` (it reaches the server, which applies or refuses it) and
    `answer` (the answer reaches us); what the server has comes with `broadcast`. In
    between stands whatever the test puts there.
    """

    interval = 0.0
    status = SimpleNamespace(state="connected")

    def __init__(self, *, acknowledges: bool = True) -> None:
        self.capabilities = SimpleNamespace(acknowledged_updates=acknowledges)
        self.there: Any = ABSENT
        self.is_locked = False
        self.writes = 0
        self._here: Any = ABSENT
        self._on_their_way: deque[tuple[DictionaryChange, PendingCall[bool]]] = deque()
        self._answers: deque[tuple[PendingCall[bool], bool]] = deque()

    # what a KeySync asks ----------------------------------------------------------

    def peek(self, _key: str, default: Any) -> Any:
        return default if self._here is ABSENT else self._here

    def update_state_async(self, change: DictionaryChange) -> PendingCall[bool]:
        self.writes += 1
        call: PendingCall[bool] = PendingCall(lambda: None)
        self._on_their_way.append((change, call))
        if not self.capabilities.acknowledged_updates:
            call.settle(lambda: True)
        return call

    # what happens -----------------------------------------------------------------

    def arrive(self) -> None:
        """The oldest write reaches the server."""
        if not self._on_their_way:
            return
        change, call = self._on_their_way.popleft()
        granted = not self.is_locked or call.done()
        if granted:
            self.there = next(iter(change.updates.values()), ABSENT)
        if not call.done():
            self._answers.append((call, granted))

    def answer(self) -> None:
        """The oldest answer reaches us."""
        if self._answers:
            call, granted = self._answers.popleft()
            call.settle(lambda: granted)

    def hear(self) -> None:
        """The state as it is there now reaches us; to be followed by `changed`."""
        self._here = self.there


class Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = Absent()


class ManualDispatcher:
    """A dispatcher that runs calls at once, and delayed calls on request."""

    def __init__(self) -> None:
        self.later: list[Callable[[], object]] = []

    def post(self, call: Callable[[], object]) -> None:
        call()

    def post_later(self, _seconds: float, call: Callable[[], object]) -> None:
        self.later.append(call)

    def run_later(self) -> None:
        later, self.later = self.later, []
        for call in later:
            call()
