"""The runs of commands through one connection: those under way, and the last that ended."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Protocol

from nanover_jupyter.client.commands.effects import Effects, EffectWatch
from nanover_jupyter.client.commands.progress import progress_key, read_progress
from nanover_jupyter.client.listeners import Listeners, Unsubscribe, WeakCallback
from nanover_jupyter.client.locks.table import LeaseTable
from nanover_jupyter.errors import NanoverJupyterError
from nanover_jupyter.transport.pending import PendingCall
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import Value, normalise

__all__ = ["MOST_RUNS", "CommandRuns", "Run", "RunsCommands"]

logger = logging.getLogger("nanover_jupyter.client")

RunState = Literal["running", "done", "failed", "cancelled"]

MOST_RUNS: Final = 100
"""Runs that are remembered after they ended."""

# The oldest are forgotten once there are so many more, together: who shows runs hears of
# it by hearing all of them anew.
_SPARE: Final = 20

_MOST_LARGE_RESULTS: Final = 5
# Parts and characters from which on a result is large.
_LARGE: Final = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a command as it stands; never changes.

    Args:
        id: Its name in the book.
        name: The command.
        arguments: As they were given.
        state: "cancelled" means that nobody waits any more; the server may go on.
        began: When, in seconds since 1970.
        seconds: How long the client waited; None while it runs.
        result: What came back; None before, and where nothing did.
        result_dropped: Whether a large result was let go for younger ones.
        error: Why it failed, in our own error; None otherwise.
        progress: From 0 to 1, as far as the server tells.
        effects: What changed in the state and of our locks, known a second after the end.
    """

    id: str
    name: str
    arguments: Mapping[str, Value]
    state: RunState
    began: float
    seconds: float | None = None
    result: Value = None
    result_dropped: bool = False
    error: Exception | None = None
    progress: float | None = None
    effects: Effects | None = None

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.state != "running"


class RunsCommands(Protocol):
    """The part of a client that the book needs."""

    @property
    def leases(self) -> LeaseTable:
        """Our locks."""

    def run_command_async(self, name: str, /, **arguments: object) -> PendingCall[dict[str, Value]]:
        """Start a command."""

    def keys(self) -> list[str]:
        """The keys of the shared state."""

    def peek(self, key: str, /) -> Value:
        """The value of one of them."""

    def on_change(self, callback: Callable[[DictionaryChange], object]) -> Unsubscribe:
        """Tell of changes until what is returned is called."""


@dataclass(slots=True)
class _Entry:
    run: Run
    begun: float
    progress_key: str
    # Whether the progress goes on being told after the answer came.
    works_on: bool = False
    is_large: bool = False
    call: PendingCall[dict[str, Value]] | None = None
    # Whether it was cancelled before there was a call.
    is_cancelled: bool = False
    watch: EffectWatch | None = None

    @property
    def is_watched(self) -> bool:
        """Whether changes of the state may still say something of it."""
        return self.watch is not None or self.works_on


