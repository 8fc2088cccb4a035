"""All requests for locks of one client, in one order, and the leases that come of them."""

from __future__ import annotations

import atexit
import math
import os
import random
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

from nanover_jupyter.client.lease import Lease, Terms, checked_keys
from nanover_jupyter.client.lease_clock import lease_clock
from nanover_jupyter.client.lease_keeper import LeaseKeeper
from nanover_jupyter.client.leases import LeaseBook
from nanover_jupyter.errors import (
    ClosedError,
    InvalidValue,
    LeaseLost,
    LockRefused,
    NanoverJupyterError,
    NotSupported,
)
from nanover_jupyter.transport.base import Transport
from nanover_jupyter.wire.messages import LockRequest

__all__ = ["DEFAULT_DURATION", "DEFAULT_MAX_HOLD", "Locks"]

DEFAULT_DURATION = 10.0
DEFAULT_MAX_HOLD = 600.0

_RELEASE_SECONDS = 1.0
_SHORTEST_RENEWAL_TIMEOUT = 0.5
# Keys in one renewal; a request of more would take long to answer, and to repeat.
_KEYS_TOGETHER = 2000
_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 1.0

_TAKEN = "someone else holds it now"
_TRYING = "someone else holds it; trying again"
_UNTOLD = "given back, but the server could not be told: it ends by its own time"


