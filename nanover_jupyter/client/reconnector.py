"""Reconnects a client whose server went away."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Generator
from contextlib import suppress
from functools import partial

from nanover_jupyter.client.background_calls import Signal
from nanover_jupyter.client.backoff import Backoff
from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.listeners import WeakCallback
from nanover_jupyter.client.resources import ClientResources
from nanover_jupyter.client.status import Status
from nanover_jupyter.errors import ClosedError, NanoverJupyterError
from nanover_jupyter.transport.threads import Daemon

__all__ = ["Reconnector"]

_PROBE_SECONDS = 5.0
_SILENT_SECONDS = 10.0
_BACKOFF = Backoff(first=0.2, longest=5.0)
_JOIN_SECONDS = 2.0

# Yields what to wait for and how long; receives whether the signal was set.
_Steps = Generator[tuple[Signal, float], bool, None]


class Reconnector:
    """Watches a client and reconnects it, on the thread `nanover-reconnect`.

    The thread refers to this object only during a step, so that a connection that nothing
    else refers to can be collected. The thread then closes the client's resources.

    Args:
        client: The client.
    """

    def __init__(self, client: BaseClient) -> None:
        self._client = client
        self._wake = Signal()
        # Ends the delay before the next attempt.
        self._retry = Signal()
        self._stopped = threading.Event()
        self._unsubscribe = client.on_status(WeakCallback(self._on_status))
        self._steps = self._run()
        weakref.finalize(self, _set_all, self._wake, self._retry).atexit = False
        run = partial(_run_steps, weakref.ref(self), client.resources, self._stopped)
        self._thread = Daemon("nanover-reconnect", run)
        self._thread.start()

    @property
    def is_stopped(self) -> bool:
        """Whether the client is no longer reconnected."""
        return self._stopped.is_set()

    def retry_now(self) -> None:
        """End the delay before the next attempt."""
        self._retry.set()

    def stop(self) -> None:
        """Stop reconnecting. Idempotent."""
        self._stopped.set()
        self._wake.set()
        self._retry.set()
        self._unsubscribe()

    def join(self) -> None:
        """Wait briefly until the thread has ended."""
        self._thread.join(_JOIN_SECONDS)

    def _on_status(self, status: Status) -> None:
        if status.state == "closed":
            self._stopped.set()
        if status.state in ("lost", "closed"):
            self._wake.set()

    def _run(self) -> _Steps:
        client = self._client
        # The client may have lost its server before we subscribed.
        self._on_status(client.status)
        if client.status.state in ("connecting", "loading"):
            with suppress(NanoverJupyterError):  # the status has the reason
                client.load_state(_SILENT_SECONDS, self._stopped.is_set)
        while True:
            yield self._wake, _SILENT_SECONDS / 2
            if self._stopped.is_set():
                return
            self._check_silence()
            if client.status.state == "lost":
                yield from self._reconnect()

    def _check_silence(self) -> None:
        """Probe a server that has been silent, and mark the connection lost if it fails.

        A stream is silent while nothing changes, but also if the server hangs, the network
        is down, or the server dropped the subscription while shutting down. Keepalive pings
        of the transport would detect the first two, but stock servers disconnect clients that
        ping more often than every five minutes.
        """
        received_at = self._client.last_received_at
        is_expected = self._client.status.state in {"connecting", "connected"}
        if not is_expected or time.monotonic() - received_at < _SILENT_SECONDS:
            return
        try:
            self._client.probe(_PROBE_SECONDS)
        except ClosedError:
            return
        except NanoverJupyterError as error:
            self._client.mark_lost(str(error))

    def _reconnect(self) -> _Steps:
        """Try until the server is back or the reconnector is stopped."""
        client = self._client
        reason = client.status.reason
        attempt = delays = 0
        while True:
            is_requested = yield self._retry, _BACKOFF.delay(delays)
            if self._stopped.is_set():
                return
            attempt += 1
            # A user waits for a requested attempt: start again with short delays.
            delays = 0 if is_requested else delays + 1
            client.set_retrying(attempt, reason)
            try:
                client.open(_PROBE_SECONDS)
                # Before the state, which may take longer to load than the locks last.
                client.revalidate_locks()
                client.load_state(_SILENT_SECONDS, self._stopped.is_set)
                client.probe(_PROBE_SECONDS)
            except ClosedError:
                return
            except NanoverJupyterError as error:
                reason = getattr(error, "reason", "") or str(error)
                if client.status.state != "lost":
                    # The state was loaded, but the probe failed.
                    client.mark_lost(reason)
                continue
            return


def _run_steps(
    own: weakref.ref[Reconnector], resources: ClientResources, stopped: threading.Event
) -> None:
    """Run the steps of a reconnector; close the resources if it was collected."""
    step = _take_step(own, next)
    while step is not None:
        signal, seconds = step
        is_set = signal.wait(seconds)
        step = _take_step(own, partial(_send, is_set))
    if own() is None and not stopped.is_set():
        resources.close()


def _take_step(
    own: weakref.ref[Reconnector], advance: Callable[[_Steps], tuple[Signal, float]]
) -> tuple[Signal, float] | None:
    """Return what to wait for; None if there are no more steps."""
    reconnector = own()
    try:
        return None if reconnector is None else advance(reconnector._steps)  # noqa: SLF001 - its own
    except StopIteration:
        return None


def _send(is_set: bool, steps: _Steps) -> tuple[Signal, float]:  # noqa: FBT001 - sent value
    return steps.send(is_set)


def _set_all(*signals: Signal) -> None:
    """Set signals. Called by finalizers: takes no lock and starts no thread."""
    for signal in signals:
        signal.set()
