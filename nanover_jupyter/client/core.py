"""What every client does, whatever carries its messages."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Final, Self

from nanover_jupyter.client.barrier import StateBarrier
from nanover_jupyter.client.change_feed import ChangeCallback, ChangeFeed
from nanover_jupyter.client.editing import Draft, Patience, draft_of, held_state
from nanover_jupyter.client.lease import Lease
from nanover_jupyter.client.leases import LeaseBook
from nanover_jupyter.client.listeners import Listeners, Unsubscribe
from nanover_jupyter.client.locks import DEFAULT_DURATION, DEFAULT_MAX_HOLD, Locks
from nanover_jupyter.client.mirror import MirrorHealth, StateMirror
from nanover_jupyter.client.status import ConnectionState, Status
from nanover_jupyter.errors import ClosedError, ConnectionLost, NanoverJupyterError, TimedOut
from nanover_jupyter.transport.base import Transport
from nanover_jupyter.transport.pending import PendingCall
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.messages import Capabilities, DictionaryChange
from nanover_jupyter.wire.undecoded import Received
from nanover_jupyter.wire.values import Value

__all__ = ["DEFAULT_INTERVAL", "ClientCore"]

DEFAULT_INTERVAL: Final = 1 / 30

_ORPHAN_TIMEOUT: Final = 1.0
_WAS_LOST = "asked for again, as the connection was lost for a while"
_TAKEN_MEANWHILE = "someone else took it while the connection was lost"


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
        self._barrier = StateBarrier()
        # Weak both ways: the thread that renews locks must not keep a client from being
        # collected, and ends with it.
        me = weakref.ref(self)
        self._locks = Locks(transport, call_timeout=lambda: _call_timeout(me()))
        weakref.finalize(self, _abandon, weakref.ref(self._locks)).atexit = False
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
    def interval(self) -> float:
        """Seconds between updates at the least, as the server was asked to keep."""
        return self._interval

    @property
    def health(self) -> MirrorHealth:
        """How live the copy of the state is."""
        return self._mirror.health()

    @property
    def leases(self) -> LeaseBook:
        """The locks that went through this client, as they stand now."""
        return self._locks.book

    @property
    def locks(self) -> Locks:
        """What takes, renews and gives back the locks of this client."""
        return self._locks

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

    def received(self) -> dict[str, Received]:
        """The same without reading a value: some may be `Undecoded`."""
        return self._mirror.received()

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
        return self._locks.attempt_update(update)

    def lock(  # noqa: PLR0913 - choices that most callers leave as they are
        self,
        keys: str | Iterable[str],
        *,
        duration: float = DEFAULT_DURATION,
        wait: bool = False,
        timeout: float | None = None,
        keep: bool = True,
        max_hold: float | None = DEFAULT_MAX_HOLD,
    ) -> Lease:
        """Lock keys, all of them or none, and say whenever the lock cannot be relied on.

            with client.lock("scene") as lease:
                ...

        Args:
            keys: A key or several. They need not exist.
            duration: Seconds that the server keeps the lock without hearing from us, and
                so the longest that it outlives this process.
            wait: Whether to try again, with growing pauses, while someone else holds one.
            timeout: Seconds to try for at the most; implies `wait`.
            keep: Renew it when a third of its duration has gone, whatever the main
                thread does, until it is given back.
            max_hold: Seconds after which it is renewed no more; None for no such cap.

        Raises:
            LockRefused: Someone else holds one of the keys.
            InvalidValue: (a TypeError) A key or a duration that makes no sense.
            NotSupported: Servers of this kind have no locks.
            NanoverJupyterError: ConnectError, ConnectionLost, TimedOut or ClosedError.
        """
        lease = self._locks.lease(keys, duration=duration, keep=keep, max_hold=max_hold)
        return lease.acquire(wait=wait, timeout=timeout)

    def locked(
        self,
        *keys: str,
        duration: float = DEFAULT_DURATION,
        wait: bool = False,
        timeout: float | None = None,
    ) -> AbstractContextManager[dict[str, Value]]:
        """Hold locks for the time of a `with` block, which gets the values under them.

            with client.locked("scene", "selection.root") as state:
                ...

        `state` is a copy of one's own, without keys that do not exist. What it holds is
        what the server has: nobody else can have written the keys since.

        Args:
            *keys: The keys.
            duration: As for `lock`; the locks are kept for as long as the block runs, ten
                minutes at the most.
            wait: As for `lock`.
            timeout: As for `lock`.

        Raises:
            LeaseLost: From the end of the block: the locks were lost inside it.
            NanoverJupyterError: As `lock`, and as `catch_up`.
        """
        lease = self._locks.lease(keys, duration=duration)
        return held_state(self, lease, Patience(wait, timeout))

    def edit(
        self,
        *keys: str,
        duration: float = DEFAULT_DURATION,
        wait: bool = False,
        timeout: float | None = None,
        margin: float = 0.5,
    ) -> AbstractContextManager[Draft]:
        """Lock keys, let a `with` block alter their values, write these back, give back.

            with client.edit("scene") as scene:
                scene.value[7:] = [2.0, 2.0, 2.0]

            with client.edit("suggested.interaction.scale") as scale:
                scale.value = 50.0

            with client.edit("selection.root", "scene") as draft:
                draft["selection.root"]["name"] = "All"
                del draft["scene"]

        What was altered is written in one update, at the end of the block; nothing is
        written when the block ends with an exception.

        Args:
            *keys: The keys; they need not exist.
            duration: As for `locked`.
            wait: As for `lock`.
            timeout: As for `lock`.
            margin: Seconds of the lock that must be left when the values are written.

        Raises:
            LeaseLost: From the end of the block: the locks were lost, or nearly over;
                nothing was written.
            InvalidValue: From the end of the block: a value that cannot be sent.
            NanoverJupyterError: As `lock`, and as `catch_up`.
        """
        lease = self._locks.lease(keys, duration=duration)
        return draft_of(self, lease, Patience(wait, timeout), margin)

    def catch_up(self) -> None:
        """Wait until the copy of the state has all that the server did before this call.

        Follows the state first, if the client does not yet.

        Raises:
            NanoverJupyterError: ConnectError, ConnectionLost, TimedOut or ClosedError.
        """
        self.subscribe_all_state_updates(self._interval)
        key, arrival = self._barrier.mark()
        try:
            self.attempt_update_state(DictionaryChange(removals={key}))
            arrival.result(self.call_timeout)
        except NanoverJupyterError:
            raise
        except TimeoutError as error:
            raise TimedOut("catching up with the state", self.call_timeout or 0.0) from error
        finally:
            self._barrier.forget(key)

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
        self._locks.close(reachable=self._status.state != "lost")
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
        self._locks.prove(_WAS_LOST, _TAKEN_MEANWHILE)

    @property
    def heard_at(self) -> float:
        """When the server last said anything, in monotonic seconds."""
        return self._heard_at

    def give_up(self, reason: str) -> None:
        """Call the connection lost, although its stream has not ended."""
        with self._guard:
            self._run = None
        self._barrier.broken(ConnectionLost(self.address, "following the state", reason))
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
            self._barrier.passed(change)
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
        self._barrier.broken(reason or ClosedError(self.address))
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


def _call_timeout(client: ClientCore | None) -> float | None:
    return _ORPHAN_TIMEOUT if client is None else client.call_timeout


def _abandon(locks: weakref.ref[Locks]) -> None:
    left = locks()
    if left is not None:
        left.abandon()