class Locks:
    """Takes, renews and gives back the locks of a client.

    Requests go out one at a time, in the order in which their answers are written down:
    a renewal on its way when a lock is given back would otherwise lock it again behind
    our back. Any thread may call any method.

    Args:
        transport: The way to the server.
        call_timeout: Seconds that a request may take; None for no limit.
        clock: The seconds that leases are counted in.
        pause: Waits for some seconds, or less when it returns True: then it is over.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        call_timeout: Callable[[], float | None] = lambda: 20.0,
        clock: Callable[[], float] = lease_clock,
        pause: Callable[[float], bool] | None = None,
    ) -> None:
        self.clock = clock
        self.book = LeaseBook(clock)
        self.keeper = LeaseKeeper(self, clock)
        self._transport = transport
        self._call_timeout = call_timeout
        self._closed = threading.Event()
        self._pause = pause or self._closed.wait
        # Held during a request and until its outcome is written down. Taken before
        # `_guard`, never after it; reentrant, as a listener to the book may ask for locks.
        self._turn = threading.RLock()
        # Guards the fields below.
        self._guard = threading.Lock()
        self._active: dict[Lease, None] = {}
        self._holders: dict[str, set[Lease]] = {}
        # Keys locked by requests without a lease, by the number of the lock.
        self._bare: dict[str, int] = {}
        # Keys of requests without an answer, which the server may have locked for us.
        self._unclear: set[str] = set()
        self._errands: list[Callable[[], None]] = []
        self._process = os.getpid()
        _open.add(self)

    # without a lease ------------------------------------------------------------------

    def attempt_update(self, update: Mapping[str, float | None]) -> bool:
        """See `ClientCore.attempt_update_locks`."""
        self._require_locks()
        request = LockRequest.from_durations(update)
        longest = _longest(request)
        with self._turn:
            numbers = self._ask(request, longest)
            if numbers is None:
                self.book.refused(request.acquire, longest)
                return False
            with self._guard:
                self._bare.update(numbers)
            self.book.released(request.release)
        self.settle()
        return True

    # leases -----------------------------------------------------------------------------

    def lease(
        self,
        keys: str | Iterable[str],
        *,
        duration: float = DEFAULT_DURATION,
        keep: bool = True,
        max_hold: float | None = DEFAULT_MAX_HOLD,
    ) -> Lease:
        """A lease that is free: see `ClientCore.lock`, which takes it too."""
        self._require_locks()
        return Lease(
            self, checked_keys(keys), Terms.checked(duration, keep=keep, max_hold=max_hold)
        )

    def acquire(self, lease: Lease, *, wait: bool, timeout: float | None) -> None:
        """See `Lease.acquire`."""
        if lease.state in ("held", "expiring"):
            return
        try:
            self._try(lease, wait=wait or timeout is not None, timeout=timeout)
        except BaseException:
            if lease.state == "pending":
                lease.enter("free")
            self.book.withdrawn(lease.keys)
            raise

    def renew(self, leases: Sequence[Lease]) -> None:
        """Renew leases together; those that someone else holds now are lost.

        Raises:
            NanoverJupyterError: The server cannot be asked.
        """
        with self._turn:
            self._require_open()
            # Asked in our turn: a lease that was given back meanwhile stays given back.
            with self._guard:
                going = [lease for lease in leases if lease in self._active]
            now = self.clock()
            durations: dict[str, float] = {}
            for lease in going:
                seconds = lease.seconds_from(now)
                for key in lease.keys:
                    durations[key] = max(seconds, durations.get(key, 0.0))
            self._renew_keys(self._never_shorter(durations, now), _TAKEN)
        self.settle()

    def release(self, lease: Lease) -> None:
        """See `Lease.release`."""
        with self._guard:
            # First of all: from here on nobody renews it.
            self._active.pop(lease, None)
        with self._turn:
            with self._guard:
                keys = [key for key in lease.keys if self._was_last_locked(lease, key)]
            state = lease.state
            if state in ("held", "expiring"):
                lease.enter("released", "given back")
            elif state == "pending":
                lease.enter("free")  # whoever waits for it finds that out
            self._give_back(keys, lease)
        self._mark(lease.keys)
        self.settle()

    def terms_changed(self, lease: Lease) -> None:
        """A lease goes on under other terms."""
        self._mark(lease.keys)
        self.keeper.wake()

    def leases_of(self, key: str) -> list[Lease]:
        """The leases that hold a key now."""
        with self._guard:
            return [lease for lease in self._holders.get(key, ()) if lease in self._active]

    # when others may have had our locks ----------------------------------------------------

    def prove(self, why: str, lost: str) -> None:
        """Ask again for all locks that we hold, for the time that they have left.

        Args:
            why: What casts doubt on them, as a phrase.
            lost: What to say of those that someone else holds.

        Raises:
            NanoverJupyterError: The server cannot be asked.
        """
        with self._turn:
            self._require_open()
            now = self.clock()
            wanted = {
                row.key: row.seconds if row.keep else row.ends_at - now
                for row in self.book.leases()
                if row.is_held
            }
            self._give_back_unclear()
            self._renew_keys(wanted, lost)
            self.book.doubted(wanted, why)
        self.settle()

    def prove_soon(self, why: str, lost: str) -> None:
        """As `prove`, on the keeper's thread; does nothing when we hold no lock."""
        if not self.book.holds_any:
            return
        with self._guard:
            self._errands.append(lambda: self.prove(why, lost))
        self.keeper.wake()

    # for the keeper ---------------------------------------------------------------------------

    def errand(self) -> None:
        """Do what was asked to be done on the keeper's thread."""
        with self._guard:
            errands, self._errands = self._errands, []
        for errand in errands:
            with suppress(NanoverJupyterError):
                errand()

    def settle(self) -> Sequence[Lease]:
        """Tell which leases have ended by now; returns those that are held."""
        self.book.age()
        with self._guard:
            active = list(self._active)
        going: list[Lease] = []
        for lease in active:
            standing = lease.standing()
            if standing.state in ("held", "expiring"):
                going.append(lease)
                continue
            with self._guard:
                if lease not in self._active:
                    continue  # given back at this moment, or told by another thread
                del self._active[lease]
            lease.enter("released" if standing.state == "released" else "lost", standing.note)
        return going

    def close(self, *, reachable: bool = True) -> None:
        """Renew nothing any more, then give back what we hold. Idempotent; raises nothing.

        Args:
            reachable: Whether there is a server to tell.
        """
        self._closed.set()
        self.keeper.close()
        if not self._turn.acquire(timeout=_RELEASE_SECONDS):
            return  # a request hangs: the locks end by their own time
        try:
            with self._guard:
                leases = list(self._active)
                self._active.clear()
                unclear = set(self._unclear)
            keys = [*dict.fromkeys((*self.book.held_keys(), *unclear))]
            if keys and reachable:
                with suppress(NanoverJupyterError):
                    request = LockRequest({}, frozenset(keys))
                    self._transport.update_locks(request, _RELEASE_SECONDS)
                    self.book.released(keys)
            for lease in leases:
                lease.enter("released", "the client was closed")
        finally:
            self._turn.release()

    def abandon(self) -> None:
        """As `close`, without waiting, for when nobody is left who could close."""
        with self._guard:
            if not self._active or self._closed.is_set():
                return
            self._errands.append(self.close)
        self.keeper.wake()

    def leave(self) -> None:
        """As `close`, when the interpreter ends. A fork leaves its parent's locks alone."""
        if self._process == os.getpid():
            self.close()

    # inside -------------------------------------------------------------------------------------

    def _try(self, lease: Lease, *, wait: bool, timeout: float | None) -> None:
        """Ask for the keys of a lease until they are ours or time is over."""
        begun = self.clock()
        pauses = 0
        while not self._take(lease):
            waited = self.clock() - begun
            left = math.inf if timeout is None else timeout - waited
            if not wait or left <= 0:
                lease.enter("free")
                self.book.refused(lease.keys, lease.duration)
                raise LockRefused(lease.keys, waited if pauses else 0.0)
            self.book.pending(lease.keys, lease.duration, _TRYING)
            if self._pause(min(_back_off(pauses), left)):
                raise ClosedError(self._transport.address)
            if lease.state != "pending":
                raise LeaseLost(lease.keys, "it was given back while somebody waited for it")
            pauses += 1

    def _take(self, lease: Lease) -> bool:
        """Ask for the keys of a lease once."""
        with self._turn:
            now = self.clock()
            lease.taken_at = now
            lease.enter("pending")
            seconds = lease.seconds_from(now)
            durations = self._never_shorter(dict.fromkeys(lease.keys, seconds), now)
            numbers = self._ask(LockRequest(durations), seconds)
            if numbers is None:
                return False
            with self._guard:
                lease.numbers = numbers
                self._active[lease] = None
                for key in lease.keys:
                    self._holders.setdefault(key, set()).add(lease)
            lease.enter("held")
        self._mark(lease.keys)
        standing = lease.standing()
        if standing.state not in ("held", "expiring"):
            self.settle()
            raise LeaseLost(lease.keys, "its time was over before the server had answered")
        self.keeper.wake(min(lease.renewal_due(standing), standing.ends_at))
        return True

    def _ask(self, request: LockRequest, seconds: float) -> dict[str, int] | None:
        """Send a request and write its outcome down; None when it was refused."""
        self._require_open()
        self.book.pending(request.acquire, seconds)
        asked_at = self.clock()
        try:
            granted = self._transport.update_locks(request, self._call_timeout())
        except InvalidValue:
            self.book.withdrawn(request.acquire)
            raise
        except BaseException as error:
            unclear = [key for key in request.acquire if not self._holds(key)]
            self.book.failed(request.acquire, str(error) or type(error).__name__)
            with self._guard:
                self._unclear.update(unclear)
                self._errands.append(self._give_back_unclear)
            self.keeper.wake()
            raise
        if not granted:
            return None
        with self._guard:
            self._unclear.difference_update(request.acquire, request.release)
        return self.book.granted(request.acquire, asked_at)

    def _renew_keys(self, durations: Mapping[str, float], lost: str) -> None:
        """Ask again for keys that are ours; halves what is refused down to what is lost."""
        keys = list(durations)
        parts = [keys[at : at + _KEYS_TOGETHER] for at in range(0, len(keys), _KEYS_TOGETHER)]
        while parts:
            part = parts.pop()
            asked_at = self.clock()
            wanted = {key: durations[key] for key in part}
            if self._transport.update_locks(LockRequest(wanted), self._renewal_timeout(wanted)):
                self.book.granted(wanted, asked_at)
            elif len(part) == 1:
                self.book.taken(part, lost)
            else:
                middle = len(part) // 2
                parts += [part[:middle], part[middle:]]

    def _renewal_timeout(self, durations: Mapping[str, float]) -> float | None:
        """Short enough to try again before the first of the locks has ended."""
        soon = max(_SHORTEST_RENEWAL_TIMEOUT, min(durations.values()) / 4)
        limit = self._call_timeout()
        return soon if limit is None else min(limit, soon)

    def _never_shorter(self, durations: Mapping[str, float], now: float) -> dict[str, float]:
        """What we hold for longer already is asked for that long."""
        longer = dict(durations)
        for key, seconds in durations.items():
            row = self.book.get(key)
            if row is not None and row.is_held:
                longer[key] = max(seconds, row.ends_at - now)
        return longer

    def _was_last_locked(self, lease: Lease, key: str) -> bool:
        """Whether nobody of ours holds a key any more once a lease lets go of it."""
        holders = self._holders.get(key, set())
        holders.discard(lease)
        row = self.book.get(key)
        number = None if row is None or not row.is_held else row.number
        others = any(other.numbers.get(key) == number for other in holders)
        if not others:
            self._holders.pop(key, None)
        ours = number is not None and lease.numbers.get(key) == number
        return ours and not others and self._bare.get(key) != number

    def _give_back(self, keys: Sequence[str], lease: Lease) -> None:
        """A request of its own: one that also asked for locks could be refused whole."""
        if not keys:
            return
        try:
            self._transport.update_locks(LockRequest({}, frozenset(keys)), self._call_timeout())
        except NanoverJupyterError:
            with self._guard:
                self._unclear.update(keys)
            if lease.state == "released":
                lease.enter("released", _UNTOLD)
            self.book.released(keys, _UNTOLD)
        else:
            self.book.released(keys)

    def _give_back_unclear(self) -> None:
        """Give back what the server may have locked for us without our knowing."""
        with self._turn:
            with self._guard:
                unclear = frozenset(self._unclear)
            unclear -= frozenset(self.book.held_keys())
            if not unclear:
                return
            self._require_open()
            self._transport.update_locks(LockRequest({}, unclear), self._call_timeout())
            with self._guard:
                self._unclear -= unclear

    def _holds(self, key: str) -> bool:
        row = self.book.get(key)
        return row is not None and row.is_held

    def _mark(self, keys: Iterable[str]) -> None:
        """Write down which keys are renewed, and until when."""
        kept: list[str] = []
        caps: dict[str, float | None] = {}
        for key in keys:
            leases = self.leases_of(key)
            if any(lease.keep for lease in leases):
                kept.append(key)
            ends = [lease.cap_at for lease in leases]
            caps[key] = None if None in ends or not ends else max(end for end in ends if end)
        self.book.keep(caps, kept=kept)

    def _require_open(self) -> None:
        if self._closed.is_set():
            raise ClosedError(self._transport.address)

    def _require_locks(self) -> None:
        able = self._transport.capabilities
        if not able.locks:
            raise NotSupported("locks", able.transport)


_open: weakref.WeakSet[Locks] = weakref.WeakSet()


@atexit.register
def _leave() -> None:
    for locks in list(_open):
        locks.leave()


def _back_off(pauses: int) -> float:
    """Seconds to wait before the next try: doubling, bounded, never in step with others."""
    longest: float = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(pauses, 10))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, no secret


def _longest(request: LockRequest) -> float:
    # Not checked yet: what is no duration will be refused in a moment.
    wanted: Mapping[str, object] = request.acquire
    longest = 0.0
    for seconds in wanted.values():
        with suppress(TypeError, ValueError, OverflowError):
            longest = max(longest, float(seconds))  # type: ignore[arg-type]
    return longest