class CommandRuns:
    """Starts commands and keeps what became of them, for everybody who shows it.

    A run is started once: asking again under the same id starts nothing. Ended runs
    stay until there are `MOST_RUNS` younger ones, or some more. Callbacks come on any thread: that
    of the caller, the transport's, or `nanover-changes`. All methods may be called
    from any thread.

    Args:
        client: Runs the commands.
        clock: Monotonic seconds.
    """

    def __init__(
        self, client: RunsCommands, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._clock = clock
        # Guards what is below; never held while the client or a listener is called.
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}
        self._unsubscribe: Unsubscribe | None = None
        self._listeners: Listeners[Run | None] = Listeners()

    def runs(self) -> tuple[Run, ...]:
        """All runs, the newest first."""
        with self._lock:
            return tuple(entry.run for entry in reversed(self._entries.values()))

    def find(self, run_id: str) -> Run | None:
        """The run of that id."""
        with self._lock:
            entry = self._entries.get(run_id)
            return None if entry is None else entry.run

    def on_change(self, callback: Callable[[Run | None], object]) -> Unsubscribe:
        """Call `callback(run)` when a run began, moved on or ended; None: some were forgotten.

        Returns what ends it. This does not keep the connection: keep that as well.
        """
        return self._listeners.subscribe(callback)

    @staticmethod
    def new_id() -> str:
        """An id that no run has, for `start`."""
        return uuid.uuid4().hex

    def start(
        self,
        name: str,
        arguments: Mapping[str, object],
        *,
        run_id: str | None = None,
        progress: str | None = None,
    ) -> PendingCall[dict[str, Value]] | None:
        """Run a command; returns the call to wait for, or cancel.

        Args:
            name: The command.
            arguments: Its arguments.
            run_id: The run's id, chosen by who asks; one that is known starts nothing.
            progress: The key of the state that tells how far it is, if not the usual one.

        Returns:
            None where the id is known already.

        Raises:
            NanoverJupyterError: Nothing could be sent; the run is in the book, as failed.
        """
        entry = self._enter(name, arguments, run_id or self.new_id(), progress)
        if entry is None:
            return None
        self._follow_state(entry)
        try:
            call = self._client.run_command_async(name, **arguments)
        except NanoverJupyterError as error:
            self._end(entry, "failed", error=error)
            raise
        except BaseException:  # Ctrl-C: nobody would ever say that it is over
            self._end(entry, "cancelled")
            raise
        with self._lock:
            entry.call = call
            is_cancelled = entry.is_cancelled
        self._listeners.notify(entry.run)
        call.add_done_callback(lambda _: self._on_done(entry, call))
        if is_cancelled:
            call.cancel()
        return call

    def cancel(self, run_id: str) -> bool:
        """Stop waiting for a run; False when it is over. The server may go on."""
        with self._lock:
            entry = self._entries.get(run_id)
            if entry is None or entry.run.is_over:
                return False
            call = entry.call
            if call is None:  # `start` is about to get it
                entry.is_cancelled = True
                return True
        return call.cancel()

    def forget(self, run_id: str | None = None) -> None:
        """Forget one run that is over, or all of them."""
        with self._lock:
            over = [key for key, entry in self._entries.items() if entry.run.is_over]
            doomed = [key for key in over if run_id in (None, key)]
            for key in doomed:
                del self._entries[key]
        if doomed:
            self._stop_if_idle()
            self._listeners.notify(None)

    def tick(self) -> None:
        """Finish what ends by the clock; to be called about once a second by who shows it."""
        with self._lock:
            due = [
                entry
                for entry in self._entries.values()
                if entry.watch is not None and entry.watch.is_over
            ]
        for entry in due:
            self._settle_effects(entry)

    # inside -----------------------------------------------------------------------

    def _enter(
        self, name: str, arguments: Mapping[str, object], run_id: str, progress: str | None
    ) -> _Entry | None:
        try:
            kept: Any = normalise(dict(arguments))
        except NanoverJupyterError:
            # What cannot be sent is shown by its words.
            kept = {key: repr(value)[:200] for key, value in arguments.items()}
        run = Run(id=run_id, name=name, arguments=kept, state="running", began=time.time())
        entry = _Entry(run, self._clock(), progress or progress_key(name))
        with self._lock:
            if run_id in self._entries:
                return None
            self._entries[run_id] = entry
        return entry

    def _prune(self) -> None:
        """Forget the oldest that ended, and large results of old ones; tell of both."""
        with self._lock:
            over = [key for key, entry in self._entries.items() if entry.run.is_over]
            doomed = over[: len(over) - MOST_RUNS] if len(over) > MOST_RUNS + _SPARE else []
            for key in doomed:
                del self._entries[key]
            large = [entry for entry in self._entries.values() if entry.is_large]
            lightened = large[: max(0, len(large) - _MOST_LARGE_RESULTS)]
            for entry in lightened:
                entry.is_large = False
                entry.run = replace(entry.run, result=None, result_dropped=True)
        for entry in lightened:
            self._listeners.notify(entry.run)
        if doomed:
            self._stop_if_idle()
            self._listeners.notify(None)

    def _follow_state(self, entry: _Entry) -> None:
        """Listen to the state while any run is watched."""
        watch = EffectWatch(frozenset(self._client.keys()), self._clock, self._client.leases)
        with self._lock:
            entry.watch = watch
            needed = self._unsubscribe is None
            if needed:
                self._unsubscribe = _nothing
        if needed:
            unsubscribe = self._client.on_change(WeakCallback(self._on_state))
            with self._lock:
                self._unsubscribe = unsubscribe

    def _stop_if_idle(self) -> None:
        """Listen to the state no longer, if no run is watched."""
        with self._lock:
            if any(entry.is_watched for entry in self._entries.values()):
                return
            unsubscribe, self._unsubscribe = self._unsubscribe, None
        if unsubscribe is not None:
            unsubscribe()

    def _on_state(self, change: DictionaryChange) -> None:
        with self._lock:
            watched = [entry for entry in self._entries.values() if entry.is_watched]
        for entry in watched:
            if entry.watch is not None:
                entry.watch.take(change)
            if entry.progress_key in change.unread_updates:
                self._move_on(entry, self._client.peek(entry.progress_key))
            elif entry.progress_key in change.removals:
                entry.works_on = False
        self.tick()
        self._stop_if_idle()

    def _move_on(self, entry: _Entry, told: Value) -> None:
        progress = read_progress(told)
        with self._lock:
            if progress is None or entry.run.progress == progress:
                return
            entry.run = replace(entry.run, progress=progress)
            entry.works_on = entry.works_on and progress < 1
        self._listeners.notify(entry.run)

    def _on_done(self, entry: _Entry, call: PendingCall[dict[str, Value]]) -> None:
        if call.cancelled():
            self._end(entry, "cancelled")
            return
        error = call.exception()
        if error is not None:
            self._end(entry, "failed", error=error if isinstance(error, Exception) else None)
            return
        result = call.result()
        followed = result.get("progress")
        if isinstance(followed, str):
            entry.progress_key, entry.works_on = followed, True
        self._end(entry, "done", result=result, progress=read_progress(followed))

    def _end(
        self,
        entry: _Entry,
        state: RunState,
        *,
        result: Value = None,
        error: Exception | None = None,
        progress: float | None = None,
    ) -> None:
        with self._lock:
            entry.run = replace(
                entry.run,
                state=state,
                seconds=self._clock() - entry.begun,
                result=result,
                error=error,
                progress=entry.run.progress if progress is None else progress,
            )
            # It has the result too, and would keep it for as long as the run is remembered.
            entry.call = None
            entry.is_large = _is_large(result)
            watch = entry.watch
        if watch is not None:
            watch.run_ended()
        self._listeners.notify(entry.run)
        self._prune()

    def _settle_effects(self, entry: _Entry) -> None:
        with self._lock:
            watch, entry.watch = entry.watch, None
            if watch is None:
                return
            entry.run = replace(entry.run, effects=watch.effects())
        self._stop_if_idle()
        self._listeners.notify(entry.run)


def _is_large(value: Value) -> bool:
    """Whether a value has many parts or characters, without looking at all of them."""
    left = _LARGE
    waiting: list[Value] = [value]
    while waiting and left > 0:
        part = waiting.pop()
        left -= 1
        if isinstance(part, str):
            left -= len(part)
        elif isinstance(part, list):
            if len(part) > left:
                return True
            waiting += part
        elif isinstance(part, dict):
            if len(part) > left:
                return True
            left -= sum(map(len, part))
            waiting += part.values()
    return left <= 0


def _nothing() -> None:
    """In the place of an unsubscription that is about to come."""
