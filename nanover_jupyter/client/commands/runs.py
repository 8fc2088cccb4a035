"""Runs of commands through one connection: running ones, and the last finished ones."""

from __future__ import annotations

import math
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Protocol

from nanover_jupyter.client.commands.effects import Effects, EffectTracker
from nanover_jupyter.client.listeners import Listeners, Unsubscribe, WeakCallback
from nanover_jupyter.client.locks.table import LeaseTable
from nanover_jupyter.errors import NanoverJupyterError
from nanover_jupyter.transport.pending import PendingCall
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import Value, normalize

__all__ = [
    "MAX_FINISHED_RUNS",
    "CommandClient",
    "CommandRuns",
    "Run",
    "progress_key",
    "read_progress",
]

RunState = Literal["running", "done", "failed", "cancelled"]

MAX_FINISHED_RUNS: Final = 100
"""How many runs are kept after they finished."""

# Drop old runs in batches of this size: views reload the list each time.
_DROP_BATCH: Final = 20

_MAX_LARGE_RESULTS: Final = 5
# A result with this many parts and characters is large.
_LARGE: Final = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A snapshot of one run of a command; immutable.

    Args:
        id: Identifies the run.
        name: The command.
        arguments: The arguments that were given.
        state: "cancelled" means that the client stopped waiting; the command may still be
            running on the server.
        began: When, in seconds since 1970.
        seconds: How long the client waited; None while it runs.
        result: The result; None while it runs, or if there is none.
        result_dropped: Whether a large result was discarded to free memory.
        error: The error of a failed run, else None.
        progress: From 0 to 1, if the server publishes it.
        effects: Changes of the state and of our locks; known a second after the end.
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
        """Whether the run has ended."""
        return self.state != "running"


class CommandClient(Protocol):
    """The part of a client that runs commands and reads their effects."""

    @property
    def leases(self) -> LeaseTable:
        """Our locks."""

    def start_command(
        self, name: str, arguments: Mapping[str, object], *, timeout: float | None = None
    ) -> PendingCall[dict[str, Value]]:
        """Start a command."""

    def keys(self) -> list[str]:
        """Return the keys of the shared state."""

    def peek(self, key: str, /) -> Value:
        """Return the value of a key."""

    def on_change(self, callback: Callable[[DictionaryChange], object]) -> Unsubscribe:
        """Call `callback(change)` after every change of the state."""


def progress_key(command: str) -> str:
    """Return the key of the state in which a command publishes its progress."""
    return f"{command.replace('/', '.')}.progress"


