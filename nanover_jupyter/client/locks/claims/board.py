"""The claims of one client and of the others, kept up to date with the shared state."""

from __future__ import annotations

import copy
import math
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Final

from nanover_jupyter.client.locks.claims.peers import PeerClaim
from nanover_jupyter.client.locks.claims.protocol import ClaimProtocol
from nanover_jupyter.client.simulation.interaction_registry import INTERACTION_PREFIX
from nanover_jupyter.client.status import Status
from nanover_jupyter.errors import (
    ClosedError,
    InvalidArgument,
    InvalidValue,
    NanoverJupyterError,
    TimedOut,
)
from nanover_jupyter.transport.pending import wait_step
from nanover_jupyter.wire.claims import LOCK_PREFIX, clean_text, is_lock_key
from nanover_jupyter.wire.lazy import read
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import ABSENT, alike, normalize

__all__ = ["REQUEST_SECONDS", "ClaimBoard"]

_WRITE_TIMEOUT: Final = 1.0
# Seconds after which other clients hide a waiting client that has written nothing, and between
# two writes of a waiting client.
_WAITING_TTL: Final = 30.0
_WAITING_INTERVAL: Final = 10.0
# Seconds for which a request to release a key is shown.
REQUEST_SECONDS: Final = 120.0
_SWEEP_DELAY: Final = 0.01
_MIN_WAIT: Final = 0.02
# Writes of a held key that were sent and not seen yet.
_MAX_OWN_WRITES: Final = 1000


