"""What every client does, whatever carries its messages."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from typing import Final, Self

from nanover_jupyter.client.change_feed import ChangeCallback, ChangeFeed
from nanover_jupyter.client.leases import LeaseBook
from nanover_jupyter.client.listeners import Listeners, Unsubscribe
from nanover_jupyter.client.mirror import MirrorHealth, StateMirror
from nanover_jupyter.client.status import ConnectionState, Status
from nanover_jupyter.errors import InvalidValue, NanoverJupyterError, NotSupported
from nanover_jupyter.transport.base import Transport
from nanover_jupyter.transport.pending import PendingCall
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.messages import Capabilities, DictionaryChange, LockRequest
from nanover_jupyter.wire.values import Value

__all__ = ["DEFAULT_INTERVAL", "ClientCore"]

DEFAULT_INTERVAL: Final = 1 / 30
_RELEASE_SECONDS = 1.0


class _Run:
    """Hears one run of the subscription, and passes on with it which run it was.

    What a run says that has been replaced by another does not count.
    """

    def __init__(
        self,
        on_change: Callable[[_Run, DictionaryChange], None],
        on_closed: Callable[[_Run, NanoverJupyterError | None], None],
    ) -> None:
        self._on_change = on_change
        self._on_closed = on_closed
        self.first = True

    def on_change(self, change: DictionaryChange) -> None:
        self._on_change(self, change)

    def on_closed(self, reason: NanoverJupyterError | None) -> None:
        self._on_closed(self, reason)


class ClientCore:
    """State, commands and locks of one server over any transport.

    Blocking calls may be made from any thread and end after `call_timeout` seconds
    (`command_timeout` for commands) with TimedOut; None waits for ever. Threads: the
    transport's reader, and `nanover-changes` from the first `on_change` on; both end
    with `close`.
    """

    def __init__(self, transport: Transport) -> None:
        self.call_timeout: float | None = 20.0
        self.command_timeout: float | None = 600.0
        # The Connection that keeps this client alive, if one does; set by it.
        self.keeper: object | None = None
        self._transport = transport
        self._mirror = StateMirror()
        self._feed = ChangeFeed()
        self._leases = LeaseBook()
        self._status_listeners: Listeners[Status] = Listeners()
        self._command_listeners: Listeners[()] = Listeners()
        # Guards the fields below; never held during a call to the server or a callback.
        self._guard = threading.Lock()
        self._commands: dict[str, CommandInfo] = {}
        self._run: _Run | None = None
        self._interval = DEFAULT_INTERVAL
        self._status = Status("connecting", "", 0, time.monotonic())
        self._heard_at = self._status.since
        # Held while a change arrives: `follow` may find the state empty, on another
        # thread, in the moment when the reader brings what is in it after all.
        self._arrival = threading.Lock()
        # Set when the state of the current run is known, be it empty.
        self._synced = threading.Event()

    # what is known ---------------------------------------------------------------

    @property
    def address(self) -> str:
        """Where the server is."""
        return self._transport.address

    @property
    def capabilities(self) -> Capabilities:
        """What servers of this kind can do."""
        return self._transport.capabilities

    @property
    def status(self) -> Status:
        """Where the connection stands."""
        return self._status

    @property
    def health(self) -> MirrorHealth:
        """How live the copy of the state is."""
        return self._mirror.health()

    @property
    def leases(self) -> LeaseBook:
        """The locks that went through this client."""
        return self._leases

    @property
    def available_commands(self) -> dict[str, CommandInfo]:
        """The commands by name, as `update_available_commands` last found them."""
        with self._guard:
            return dict(self._commands)

    def copy_state(self) -> dict[str, Value]:
        """A deep copy of the shared state as last heard; still there after `close`."""
        return self._mirror.copy()

    def lock_state(self) -> AbstractContextManager[dict[str, Value]]:
        """Hold the local copy still: `with client.lock_state() as state: ...`.

        Updates from the server wait until the block ends. This locks nothing on the
        server (see `attempt_update_locks`). The dict is one's own; the values in it are
        shared, and not to be altered.
        """
        return self._mirror.lock()

    def snapshot(self) -> dict[str, Value]:
        """The state as a dict of one's own with shared values, for readers in a hurry."""
        return self._mirror.snapshot()

    def keys(self) -> list[str]:
        """The keys of the state, without looking at any value."""
        return self._mirror.keys()

    def peek(self, key: str, default: Value = None) -> Value:
        """The value of one key, shared: not to be altered."""
        return self._mirror.get(key, default)

    def on_change(self, callback: ChangeCallback) -> Unsubscribe:
        """Call `callback(change)` after every update, on the thread `nanover-changes`.

        A slow callback gets several updates merged into one. Returns what ends it.
        """
        return self._feed.subscribe(callback)

    def on_status(self, callback: Callable[[Status], object]) -> Unsubscribe:
        """Call `callback(status)` after every change of the status, on any thread."""
        return self._status_listeners.subscribe(callback)

    def on_commands(self, callback: Callable[[], object]) -> Unsubscribe:
        """Call `callback()` when the list of commands was fetched and had changed."""
        return self._command_listeners.subscribe(callback)

    # what can be done ------------------------------------------------------------

    def subscribe_all_state_updates(self, interval: float = DEFAULT_INTERVAL) -> None:
        """Follow the shared state in the background; returns at once.

        Does nothing while a subscription runs.

        Args:
            interval: Seconds between updates at the least; 0 takes them as they come.

        Raises:
            ClosedError: The client was closed.
        """
        with self._guard:
            if self._run is not None:
                return
            self._interval = interval
            run = self._run = _Run(self._on_change, self._on_closed)
            self._synced.clear()
        try:
            self._transport.start(run, interval)
        except NanoverJupyterError:
            with self._guard:
                self._run = None
            raise

    def update_available_commands(self) -> dict[str, CommandInfo]:
        """Ask the server for its commands and return them by name.

        Raises:
            NanoverJupyterError: ConnectError, ConnectionLost, TimedOut or ClosedError.
        """
        return self._fetch_commands(self.call_timeout)

    def run_command(self, name: str, /, **arguments: object) -> dict[str, Value]:
        """Run a command on the server and wait for its result ({} if it has none).

        Args:
            name: The command's name.
            **arguments: Replace or extend the command's default arguments.

        Raises:
            CommandFailed: The server refused it or it ended in an error.
            InvalidValue: An argument that cannot be sent; nothing was.
            NanoverJupyterError: ConnectError, ConnectionLost, TimedOut or ClosedError.
        """
        return self._transport.run_command(name, arguments, self.command_timeout)

    def attempt_update_state(self, change: DictionaryChange) -> bool:
        """Change the shared state, all of it or nothing, and wait for the answer.

        Returns:
            False when another client holds a lock on one of the keys.

        Raises:
            InvalidValue: (a TypeError) A value that cannot be sent; nothing was.
            NanoverJupyterError: ConnectError, ConnectionLost, TimedOut, ServerFailed
                (the server may then have changed its state) or ClosedError.
        """
        return self._transport.update_state(change, self.call_timeout)

    def attempt_update_locks(self, update: Mapping[str, float | None]) -> bool:
        """Take, renew or give back locks on keys, all of them or none.

        Args:
            update: Seconds from now by key; None gives the key back.

        Returns:
            False when another client holds one of the wanted keys; then nothing in
            `update` was done, releases included.

        Raises:
            NotSupported: Servers of this kind have no locks; nothing was sent.
            InvalidValue: (a TypeError) A duration that is no number; nothing was sent.
            NanoverJupyterError: ConnectError, ConnectionLost, TimedOut or ClosedError.
        """
        if not self.capabilities.locks:
            raise NotSupported("locks", self.capabilities.transport)
        request = LockRequest.from_durations(update)
        longest = _longest(request)
        self._leases.pending(request.acquire, longest)
        asked_at = self._leases.clock()
        try:
            granted = self._transport.update_locks(request, self.call_timeout)
        except InvalidValue:
            self._leases.withdrawn(request.acquire)
            raise
        except BaseException as error:
            self._leases.failed(request.acquire, str(error) or type(error).__name__)
            raise
        if granted:
            self._leases.granted(request.acquire, asked_at)
            self._leases.released(request.release)
        else:
            self._leases.refused(request.acquire, longest)
        return granted

    def run_command_async(self, name: str, /, **arguments: object) -> PendingCall[dict[str, Value]]:
        """As `run_command`, without waiting: returns a future that can be awaited or cancelled.

            reply = await client.run_command_async("user/checkpoint")

        Raises:
            InvalidValue: An argument that cannot be sent; nothing was. All other errors
                are the future's.
        """
        return self._transport.start_command(name, arguments, self.command_timeout)

    def update_state_async(self, change: DictionaryChange) -> PendingCall[bool]:
        """As `attempt_update_state`, without waiting: returns a future.

        Raises:
            InvalidValue: A value that cannot be sent; nothing was. All other errors are
                the future's.
        """
        return self._transport.start_update(change, self.call_timeout)

    def close(self) -> None:
        """End the subscription, give back the locks we hold, end all threads. Idempotent."""
        with self._guard:
            if self._status.state == "closed":
                return
        self._give_back_locks()
        self._set_status("closed", "it was closed here")
        self._transport.close()
        self._feed.close()
        self._synced.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # for the keeper of the connection ----------------------------------------------

    def probe(self, timeout: float | None) -> None:
        """Make sure that the server answers, and learn its commands.

        Raises:
            NanoverJupyterError: It does not.
        """
        self._fetch_commands(timeout)

    def retrying(self, attempt: int, reason: str) -> None:
        """Say that the lost connection is tried for the `attempt`th time."""
        self._set_status("lost", reason, attempt)

    def prove_locks(self) -> None:
        """Ask again for the locks that we hold, for the time that they have left.

        A server that was away may be another one, which knows nothing of them. Each is
        asked for alone, so that one that is taken costs no other.

        Raises:
            NanoverJupyterError: The server went away again.
        """
        for lease in self._leases.leases():
            asked_at = self._leases.clock()
            left = lease.left(asked_at)
            if not left:
                continue
            if self._transport.update_locks(LockRequest({lease.key: left}), self.call_timeout):
                self._leases.proven(lease.key, left, asked_at)
            else:
                self._leases.taken(lease.key)

    @property
    def heard_at(self) -> float:
        """When the server last said anything, in monotonic seconds."""
        return self._heard_at

    def give_up(self, reason: str) -> None:
        """Call the connection lost, although its stream has not ended."""
        with self._guard:
            self._run = None
        self._set_status("lost", reason)

    def follow(self, grace: float) -> None:
        """Subscribe (again) and wait until the state is known.

        A server without any state sends no first message. When it has answered a
        probe and nothing came for `grace` seconds, its state is empty, and what we
        still hold of an earlier server must go.
        """
        self.subscribe_all_state_updates(self._interval)
        if not self._synced.wait(grace):
            with self._guard:
                run = self._run
            if run is not None:
                self._on_change(run, DictionaryChange())
        with self._guard:
            lost = self._run is None
        if not lost:
            self._set_status("connected")

    # called by the transport's reader --------------------------------------------

    def _on_change(self, run: _Run, change: DictionaryChange) -> None:
        with self._arrival:
            with self._guard:
                if run is not self._run:
                    return
                first, run.first = run.first, False
            self._heard_at = time.monotonic()
            if first:
                changed = self._mirror.replace(change.unread_updates)
            else:
                changed = change
                self._mirror.apply(change)
            if changed:
                self._feed.publish(changed)
        if first:
            self._synced.set()
            self._set_status("connected")

    def _on_closed(self, run: _Run, reason: NanoverJupyterError | None) -> None:
        with self._guard:
            if run is not self._run:
                return
            # Together, or a run that is started in between would be called lost.
            self._run = None
            why = "" if reason is None else getattr(reason, "reason", "") or str(reason)
            status = None if reason is None else self._next_status("lost", why, 0)
        self._synced.set()
        if status is not None:
            self._status_listeners.notify(status)

    # inside -----------------------------------------------------------------------

    def _fetch_commands(self, timeout: float | None) -> dict[str, CommandInfo]:
        found = {command.name: command for command in self._transport.list_commands(timeout)}
        self._heard_at = time.monotonic()
        with self._guard:
            changed = found != self._commands
            self._commands = found
        if changed:
            self._command_listeners.notify()
        return dict(found)

    def _set_status(self, state: ConnectionState, reason: str = "", attempt: int = 0) -> None:
        with self._guard:
            status = self._next_status(state, reason, attempt)
        if status is not None:
            self._status_listeners.notify(status)

    def _next_status(self, state: ConnectionState, reason: str, attempt: int) -> Status | None:
        """Set the status; None if nothing changed. The caller holds the guard."""
        old = self._status
        if old.state == "closed" or (old.state, old.reason, old.attempt) == (
            state,
            reason,
            attempt,
        ):
            return None
        since = old.since if state == old.state else time.monotonic()
        self._status = Status(state, reason, attempt, since)
        return self._status

    def _give_back_locks(self) -> None:
        held = self._leases.held_keys()
        if not held or self._status.state == "lost":
            return
        try:
            release = LockRequest({}, frozenset(held))
            self._transport.update_locks(release, _RELEASE_SECONDS)
        except NanoverJupyterError:
            return  # they end by their own time
        self._leases.released(held)


def _longest(request: LockRequest) -> float:
    # Not checked yet: what is no duration will be refused in a moment.
    wanted: Mapping[str, object] = request.acquire
    longest = 0.0
    for seconds in wanted.values():
        with suppress(TypeError, ValueError, OverflowError):
            longest = max(longest, float(seconds))  # type: ignore[arg-type]
    return longest