def read_progress(value: Value) -> float | None:
    """Return a progress from 0 to 1; None if the value is not a number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        return None
    return min(1.0, max(0.0, float(value)))


@dataclass(slots=True)
class _Entry:
    run: Run
    started_at: float
    progress_key: str
    # Whether the server continues to publish progress after its reply.
    is_continued: bool = False
    has_large_result: bool = False
    call: PendingCall[dict[str, Value]] | None = None
    # Whether the run was cancelled before `call` was set.
    is_cancelled: bool = False
    tracker: EffectTracker | None = None

    @property
    def needs_changes(self) -> bool:
        """Whether changes of the state may still affect the run."""
        return self.tracker is not None or self.is_continued


class CommandRuns:
    """Starts commands and keeps their results for all views of a connection.

    A run is started once: starting another with the same id does nothing. At least
    `MAX_FINISHED_RUNS` finished runs are kept. Callbacks run on any thread: the caller's,
    the transport's, or `nanover-changes`. All methods may be called from any thread.

    Args:
        client: Runs the commands.
        clock: Monotonic seconds.
    """

    def __init__(
        self, client: CommandClient, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._clock = clock
        # Guards the fields below; never held while the client or a listener is called.
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}
        self._unsubscribe: Unsubscribe | None = None
        self._listeners: Listeners[Run | None] = Listeners()

    def runs(self) -> tuple[Run, ...]:
        """Return all runs, newest first."""
        with self._lock:
            return tuple(entry.run for entry in reversed(self._entries.values()))

    def find(self, run_id: str) -> Run | None:
        """Return the run with an id, or None."""
        with self._lock:
            entry = self._entries.get(run_id)
            return None if entry is None else entry.run

    def on_change(self, callback: Callable[[Run | None], object]) -> Unsubscribe:
        """Call `callback(run)` when a run started, progressed or ended.

        The argument is None when runs were removed. The subscription does not keep the
        connection alive.

        Returns:
            A function that ends the subscription.
        """
        return self._listeners.subscribe(callback)

    @staticmethod
    def new_id() -> str:
        """Return a unique id for `start`."""
        return uuid.uuid4().hex

    def start(
        self,
        name: str,
        arguments: Mapping[str, object],
        *,
        run_id: str | None = None,
        progress: str | None = None,
        timeout: float | None = None,
    ) -> PendingCall[dict[str, Value]] | None:
        """Run a command; returns the pending call.

        Args:
            name: The command.
            arguments: Its arguments.
            run_id: The run's id, chosen by the caller.
            progress: The key of the state with the progress, if not the default one.
            timeout: Seconds to wait; the client's `command_timeout` by default.

        Returns:
            None if there is a run with this id.

        Raises:
            NanoverJupyterError: Nothing could be sent. The run is kept as failed.
        """
        entry = self._add(name, arguments, run_id or self.new_id(), progress)
        if entry is None:
            return None
        self._track_effects(entry)
        try:
            call = self._client.start_command(name, arguments, timeout=timeout)
        except NanoverJupyterError as error:
            self._end(entry, "failed", error=error)
            raise
        except BaseException:  # Ctrl-C: without this, the run would never end
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
        """Stop waiting for a run; returns False if it has ended.

        The command may still be running on the server.
        """
        with self._lock:
            entry = self._entries.get(run_id)
            if entry is None or entry.run.is_over:
                return False
            call = entry.call
            if call is None:  # `start` has not set it yet
                entry.is_cancelled = True
                return True
        return call.cancel()

    def forget(self, run_id: str | None = None) -> None:
        """Remove one finished run, or all of them."""
        with self._lock:
            finished = [key for key, entry in self._entries.items() if entry.run.is_over]
            removed = [key for key in finished if run_id in (None, key)]
            for key in removed:
                del self._entries[key]
        if removed:
            self._unsubscribe_if_idle()
            self._listeners.notify(None)

    def tick(self) -> None:
        """Complete effects that are due. Call about once a second while runs are shown."""
        with self._lock:
            due = [
                entry
                for entry in self._entries.values()
                if entry.tracker is not None and entry.tracker.is_over
            ]
        for entry in due:
            self._complete_effects(entry)

    # internals -----------------------------------------------------------------------

    def _add(
        self, name: str, arguments: Mapping[str, object], run_id: str, progress: str | None
    ) -> _Entry | None:
        try:
            shown: Any = normalize(dict(arguments))
        except NanoverJupyterError:
            shown = {key: repr(value)[:200] for key, value in arguments.items()}
        run = Run(id=run_id, name=name, arguments=shown, state="running", began=time.time())
        entry = _Entry(run, self._clock(), progress or progress_key(name))
        with self._lock:
            if run_id in self._entries:
                return None
            self._entries[run_id] = entry
        return entry

    def _drop_old(self) -> None:
        """Remove the oldest finished runs and old large results."""
        with self._lock:
            finished = [key for key, entry in self._entries.items() if entry.run.is_over]
            excess = len(finished) - MAX_FINISHED_RUNS
            removed = finished[:excess] if excess > _DROP_BATCH else []
            for key in removed:
                del self._entries[key]
            large = [entry for entry in self._entries.values() if entry.has_large_result]
            changed = large[: max(0, len(large) - _MAX_LARGE_RESULTS)]
            for entry in changed:
                entry.has_large_result = False
                entry.run = replace(entry.run, result=None, result_dropped=True)
        for entry in changed:
            self._listeners.notify(entry.run)
        if removed:
            self._unsubscribe_if_idle()
            self._listeners.notify(None)

    def _track_effects(self, entry: _Entry) -> None:
        """Subscribe to the state, if this is the first run that needs changes."""
        tracker = EffectTracker(frozenset(self._client.keys()), self._clock, self._client.leases)
        with self._lock:
            entry.tracker = tracker
            is_first = self._unsubscribe is None
            if is_first:
                self._unsubscribe = _subscribing
        if is_first:
            unsubscribe = self._client.on_change(WeakCallback(self._on_state))
            with self._lock:
                self._unsubscribe = unsubscribe

    def _unsubscribe_if_idle(self) -> None:
        with self._lock:
            if any(entry.needs_changes for entry in self._entries.values()):
                return
            unsubscribe, self._unsubscribe = self._unsubscribe, None
        if unsubscribe is not None:
            unsubscribe()

    def _on_state(self, change: DictionaryChange) -> None:
        with self._lock:
            entries = [entry for entry in self._entries.values() if entry.needs_changes]
        for entry in entries:
            if entry.tracker is not None:
                entry.tracker.record(change)
            if entry.progress_key in change.lazy_updates:
                self._set_progress(entry, self._client.peek(entry.progress_key))
            elif entry.progress_key in change.removals:
                entry.is_continued = False
        self.tick()
        self._unsubscribe_if_idle()

    def _set_progress(self, entry: _Entry, value: Value) -> None:
        progress = read_progress(value)
        with self._lock:
            if progress is None or entry.run.progress == progress:
                return
            entry.run = replace(entry.run, progress=progress)
            entry.is_continued = entry.is_continued and progress < 1
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
        progress = result.get("progress")
        if isinstance(progress, str):
            entry.progress_key, entry.is_continued = progress, True
        self._end(entry, "done", result=result, progress=read_progress(progress))

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
                seconds=self._clock() - entry.started_at,
                result=result,
                error=error,
                progress=entry.run.progress if progress is None else progress,
            )
            # The call refers to the result and would keep it alive.
            entry.call = None
            entry.has_large_result = _is_large(result)
            tracker = entry.tracker
        if tracker is not None:
            tracker.on_run_ended()
        self._listeners.notify(entry.run)
        self._drop_old()

    def _complete_effects(self, entry: _Entry) -> None:
        with self._lock:
            tracker, entry.tracker = entry.tracker, None
            if tracker is None:
                return
            entry.run = replace(entry.run, effects=tracker.effects())
        self._unsubscribe_if_idle()
        self._listeners.notify(entry.run)


def _is_large(value: Value) -> bool:
    """Return whether a value has many parts or characters, without visiting all of them."""
    left = _LARGE
    pending: list[Value] = [value]
    while pending and left > 0:
        part = pending.pop()
        left -= 1
        if isinstance(part, str):
            left -= len(part)
        elif isinstance(part, list):
            if len(part) > left:
                return True
            pending += part
        elif isinstance(part, dict):
            if len(part) > left:
                return True
            left -= sum(map(len, part))
            pending += part.values()
    return left <= 0


def _subscribing() -> None:
    """Placeholder for the function that ends a subscription while it is being made."""
