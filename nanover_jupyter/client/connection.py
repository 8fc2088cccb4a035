"""A named connection that outlives its server: what widgets and magics hold on to."""

from __future__ import annotations

import gc
import logging
import threading
import time
import weakref
from collections.abc import Callable, Generator
from contextlib import suppress
from functools import partial
from typing import Final, Protocol, Self
from weakref import WeakSet

from nanover_jupyter.client.background_calls import BoundedExecutor
from nanover_jupyter.client.backoff import Backoff
from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.cell_results import made_before
from nanover_jupyter.client.commands.polling import CommandPoll
from nanover_jupyter.client.commands.runs import CommandRuns
from nanover_jupyter.client.listeners import WeakCallback
from nanover_jupyter.client.nanover_objects import address_of
from nanover_jupyter.client.progress_bar import progress
from nanover_jupyter.client.protocol_detection import reach
from nanover_jupyter.client.resources import ClientResources
from nanover_jupyter.client.signal import Signal
from nanover_jupyter.client.status import Status
from nanover_jupyter.errors import (
    ClosedError,
    ConnectError,
    ConnectionLost,
    NanoverJupyterError,
)
from nanover_jupyter.transport.address import DEFAULT_PORT, parse_address
from nanover_jupyter.transport.pending import wait_step
from nanover_jupyter.transport.threads import Daemon
from nanover_jupyter.transport.tls import TlsSettings

__all__ = ["Connection", "Dependent", "connect"]

logger = logging.getLogger("nanover_jupyter.client")

_PROBE_SECONDS = 5.0
_SILENT_SECONDS = 10.0
_BACKOFF = Backoff(first=0.2, longest=5.0)
_JOIN_SECONDS = 2.0
# With so many open, those that nothing refers to are looked for before another is opened.
_MANY_OPEN: Final = 8

# What the reconnector waits for and how long, and whether it was woken.
_Steps = Generator[tuple[Signal, float], bool, None]


class Dependent(Protocol):
    """What shows a connection, and can turn to another."""

    def rebind(self, source: Connection) -> None:
        """Leave the connection for another."""