class ClaimBoard:
    """The claims of a client, and those of others as far as it is subscribed. Thread-safe.

    Args:
        send: Changes the shared state; receives the change and a timeout in seconds.
        catch_up: Waits until the shared state is received; receives a timeout in seconds.
        clock: Monotonic seconds, see `lease_clock`.
        wall_clock: Seconds since 1970.
        run_soon: Runs a call on the thread `nanover-leases`, after some seconds.
        until_of: Returns when a held key will be released, in seconds since 1970.

    Attributes:
        changed: Guards `protocol` and is notified when claims change. Never held during a call
            to the server.
        protocol: The claims.
        on_lost: Called with a reason when other clients may not see our claims any more. On the
            reader's thread.
        on_overwritten: Called with the held keys that others wrote. On the reader's thread.
    """

    def __init__(  # noqa: PLR0913 - what it needs of a client
        self,
        *,
        send: Callable[[DictionaryChange, float | None], bool],
        catch_up: Callable[[float | None], object],
        clock: Callable[[], float],
        wall_clock: Callable[[], float],
        run_soon: Callable[..., None],
        until_of: Callable[[str], float | None],
    ) -> None:
        self.clock = clock
        self.wall_clock = wall_clock
        self.run_soon = run_soon
        self.changed = threading.Condition()
        self.protocol = ClaimProtocol(wall_clock=wall_clock, until_of=until_of)
        self.on_lost: Callable[[str], object] = lambda _: None
        self.on_overwritten: Callable[[list[str]], object] = lambda _: None
        # Called with `changed` held before a write, to derive claims from other sources. Returns
        # whether to renew them.
        self.before_write: Callable[[], bool] = lambda: False
        self._send = send
        self._catch_up = catch_up
        # Held from the composition of a write until it is sent, to keep writes in order. The
        # reader's thread never takes it.
        self._write_lock = threading.RLock()
        # Guarded by `changed`.
        self._waiting: Counter[str] = Counter()
        self._notes: dict[str, str] = {}
        # When requests to release keys end.
        self._requested: dict[str, float] = {}
        self._is_waiting_renewed = False
        self._own_writes: dict[str, deque[object]] = {}
        self._sweep_at = math.inf
        self._is_loaded = False
        self._closed = False

    @property
    def is_interrupted(self) -> bool:
        """Whether `interrupt` was called."""
        return self._closed

    def wall_time(self, at: float) -> float:
        """Return a time of the clock in seconds since 1970."""
        return self.wall_clock() + at - self.clock()

    # name -----------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Our name for other clients."""
        return self.protocol.name

    @name.setter
    def name(self, name: str) -> None:
        if not isinstance(name, str):
            raise InvalidArgument("name", f"{name!r} is not a string")
        with self.changed:
            self.protocol.name = clean_text(name)
            is_shown = not self.protocol.is_empty
        if is_shown:
            self.run_soon(self.flush_quietly)

    # writing --------------------------------------------------------------------------

    def flush(
        self,
        timeout: float | None,
        renewals: Mapping[str, float] | None = None,
        *,
        beat: bool = False,
    ) -> None:
        """Send our claims, if other clients do not know them yet.

        Args:
            timeout: Seconds to wait for the server.
            renewals: See `ClaimProtocol.write`.
            beat: See `ClaimProtocol.write`.

        Raises:
            NanoverJupyterError: The server cannot be reached.
        """
        if not self._write_lock.acquire(timeout=-1 if timeout is None else timeout):
            raise TimedOut("writing claims", timeout or 0.0)
        try:
            with self.changed:
                beat = self.before_write() or beat
                change = self.protocol.write(self.clock(), renewals, beat=beat)
                sweep_after = self._next_sweep_locked()
            self._sweep_soon(sweep_after)
            if change is not None:
                self._send_or_repeat(change, timeout)
        finally:
            self._write_lock.release()

    def _send_or_repeat(self, change: DictionaryChange, timeout: float | None) -> None:
        try:
            self._send(change, timeout)
        except BaseException:
            with self.changed:
                self.protocol.on_send_failed()
            raise

    def flush_quietly(self, *, beat: bool = False) -> None:
        """Like `flush`, but raises nothing: other clients learn it later."""
        with suppress(NanoverJupyterError):
            self.flush(_WRITE_TIMEOUT, beat=beat)

    # waiting --------------------------------------------------------------------------

    def begin_waiting(self, keys: Iterable[str], note: str) -> None:
        """Show other clients that we wait for keys, until `end_waiting`."""
        with self.changed:
            for key in keys:
                self._waiting[key] += 1
                self._notes[key] = note or self._notes.get(key, "")
                self._show_waiting_locked(key)
            begins, self._is_waiting_renewed = not self._is_waiting_renewed, True
        self.run_soon(self.flush_quietly)
        if begins:
            self.run_soon(self._renew_waiting, after=_WAITING_INTERVAL)

    def end_waiting(self, keys: Iterable[str]) -> None:
        """End one `begin_waiting`."""
        with self.changed:
            for key in keys:
                self._waiting[key] -= 1
                if self._waiting[key] <= 0:
                    del self._waiting[key]
                self._show_waiting_locked(key)
        self.run_soon(self.flush_quietly)

    def request_release(self, keys: Iterable[str], message: str) -> list[str]:
        """Show other clients that we wish keys to be released; see `LockClaims`."""
        if self._closed:
            raise ClosedError("the connection")
        now = self.clock()
        with self.changed:
            held = [key for key in keys if any(self.protocol.peers.blocking([key], now))]
            for key in held:
                self._requested[key] = now + REQUEST_SECONDS
                self._notes[key] = message or self._notes.get(key, "")
                self._show_waiting_locked(key)
        if held:
            self.flush(_WRITE_TIMEOUT)
        return held

    def _show_waiting_locked(self, key: str) -> None:
        """Derive our waiting claim on a key from what waits for it."""
        if key in self._waiting:
            ends_at, ttl = math.inf, _WAITING_TTL
        elif key in self._requested:
            ends_at, ttl = self._requested[key], REQUEST_SECONDS
        else:
            self._notes.pop(key, None)
            self.protocol.stop_waiting(key)
            return
        self.protocol.wait(key, ends_at=ends_at, ttl=ttl, note=self._notes.get(key, ""))

    def _renew_waiting(self) -> None:
        """Show again that we wait, until we do not."""
        with self.changed:
            self._is_waiting_renewed = bool(self._waiting) and not self._closed
            if not self._is_waiting_renewed:
                return
        self.run_soon(self._renew_waiting, after=_WAITING_INTERVAL)
        self.flush_quietly(beat=True)

    def pause(self, seconds: float) -> None:
        """Wait for some seconds, or until `interrupt`."""
        with self.changed:
            self.changed.wait_for(lambda: self._closed, seconds)

    def wait_until_free(self, keys: Iterable[str], pause: float, left: float) -> None:
        """Wait until no claim on keys blocks us; at most ten seconds.

        Args:
            keys: The keys.
            pause: Seconds to wait if no claim blocks us now.
            left: Seconds to wait at most.
        """
        wanted = list(keys)
        with self.changed:
            end = self.clock() + min(left, _WAITING_INTERVAL)
            is_first = True
            while not self._closed:
                now = self.clock()
                blockers = [each for _, each in self.blocking(wanted)]
                if not blockers:
                    if is_first:
                        self.changed.wait(min(pause, left))
                    return
                is_first = False
                if now >= end:
                    return
                until = min(end, *(each.dies_at for each in blockers))
                step = wait_step(time.monotonic() + until - now)
                self.changed.wait(max(_MIN_WAIT, step))

    @property
    def is_idle(self) -> bool:
        """Whether neither we nor others have claims; takes no lock."""
        return not self.protocol.peers and self.protocol.is_empty

    def wait_until_loaded(self, timeout: float | None) -> None:
        """Wait until the claims of other clients are known, after subscribing.

        Raises:
            NanoverJupyterError: The state was not received in time.
        """
        if not self._is_loaded:
            self._catch_up(timeout)

    # other clients --------------------------------------------------------------------

    def blocking(self, keys: Iterable[str]) -> list[tuple[str, PeerClaim]]:
        """Return the live claims of other clients that exclude us from keys, by key."""
        now = self.clock()
        with self.changed:
            return self.protocol.blocking(keys, now)

    def is_offered(self, keys: Iterable[str]) -> bool:
        """See `ClaimProtocol.is_offered`."""
        with self.changed:
            return self.protocol.is_offered(keys)

    def on_key(self, key: str) -> list[PeerClaim]:
        """Return the live claims of other clients on a key."""
        now = self.clock()
        with self.changed:
            return [each for each in self.protocol.peers.on_key(key) if each.dies_at > now]

    # writes of keys that we hold --------------------------------------------------------

    def record_write(self, change: DictionaryChange) -> None:
        """Record a change that we are about to send, to tell its echo from writes of others."""
        now = self.clock()
        with self.changed:
            for key in (*change.updates, *change.removals):
                if not self.protocol.believes(key, now):
                    continue
                value: object = ABSENT
                if key in change.updates:
                    value = _as_received(change.updates[key])
                sent = self._own_writes.setdefault(key, deque(maxlen=_MAX_OWN_WRITES))
                sent.append(value)

    def _find_overwritten_locked(self, change: DictionaryChange, now: float) -> list[str]:
        """Return the held keys that others wrote, and forget our writes that were seen."""
        for key in [key for key in self._own_writes if not self.protocol.believes(key, now)]:
            del self._own_writes[key]
        found = []
        for key in (*change.lazy_updates, *change.removals):
            # Each client writes its own interactions, whether it holds their keys or not.
            if not self.protocol.believes(key, now) or key.startswith(INTERACTION_PREFIX):
                continue
            is_update = key in change.lazy_updates
            value = read(change.lazy_updates[key]) if is_update else ABSENT
            sent = self._own_writes.get(key, ())
            count = next((n for n, each in enumerate(sent, 1) if _is_same(each, value)), 0)
            if count == 0:
                found.append(key)
            for _ in range(count):
                self._own_writes[key].popleft()
        return found

    # events ---------------------------------------------------------------------------

    def on_change(self, change: DictionaryChange, is_full: bool) -> None:  # noqa: FBT001 - observer
        """Process a change of the shared state. Called on the reader's thread.

        Args:
            change: The change.
            is_full: Whether it is the full state.
        """
        is_holding = False
        if not (is_full or self.is_idle):
            with self.changed:
                is_holding = self.protocol.holds_any(self.clock())
        if not (is_full or is_holding or change.may_change(LOCK_PREFIX)):
            return
        updates = {k: read(each) for k, each in change.lazy_updates.items() if is_lock_key(k)}
        removals = [key for key in change.removals if is_lock_key(key)]
        overwritten: list[str] = []
        self._is_loaded = True
        with self.changed:
            now = self.clock()
            was_holding = self.protocol.holds_any(now)
            changed = self.protocol.receive(updates, removals, now, is_full=is_full)
            if is_holding and changed is not None:
                overwritten = self._find_overwritten_locked(change, now)
            is_dirty = self._end_requests_locked(now) or self.protocol.has_unsent
            sweep_after = self._next_sweep_locked()
            self.changed.notify_all()
        self._sweep_soon(sweep_after)
        if changed is None and was_holding:
            self.on_lost("its claim was removed or changed by another client")
        if overwritten:
            self.on_overwritten(overwritten)
        if is_dirty:
            self.run_soon(self.flush_quietly)

    def on_status(self, status: Status) -> None:
        """End all claims when the connection is lost."""
        if status.state == "lost":
            self.lose_all("the connection was lost")

    def lose_all(self, reason: str) -> None:
        """End all claims for good."""
        with self.changed:
            was_holding = self.protocol.holds_any(self.clock())
            self.protocol.lose_all()
            self.changed.notify_all()
        if was_holding:
            self.on_lost(reason)

    def interrupt(self) -> None:
        """End `pause` and `wait_until_free`, now and in later calls."""
        with self.changed:
            self._closed = True
            self.changed.notify_all()

    def close(self, *, reachable: bool) -> None:
        """Remove our claims. Raises nothing."""
        with self.changed:
            self._waiting.clear()
            self.protocol.end()
            self.changed.notify_all()
        if reachable:
            self.flush_quietly()

    # internals --------------------------------------------------------------------------

    def _end_requests_locked(self, now: float) -> bool:
        """End requests to release keys that are free; returns whether there were any."""
        peers = self.protocol.peers
        ended = [
            key
            for key, ends_at in self._requested.items()
            if ends_at <= now or not any(peers.blocking([key], now))
        ]
        for key in ended:
            del self._requested[key]
            self._show_waiting_locked(key)
        return bool(ended)

    def _next_sweep_locked(self) -> float | None:
        """Return in how many seconds to end claims; None if that is planned already."""
        now, at = self.clock(), self.protocol.next_end()
        if math.isinf(at) or self._sweep_at <= at + _SWEEP_DELAY:
            return None
        self._sweep_at = at + _SWEEP_DELAY
        return max(0.0, self._sweep_at - now)

    def _sweep_soon(self, after: float | None) -> None:
        if after is not None:
            self.run_soon(self._sweep, after=after)

    def _sweep(self) -> None:
        with self.changed:
            self._sweep_at = math.inf
        self.flush_quietly()


def _as_received(value: object) -> object:
    """Return a copy of a value as the server sends it back."""
    try:
        return normalize(value)
    except InvalidValue:
        return copy.deepcopy(value)  # Only some protocols have it, such as bytes.


def _is_same(one: object, other: object) -> bool:
    return one is other if one is ABSENT or other is ABSENT else alike(one, other)
