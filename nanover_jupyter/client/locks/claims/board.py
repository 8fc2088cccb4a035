"""The claims of one client and of the others, kept up to date with the shared state."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Final

from nanover_jupyter.client.locks.claims.peers import PeerClaim
from nanover_jupyter.client.locks.claims.protocol import ClaimProtocol
from nanover_jupyter.client.status import Status
from nanover_jupyter.errors import InvalidValue, NanoverJupyterError
from nanover_jupyter.transport.pending import wait_step
from nanover_jupyter.wire.claims import LOCK_PREFIX, MAX_TEXT, is_lock_key
from nanover_jupyter.wire.lazy import read
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import ABSENT, Absent, Value, alike, normalize

__all__ = ["REQUEST_SECONDS", "ClaimBoard"]

_WRITE_TIMEOUT: Final = 1.0
# Seconds until others stop to show that a client waits which writes nothing more, and after
# which a client that waits looks again.
_WAITING_TTL: Final = 30.0
_WAITING_INTERVAL: Final = 10.0
# Seconds for which a request to release a key is shown.
REQUEST_SECONDS: Final = 120.0
_SWEEP_DELAY: Final = 0.01
_MIN_WAIT: Final = 0.02
# Writes of a held key that were sent and not seen yet.
_MAX_OWN_WRITES: Final = 1000
# Each client writes its own interactions, whether it holds their keys or not.
_INTERACTION_PREFIX: Final = "interaction."


class ClaimBoard:
    """The claims of a client, and those of others as far as it is subscribed. Thread-safe.

    Args:
        send: Changes the shared state; receives the change and a timeout in seconds.
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

    def __init__(
        self,
        send: Callable[[DictionaryChange, float | None], bool],
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
        # Held from the composition of a write until it is sent, to keep writes in order. The
        # reader's thread never takes it.
        self._write_lock = threading.RLock()
        # Guarded by `changed`.
        self._waiting: Counter[str] = Counter()
        self._requested: set[str] = set()
        self._own_writes: dict[str, deque[Value | Absent]] = {}
        self._sweep_at = math.inf
        self._closed = False

    # name -----------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Our name for other clients."""
        return self.protocol.name

    @name.setter
    def name(self, name: str) -> None:
        # Lone surrogates cannot be sent.
        text = name.encode("utf-8", "replace").decode()[:MAX_TEXT]
        with self.changed:
            self.protocol.name = text
            is_shown = not self.protocol.is_empty
        if is_shown:
            self.run_soon(self.flush_quietly)

    # writing --------------------------------------------------------------------------

    def flush(self, timeout: float | None, renewals: Mapping[str, float] | None = None) -> None:
        """Send our claims, if other clients do not know them yet.

        Args:
            timeout: Seconds to wait for the server.
            renewals: See `ClaimProtocol.write`.

        Raises:
            NanoverJupyterError: The server cannot be reached.
        """
        with self._write_lock:
            with self.changed:
                beat = self.before_write()
                change = self.protocol.write(self.clock(), renewals, beat=beat)
                sweep_after = self._next_sweep_locked()
            if sweep_after is not None:
                self.run_soon(self._sweep, after=sweep_after)
            if change is None:
                return
            try:
                self._send(change, timeout)
            except BaseException:
                with self.changed:
                    self.protocol.on_send_failed()
                raise

    def flush_quietly(self) -> None:
        """Like `flush`, but raises nothing: other clients learn it later."""
        with suppress(NanoverJupyterError):
            self.flush(_WRITE_TIMEOUT)

    # waiting --------------------------------------------------------------------------

    def begin_waiting(self, keys: Iterable[str], note: str) -> None:
        """Show other clients that we wait for keys, until `end_waiting`."""
        with self.changed:
            for key in keys:
                self._waiting[key] += 1
                self.protocol.wait(key, ends_at=math.inf, ttl=_WAITING_TTL, note=note)
        self.run_soon(self.flush_quietly)

    def end_waiting(self, keys: Iterable[str]) -> None:
        """End one `begin_waiting`."""
        with self.changed:
            for key in keys:
                self._waiting[key] -= 1
                if self._waiting[key] <= 0:
                    del self._waiting[key]
                    self.protocol.stop_waiting(key)
        self.run_soon(self.flush_quietly)

    def request_release(self, keys: Iterable[str], message: str) -> list[str]:
        """Show other clients that we wish keys to be released; see `LockClaims`."""
        now = self.clock()
        with self.changed:
            held = [key for key in keys if any(self.protocol.peers.blocking([key], now))]
            for key in held:
                ends_at = now + REQUEST_SECONDS
                self._requested.add(key)
                self.protocol.wait(key, ends_at=ends_at, ttl=REQUEST_SECONDS, note=message)
        if held:
            self.flush(_WRITE_TIMEOUT)
        return held

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

    # other clients --------------------------------------------------------------------

    def blocking(self, keys: Iterable[str]) -> list[tuple[str, PeerClaim]]:
        """Return the live claims of other clients that exclude us from keys, by key."""
        now = self.clock()
        with self.changed:
            own_id = self.protocol.client_id
            found = self.protocol.peers.blocking(keys, now)
            return [(key, each) for key, each in found if each.claim.offer != own_id]

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
            for key in self.protocol.held_keys(now):
                value: Value | Absent = ABSENT
                if key in change.updates:
                    try:
                        value = normalize(change.updates[key])
                    except InvalidValue:
                        continue  # It will not be sent.
                elif key not in change.removals:
                    continue
                sent = self._own_writes.setdefault(key, deque(maxlen=_MAX_OWN_WRITES))
                sent.append(value)

    def _find_overwritten_locked(self, change: DictionaryChange, now: float) -> list[str]:
        """Return the held keys that others wrote, and forget our writes that were seen."""
        held = self.protocol.held_keys(now)
        for key in self._own_writes.keys() - set(held):
            del self._own_writes[key]
        found = []
        for key in held:
            value: Value | Absent
            if key in change.lazy_updates:
                value = read(change.lazy_updates[key])
            elif key in change.removals:
                value = ABSENT
            else:
                continue
            sent = self._own_writes.get(key, ())
            count = next((n for n, each in enumerate(sent, 1) if _is_same(each, value)), 0)
            if count == 0 and not key.startswith(_INTERACTION_PREFIX):
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
                is_holding = bool(self.protocol.held_keys(self.clock()))
        if not (is_full or is_holding or change.may_change(LOCK_PREFIX)):
            return
        updates = {k: read(each) for k, each in change.lazy_updates.items() if is_lock_key(k)}
        removals = [key for key in change.removals if is_lock_key(key)]
        overwritten: list[str] = []
        with self.changed:
            now = self.clock()
            lost_keys = self.protocol.held_keys(now)
            changed = self.protocol.receive(updates, removals, now, is_full=is_full)
            if is_holding and changed is not None:
                overwritten = self._find_overwritten_locked(change, now)
            is_dirty = self._end_requests_locked(now) or self.protocol.has_unsent
            self.changed.notify_all()
        if changed is None and lost_keys:
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
            held = self.protocol.held_keys(self.clock())
            self.protocol.lose_all()
            self.changed.notify_all()
        if held:
            self.on_lost(reason)

    def interrupt(self) -> None:
        """End `wait_until_free`, now and in later calls."""
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
        ended = [
            key for key in self._requested if not any(self.protocol.peers.blocking([key], now))
        ]
        for key in ended:
            self._requested.discard(key)
            if key not in self._waiting:
                self.protocol.stop_waiting(key)
        return bool(ended)

    def _next_sweep_locked(self) -> float | None:
        """Return in how many seconds to end claims; None if that is planned already."""
        now, at = self.clock(), self.protocol.next_end()
        if math.isinf(at) or self._sweep_at <= at + _SWEEP_DELAY:
            return None
        self._sweep_at = at + _SWEEP_DELAY
        return max(0.0, self._sweep_at - now)

    def _sweep(self) -> None:
        with self.changed:
            self._sweep_at = math.inf
        self.flush_quietly()


def _is_same(one: Value | Absent, other: object) -> bool:
    return one is other if one is ABSENT or other is ABSENT else alike(one, other)