class Connection:
    """A client that is kept alive, under a name.

    When the server goes away, or is silent and answers no question, the connection tries
    again, with growing pauses, for as long as it is open; the client, its access token,
    its widgets and its subscribers stay. One thread of its own, `nanover-keeper`, does that.

    A connection that nothing refers to is closed when Python's garbage collector finds it.
    Its client refers to it, and so do open widgets, shared values, unanswered asynchronous
    calls, held leases and the subscriptions `on_change`, `on_status`, `on_frame` and
    `changes`, each until it ends.

    Made by `connect` or, for a client that already exists, by `Connection.of`.

    Args:
        client: The client to keep alive.
        name: What people call it.
        owns_client: Whether `close` closes the client too.
    """

    def __init__(self, client: BaseClient, *, name: str, owns_client: bool) -> None:
        self.client = client
        self.name = name
        self.calls = BoundedExecutor()
        self.runs = CommandRuns(client)
        self.command_poll = CommandPoll(client, self.calls)
        # Held weakly: a widget that nobody shows any more needs no successor.
        self.dependents: WeakSet[Dependent] = WeakSet()
        # What took its place: see `give_way`.
        self.successor: Connection | None = None
        self._owns_client = owns_client
        self._wake = Signal()
        # Ends the pause before the next try.
        self._hurry = Signal()
        self._closed = threading.Event()
        client.keeper = self
        self._unsubscribe = client.on_status(WeakCallback(self._on_status))
        self._steps = self._keep()
        # The thread refers to it only while it does something: see `_run_steps`.
        weakref.finalize(self, _wake_all, self._wake, self._hurry).atexit = False
        run = partial(_run_steps, weakref.ref(self), client.resources, self._closed)
        self._keeper = Daemon("nanover-keeper", run)
        self._keeper.start()
        _open.add(self)

    @classmethod
    def of(cls, source: Connection | BaseClient) -> Connection:
        """The connection that keeps `source`: itself, or one made for a client once.

        A connection made here leaves the client open when it is closed, and follows
        the shared state if the client did not yet.

        Raises:
            TypeError: It is neither.
            ClosedError: The client was closed.
        """
        if isinstance(source, Connection):
            return source
        if not isinstance(source, BaseClient):
            raise TypeError(
                f"a NanoverClient or a Connection is needed, not {type(source).__name__}"
            )
        with _making:
            known = source.keeper
            if not isinstance(known, Connection) or known.is_closed:
                source.follow_state()
                known = cls(source, name=source.address, owns_client=False)
            return known

    @property
    def is_closed(self) -> bool:
        """Whether it gave up keeping its client."""
        return self._closed.is_set()

    @property
    def address(self) -> str:
        """Where the server is."""
        return self.client.address

    @property
    def status(self) -> Status:
        """Where the connection stands."""
        return self.client.status

    def hand_over(self, successor: Connection) -> None:
        """Let everything that shows this connection show another instead.

        What cannot is logged, and keeps nothing else from it. Raises nothing.
        """
        for dependent in list(self.dependents):
            # One that was rebound before may have closed its parts, which stay closed.
            if dependent not in self.dependents:
                continue
            try:
                dependent.rebind(successor)
            except Exception:
                logger.exception("! %r did not turn to %r", dependent, successor)

    def give_way(self, successor: Connection) -> None:
        """Let another connection take this one's place: hand everything over, and close.

        The rule for a name that leads elsewhere, and for a cell that is run again.
        Subscriptions, leases and runs of this connection's client end.
        """
        self.successor = successor
        self.hand_over(successor)
        self.close()

    def retry(self, timeout: float = 5.0) -> None:
        """Connect again at once, and wait until the server and its whole state are there.

        The client stays what it is, with its token, its locks and its subscribers.

        Args:
            timeout: Seconds to wait for the server; the state may take longer. Trying goes
                on after that, as for every lost server.

        Raises:
            ClosedError: The connection was closed.
            ConnectError: The server is not there after `timeout`.
        """
        if self.is_closed:
            raise ClosedError("the connection")
        if self.client.status.state != "lost":
            self.client.give_up("connecting again, as was asked for")
        changed = threading.Event()
        deadline = time.monotonic() + timeout
        unsubscribe = self.client.on_status(lambda _: changed.set())
        try:
            self._hurry.set()
            while (status := self.client.status).state in ("lost", "loading"):
                left = deadline - time.monotonic()
                if left <= 0 and status.state == "lost":
                    break
                # A state that is loading is waited for: it comes, or the server is lost.
                changed.wait(wait_step(deadline if left > 0 else None))
                changed.clear()
        finally:
            unsubscribe()
        if status.state == "closed":
            raise ClosedError("the connection")
        if status.state == "lost":
            raise ConnectError(self.address, f"{status.reason}; still trying")

    def close(self) -> None:
        """Stop keeping the client, and close it if it is ours. Idempotent."""
        self._closed.set()
        _open.discard(self)
        self._wake.set()
        self._hurry.set()
        self._unsubscribe()
        self.command_poll.close()
        if self._owns_client:
            self.client.close()
        self._keeper.join(_JOIN_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Connection {self.name!r} to {self.address}: {self.status.state}>"

    def _on_status(self, status: Status) -> None:
        if status.state == "closed":
            self._closed.set()
        if status.state in ("lost", "closed"):
            self._wake.set()

    def _keep(self) -> _Steps:
        # A client that was handed over may have lost its server before we listened.
        self._on_status(self.client.status)
        if self.client.status.state in ("connecting", "loading"):
            with suppress(NanoverJupyterError):  # of which the status says enough
                self.client.follow(_SILENT_SECONDS, self._closed.is_set)
        while True:
            yield self._wake, _SILENT_SECONDS / 2
            if self._closed.is_set():
                return
            self._require_a_sign_of_life()
            if self.client.status.state == "lost":
                yield from self._revive()

    def _require_a_sign_of_life(self) -> None:
        """Ask a server that has been silent whether it is still there.

        A stream says nothing while nothing changes; a frozen server, a pulled cable and a
        subscription that was lost in a server's shutdown look the same. Pings of the
        transport would tell the first two, but stock servers hang up on clients that ping
        more often than every five minutes.
        """
        received_at = self.client.last_received_at
        waiting = self.client.status.state in {"connecting", "connected"}
        if not waiting or time.monotonic() - received_at < _SILENT_SECONDS:
            return
        try:
            self.client.probe(_PROBE_SECONDS)
        except ClosedError:
            return
        except NanoverJupyterError as error:
            self.client.give_up(str(error))

    def _revive(self) -> _Steps:
        """Try until the server is back or the connection is closed."""
        reason = self.client.status.reason
        attempt = pauses = 0
        while True:
            asked = yield self._hurry, _BACKOFF.delay(pauses)
            if self._closed.is_set():
                return
            attempt += 1
            # Somebody waits for it: short pauses again.
            pauses = 0 if asked else pauses + 1
            self.client.retrying(attempt, reason)
            try:
                self.client.open(_PROBE_SECONDS)
                # Before the state, which may take longer than the locks last.
                self.client.revalidate_locks()
                self.client.follow(_SILENT_SECONDS, self._closed.is_set)
                self.client.probe(_PROBE_SECONDS)
            except ClosedError:
                return
            except NanoverJupyterError as error:
                reason = getattr(error, "reason", "") or str(error)
                if self.client.status.state != "lost":
                    # It sent its state and answers no question: begin anew.
                    self.client.give_up(reason)
                continue
            return


_making = threading.Lock()
_open: WeakSet[Connection] = WeakSet()


def _run_steps(
    own: weakref.ref[Connection], resources: ClientResources, closed: threading.Event
) -> None:
    """Run the steps of a connection's `_keep`, and refer to the connection only in a step.

    When the connection was collected and never closed, close what its client had open.
    """
    step = _take_step(own, next)
    while step is not None:
        signal, seconds = step
        woken = signal.wait(seconds)
        step = _take_step(own, partial(_send, woken))
    if own() is None and not closed.is_set():
        resources.close()


def _take_step(
    own: weakref.ref[Connection], advance: Callable[[_Steps], tuple[Signal, float]]
) -> tuple[Signal, float] | None:
    """What to wait for now; None when there are no more steps, or no connection."""
    connection = own()
    try:
        return None if connection is None else advance(connection._steps)  # noqa: SLF001 - its own
    except StopIteration:
        return None


def _send(woken: bool, steps: _Steps) -> tuple[Signal, float]:  # noqa: FBT001 - what is sent
    return steps.send(woken)


def _wake_all(*signals: Signal) -> None:
    """Wake a thread. Called by finalizers: it takes no lock and starts no thread."""
    for signal in signals:
        signal.set()


def connect(
    address: object = "",
    *,
    name: str | None = None,
    timeout: float = 5.0,
    interval: float | None = None,
    tls: TlsSettings | None = None,
) -> Connection:
    """Connect to a server and follow its shared state.

    Returns once the server has answered and its whole state is here, however large it is
    and however slow the network. Where tqdm is installed, it shows how the time goes by
    after two seconds.

    A cell of a notebook that is run again replaces the connections that it made before: open
    widgets and shared values turn to the new one, and the old one is closed.

    Args:
        address: `HOST` or `HOST:PORT` for whichever protocol is spoken there, or
            `ws://HOST:PORT` or `grpc://HOST:PORT`, or, encrypted, `wss://` or `grpcs://`;
            localhost and 38801 fill in what is left out. Or an object of NanoVer's own
            package: a runner, an app server or a client.
        name: What to call the connection; its address by default.
        timeout: Seconds of silence after which the server is given up. What it sends may
            take longer. gRPC does not show how a large state comes along, so there an open
            stream counts as a sign of life, for five minutes.
        interval: Seconds between updates at the least, 1/30 by default, where the
            protocol lets clients choose.
        tls: Certificates and tokens for an encrypted connection.

    Raises:
        AddressError: It is no address.
        ConnectError: No NanoVer server answers there within `timeout`.
    """
    if len(_open) >= _MANY_OPEN:
        # Their servers may have room for a few more only.
        gc.collect()
    written = address_of(address).strip()
    where = parse_address(written or f":{DEFAULT_PORT}")
    with progress(f"connecting to {where}", None):
        client = reach(where, timeout=timeout, tls=tls)
        try:
            if interval is not None:
                client.subscribe_all_state_updates(interval)
            client.follow(timeout)
        except ConnectionLost as error:
            client.close()
            raise ConnectError(client.address, error.reason) from error
        except BaseException:
            client.close()
            raise
    connection = Connection(client, name=name or where.target, owns_client=True)
    earlier = made_before(connection)
    if earlier is not None:
        earlier.give_way(connection)
    return connection
