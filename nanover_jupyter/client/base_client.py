"""The client API that does not depend on the protocol."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Final, Self, TypeVar, overload

from nanover_jupyter.client.frames.access import FrameAccess
from nanover_jupyter.client.listeners import Listeners, Unsubscribe, WeakCallback
from nanover_jupyter.client.locks.access import LockAccess
from nanover_jupyter.client.locks.manager import LeaseManager
from nanover_jupyter.client.resources import ClientResources
from nanover_jupyter.client.simulation.access import InteractionAccess
from nanover_jupyter.client.simulation.interaction_registry import InteractionRegistry
from nanover_jupyter.client.simulation.selections import Selections
from nanover_jupyter.client.state.change_feed import ChangeCallback
from nanover_jupyter.client.state.changes import ChangeStream
from nanover_jupyter.client.state.live_state import LiveState
from nanover_jupyter.client.state.mirror import MirrorHealth
from nanover_jupyter.client.state.subscription import DEFAULT_INTERVAL, StateSubscription
from nanover_jupyter.client.state.waiting import wait_for_key, wait_until
from nanover_jupyter.client.status import Status
from nanover_jupyter.transport.base import Transport
from nanover_jupyter.transport.pending import PendingCall
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.lazy import MaybeLazy
from nanover_jupyter.wire.messages import Capabilities, DictionaryChange
from nanover_jupyter.wire.values import Absent, Value

__all__ = ["DEFAULT_INTERVAL", "BaseClient"]

Found = TypeVar("Found")

_ORPHAN_TIMEOUT: Final = 1.0


class BaseClient(FrameAccess, InteractionAccess, LockAccess):
    """State, frames, commands and locks of one server over any transport.

    Blocking calls may be made from any thread and raise TimedOut after `call_timeout`
    seconds (`command_timeout` for commands); None disables the timeout. Threads: those of
    the transport, `nanover-changes` after the first `on_change`, and `nanover-frames` after
    the first `on_frame`; all end with `close`.
    """

    def __init__(self, transport: Transport) -> None:
        self.call_timeout: float | None = 20.0
        self.command_timeout: float | None = 600.0
        # The Connection that reconnects this client, if there is one; set by it.
        self.connection: object | None = None
        self._transport = transport
        # Weak in both directions: the thread that renews locks must not keep the client
        # alive, and ends with it.
        me = weakref.ref(self)
        self._stream = StateSubscription(transport)
        LockAccess.__init__(self, transport, self._stream, call_timeout=lambda: _call_timeout(me()))
        weakref.finalize(self, _abandon, weakref.ref(self._locks)).atexit = False
        FrameAccess.__init__(self, transport)
        InteractionAccess.__init__(
            self, transport, self._stream, call_timeout=lambda: _call_timeout(me())
        )
        weakref.finalize(
            self, _abandon_interactions, weakref.ref(self._interactions)
        ).atexit = False
        self.resources = ClientResources(
            transport, self._locks, self._stream, self._frames, self._interactions
        )
        self._command_listeners: Listeners[()] = Listeners()
        # Guards the field below; never held during a call to the server or a callback.
        self._guard = threading.Lock()
        self._commands: dict[str, CommandInfo] = {}

    # status and state ----------------------------------------------------------------

    @property
    def address(self) -> str:
        """The address of the server."""
        return self._transport.address

    @property
    def capabilities(self) -> Capabilities:
        """The features of the server's protocol."""
        return self._transport.capabilities

    @property
    def status(self) -> Status:
        """The status of the connection."""
        return self._stream.status

    @property
    def interval(self) -> float:
        """The requested minimum of seconds between updates."""
        return self._stream.interval

    @property
    def health(self) -> MirrorHealth:
        """The size, age and update rate of the local copy of the state."""
        return self._stream.mirror.health()

    @property
    def selections(self) -> Selections:
        """The selections of atoms of the session, by their keys, as a live mapping.

        client.selections.create("Protein", range(50), renderer="cartoon")
        """
        return Selections(self)

    @property
    def available_commands(self) -> dict[str, CommandInfo]:
        """The commands by name, as `update_available_commands` last fetched them."""
        with self._guard:
            return dict(self._commands)

    def copy_state(self) -> dict[str, Value]:
        """Return a deep copy of the last known shared state, also after `close`."""
        return self._stream.mirror.copy()

    def lock_state(self) -> AbstractContextManager[dict[str, Value]]:
        """Freeze the local copy during a block: `with client.lock_state() as state: ...`.

        Updates from the server wait until the block ends, so keep it short: cooperative locks
        are neither granted nor renewed meanwhile. This locks nothing on the server (see
        `attempt_update_locks`). The dict is a copy; its values are shared, do
        not modify them.
        """
        return self._stream.mirror.lock()

    def snapshot(self) -> dict[str, Value]:
        """Return a shallow copy of the state; faster than `copy_state`.

        The values are shared, do not modify them.
        """
        return self._stream.mirror.snapshot()

    def received(self) -> dict[str, MaybeLazy]:
        """Return a shallow copy of the state without decoding it: values may be `LazyValue`."""
        return self._stream.mirror.received()

    def keys(self) -> list[str]:
        """Return the keys of the state, without decoding any value."""
        return self._stream.mirror.keys()

    @overload
    def peek(self, key: str, default: Value = None) -> Value: ...

    @overload
    def peek(self, key: str, default: Absent) -> Value | Absent: ...

    def peek(self, key: str, default: Value | Absent = None) -> Value | Absent:
        """Return the value of a key. The value is shared, do not modify it."""
        return self._stream.mirror.get(key, default)

    @overload
    def wait_for(self, condition: str, timeout: float | None = 30.0) -> Value: ...

    @overload
    def wait_for(
        self, condition: Callable[[LiveState], Found], timeout: float | None = 30.0
    ) -> Found: ...

    def wait_for(
        self, condition: str | Callable[[LiveState], Found], timeout: float | None = 30.0
    ) -> Value | Found:
        """Wait until a key is in the state, or until `condition(state)` is true.

            name = client.wait_for("simulation.name")
            client.wait_for(lambda state: len(state["selected"]) > 3, timeout=60)

        A function is called on this thread, now and after every change, with the state as
        a read-only mapping; a KeyError means that the condition is not met yet. With tqdm
        installed, a progress bar is shown after two seconds.

        Args:
            condition: A key, or a function.
            timeout: Seconds to wait; None for no limit.

        Returns:
            A copy of the key's value, or the result of the function.

        Raises:
            WaitTimedOut: (a TimedOut) The condition was not met within `timeout`.
            ClosedError: The client was closed.
        """
        if isinstance(condition, str):
            return wait_for_key(self, condition, timeout)
        return wait_until(self, condition, timeout)

    def changes(self, pattern: str = "*") -> ChangeStream:
        """Return an async iterator over future changes of the keys that match a pattern.

            async for change in client.changes("avatar.*"):
                print(change.kind, change.key, change.value)

        Raises:
            ClosedError: The client was closed.
        """
        return ChangeStream(self, pattern)

    def on_change(self, callback: ChangeCallback) -> Unsubscribe:
        """Call `callback(change)` after every update, on the thread `nanover-changes`.

        A slow callback gets several updates merged into one. The subscription keeps the
        client and its Connection alive.

        Returns:
            A function that ends the subscription. A finalizer may call it.
        """
        return self._stream.feed.subscribe(callback, owner=self._owner_for(callback))

    def on_status(self, callback: Callable[[Status], object]) -> Unsubscribe:
        """Call `callback(status)` after every change of the status, on any thread.

        Two threads may change it at once, so the callback gets the current status, possibly
        twice. The subscription keeps the client and its Connection alive.

        Returns:
            A function that ends the subscription. A finalizer may call it.
        """
        stream = self._stream
        return stream.status_listeners.subscribe(
            lambda _: callback(stream.status), owner=self._owner_for(callback)
        )

    def on_closed(self, callback: Callable[[], object]) -> None:
        """Call `callback()` once, after `close` and after all subscribers were notified.

        Runs on the thread that closes the client, or at once if it is closed. Does not keep
        the client alive.
        """
        self.resources.on_closed(callback)

    def on_commands(self, callback: Callable[[], object]) -> Unsubscribe:
        """Call `callback()` when the list of commands was fetched and has changed.

        Does not keep the client alive, unlike `on_change` and `on_status`.

        Returns:
            A function that ends the subscription. A finalizer may call it.
        """
        return self._command_listeners.subscribe(callback)

    # requests ------------------------------------------------------------------------

    def subscribe_all_state_updates(self, interval: float = DEFAULT_INTERVAL) -> None:
        """Subscribe to the shared state in the background; returns at once.

        Does nothing if already subscribed.

        Args:
            interval: Minimum seconds between updates; 0 for no minimum.

        Raises:
            ClosedError: The client was closed.
        """
        self._stream.start(interval)

    def ensure_subscribed(self) -> None:
        """Subscribe to the shared state at the last requested interval, if not subscribed.

        Raises:
            ClosedError: The client was closed.
        """
        self._stream.start()

    def update_available_commands(self, *, timeout: float | None = None) -> dict[str, CommandInfo]:
        """Fetch the commands of the server and return them by name.

        Args:
            timeout: Seconds to wait; `call_timeout` by default.

        Raises:
            NanoverJupyterError: ConnectError, ConnectionLost, TimedOut or ClosedError.
        """
        return self._fetch_commands(self.call_timeout if timeout is None else timeout)

    def run_command(self, name: str, /, **arguments: object) -> dict[str, Value]:
        """Run a command on the server and return its result ({} if it has none).

        Args:
            name: The command's name.
            **arguments: Replace or extend the command's default arguments.

        Raises:
            CommandFailed: The server rejected the command, or the command failed.
            InvalidValue: An argument cannot be sent; nothing was sent.
            NanoverJupyterError: ConnectError, ConnectionLost, TimedOut or ClosedError.
        """
        try:
            return self._transport.run_command(name, arguments, self.command_timeout)
        finally:
            # Also if it failed: the server may have stopped the old simulation.
            self._locks.switch_detector.on_command(name)

    def attempt_update_state(
        self, change: DictionaryChange, *, timeout: float | None = None
    ) -> bool:
        """Change the shared state, completely or not at all, and wait for the reply.

        Args:
            change: What to change.
            timeout: Seconds to wait; `call_timeout` by default.

        Returns:
            False if another client holds a lock on one of the keys. With cooperative locks,
            nothing was sent then; they are known once the client is subscribed.

        Raises:
            InvalidValue: (a TypeError) A value cannot be sent; nothing was sent.
            NanoverJupyterError: ConnectError, ConnectionLost, TimedOut, ServerFailed
                (the state may have changed) or ClosedError.
        """
        if not self._may_write(change):
            return False
        limit = self.call_timeout if timeout is None else timeout
        return self._transport.update_state(change, limit)

    def catch_up(self, timeout: float | None = None) -> None:
        """Wait until the local copy has all changes that the server made before this call.

        Subscribes to the state first, if not subscribed.

        Args:
            timeout: Seconds to wait; `call_timeout` by default.

        Raises:
            NanoverJupyterError: ConnectError, ConnectionLost, TimedOut or ClosedError.
        """
        self._stream.catch_up(self.call_timeout if timeout is None else timeout)

    def run_command_async(self, name: str, /, **arguments: object) -> PendingCall[dict[str, Value]]:
        """Start a command; returns a future that can be awaited or cancelled.

            reply = await client.run_command_async("user/checkpoint")

        The future keeps the client alive until it is done.

        Raises:
            InvalidValue: An argument cannot be sent; nothing was sent. Other errors are
                raised by the future.
        """
        return self.start_command(name, arguments)

    def start_command(
        self, name: str, arguments: Mapping[str, object], *, timeout: float | None = None
    ) -> PendingCall[dict[str, Value]]:
        """Start a command like `run_command_async`, with a timeout for this call.

        Args:
            name: The command's name.
            arguments: Replace or extend the command's default arguments.
            timeout: Seconds to wait; `command_timeout` by default.

        Raises:
            InvalidValue: An argument cannot be sent; nothing was sent. Other errors are
                raised by the future.
        """
        limit = self.command_timeout if timeout is None else timeout
        call = self._transport.start_command(name, arguments, limit)
        detector = self._locks.switch_detector
        call.add_done_callback(lambda _: detector.on_command(name))
        return _keep_until_done(self, call)

    def update_state_async(self, change: DictionaryChange) -> PendingCall[bool]:
        """Start a change of the shared state; returns a future.

        The future has the result of `attempt_update_state`. It keeps the client alive until
        it is done.

        Raises:
            InvalidValue: A value cannot be sent; nothing was sent. Other errors are raised
                by the future.
        """
        if not self._may_write(change):
            refused: PendingCall[bool] = PendingCall(lambda: None)
            refused.settle(lambda: False)
            return refused
        return _keep_until_done(self, self._transport.start_update(change, self.call_timeout))

    def close(self) -> None:
        """End the subscription, release all held locks and end all threads. Idempotent."""
        self.resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # for the reconnector -------------------------------------------------------------

    def probe(self, timeout: float | None) -> None:
        """Check that the server answers, and fetch its commands.

        Raises:
            NanoverJupyterError: The server does not answer.
        """
        self._fetch_commands(timeout)

    def set_retrying(self, attempt: int, reason: str) -> None:
        """Set the number of the current attempt to reconnect."""
        self._stream.set_retrying(attempt, reason)

    @property
    def last_received_at(self) -> float:
        """The monotonic time of the last traffic from the server."""
        return self._stream.last_received_at

    def mark_lost(self, reason: str) -> None:
        """Set the status to lost, although the stream has not ended."""
        self._stream.mark_lost(reason)

    def open(self, timeout: float) -> None:
        """Open the connection to the server, if it is not open.

        Raises:
            NanoverJupyterError: The server did not answer within `timeout` seconds.
        """
        self._transport.connect(timeout)

    def load_state(self, timeout: float, stop: Callable[[], bool] = lambda: False) -> None:
        """Subscribe if needed, and wait until the full state is loaded.

        Until then, the status is `loading` and the local copy does not change.

        Args:
            timeout: Seconds of silence after which the connection is lost. Loading may take
                longer.
            stop: Called about twice a second; returns True to stop waiting.

        Raises:
            ClosedError: The client was closed.
            ConnectionLost: The server went away, or was silent for `timeout` seconds.
        """
        self._stream.load(timeout, stop)

    # internals -----------------------------------------------------------------------

    def _owner_for(self, callback: object) -> BaseClient | None:
        return None if isinstance(callback, WeakCallback) else self

    def _fetch_commands(self, timeout: float | None) -> dict[str, CommandInfo]:
        found = {command.name: command for command in self._transport.list_commands(timeout)}
        self._stream.record_traffic()
        with self._guard:
            changed = found != self._commands
            self._commands = found
        if changed:
            self._command_listeners.notify()
        return dict(found)


def _call_timeout(client: BaseClient | None) -> float | None:
    return _ORPHAN_TIMEOUT if client is None else client.call_timeout


def _keep_until_done(client: BaseClient, call: PendingCall[Found]) -> PendingCall[Found]:
    """Keep a client alive until a call is done; a collected client would cancel the call."""
    kept = [client]
    # Cleared, because a future still refers to its callbacks when it is done.
    call.add_done_callback(lambda _: kept.clear())
    return call


def _abandon(locks: weakref.ref[LeaseManager]) -> None:
    left = locks()
    if left is not None:
        left.abandon()


def _abandon_interactions(interactions: weakref.ref[InteractionRegistry]) -> None:
    left = interactions()
    if left is not None:
        left.abandon_all()
