"""The leases of one client: which key is held by which, and what becomes of them."""

from __future__ import annotations

import atexit
import math
import os
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

from nanover_jupyter.client.backoff import back_off, request_limit
from nanover_jupyter.client.locks.clock import lease_clock
from nanover_jupyter.client.locks.lease import Lease, LeaseOptions, checked_keys
from nanover_jupyter.client.locks.lease_index import LeaseIndex
from nanover_jupyter.client.locks.notes import LockNotes
from nanover_jupyter.client.locks.probe import find_blocking_keys_among
from nanover_jupyter.client.locks.renewer import LeaseRenewer
from nanover_jupyter.client.locks.requests import LockRequests
from nanover_jupyter.client.locks.switch_detector import SimulationSwitchDetector
from nanover_jupyter.client.locks.table import LeaseTable
from nanover_jupyter.client.locks.watched_keys import LockWatch
from nanover_jupyter.client.scheduler import Scheduler
from nanover_jupyter.errors import (
    InvalidValue,
    LeaseLost,
    LockRefused,
    NanoverJupyterError,
)
from nanover_jupyter.transport.base import Transport
from nanover_jupyter.wire.messages import LockRequest

__all__ = ["DEFAULT_DURATION", "DEFAULT_MAX_HOLD", "Locks"]

DEFAULT_DURATION = 10.0
DEFAULT_MAX_HOLD = 600.0

_WATCH_SECONDS = 2.0

_TAKEN = "someone else holds it now"
_TRYING = "someone else holds it; trying again"
_UNTOLD = "given back, but the server could not be told: it ends by its own time"


class Locks:
    """Takes, renews and gives back the locks of a client.

    Any thread may call any method.

    Args:
        transport: The way to the server.
        call_timeout: Seconds that a request may take; None for no limit.
        clock: The seconds that leases are counted in.
        pause: Waits for some seconds, or until there is nothing to wait for.

    Attributes:
        book: What is known of each key.
        watch: What is known of watched keys.
        switches: Is told what may have switched the simulation.
        notes: What others say of their locks; set by a client that follows the state.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        call_timeout: Callable[[], float | None] = lambda: 20.0,
        clock: Callable[[], float] = lease_clock,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        self.clock = clock
        self.book = LeaseTable(clock)
        self.keeper = LeaseRenewer(self, clock)
        self.watch = LockWatch(clock)
        self.switches = SimulationSwitchDetector(self, clock)
        self.notes: LockNotes | None = None
        self._requests = LockRequests(transport, self.book, call_timeout)
        self._pause = pause or self._requests.pause
        self._roll = LeaseIndex()
        self._errands = Scheduler(clock)
        # Set when the client was collected without having been closed.
        self._is_abandoned = False
        self._process = os.getpid()
        _open.add(self)

    # without a lease ------------------------------------------------------------------

    def attempt_update(self, update: Mapping[str, float | None]) -> bool:
        """See `BaseClient.attempt_update_locks`."""
        self._requests.require_locks()
        request = LockRequest.from_durations(update)
        longest = _longest(request)
        with self._requests.turn:
            numbers = self._asked(request, longest)
            if numbers is None:
                self.book.refused(request.acquire, longest)
                return False
            self.book.released(request.release)
            self._give_back_whole(request.release)
            held = {row.key: row.number for row in self.book.leases() if row.is_held}
            self._roll.note_bare(numbers, held)
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
        """A lease that is free: see `BaseClient.lock`, which takes it too."""
        self._requests.require_locks()
        return Lease(
            self, checked_keys(keys), LeaseOptions.checked(duration, keep=keep, max_hold=max_hold)
        )

    def acquire(self, lease: Lease, *, wait: bool, timeout: float | None) -> None:
        """See `Lease.acquire`."""
        if lease.state in ("held", "expiring"):
            return
        self._roll.begin_waiting(lease)
        try:
            self._try(lease, wait=wait or timeout is not None, timeout=timeout)
        except BaseException:
            if lease.state == "pending":
                lease.enter("free")
            self.book.withdrawn(lease.keys)
            raise
        finally:
            self._roll.end_waiting(lease)

    def renew(self, leases: Sequence[Lease]) -> None:
        """Renew leases together; those that someone else holds now are lost.

        Raises:
            NanoverJupyterError: The server cannot be asked.
        """
        with self._requests.turn:
            # Asked in our turn: a lease that was given back meanwhile stays given back.
            going = [lease for lease in leases if lease in self._roll and lease.standing().is_held]
            now = self.clock()
            durations: dict[str, float] = {}
            for lease in going:
                seconds = lease.seconds_from(now)
                for key in lease.keys:
                    durations[key] = max(seconds, durations.get(key, 0.0))
            self._requests.renew(self._requests.never_shorter(durations, now), _TAKEN)
        self.settle()

    def release(self, lease: Lease) -> None:
        """See `Lease.release`."""
        # First of all: from here on nobody renews it.
        self._roll.drop(lease)
        with self._requests.turn:
            # Again: what was asked for before our turn may have been granted meanwhile.
            self._roll.drop(lease)
            keys = [key for key in lease.keys if self._was_last(lease, key)]
            state = lease.state
            if state in ("held", "expiring"):
                lease.enter("released", "given back")
            elif state == "pending":
                lease.enter("free")  # whoever waits for it finds that out
            told = self._requests.give_back(keys, _UNTOLD)
            if not told and state in ("held", "expiring"):
                lease.enter("released", _UNTOLD)
        self._mark(lease.keys)
        self.settle()

    def release_all(self) -> None:
        """Give back whatever is ours in one request, and wait for nothing."""
        for lease in self._roll.waiting():
            self.release(lease)
        # As in `release`: from here on nobody renews them.
        leases = self._roll.drop_all()
        with self._requests.turn:
            keys = self.book.held_keys()
            told = self._requests.give_back(list(keys), _UNTOLD)
            for lease in leases:
                lease.enter("released", "given back" if told else _UNTOLD)
        self.settle()

    def terms_changed(self, lease: Lease) -> None:
        """A lease goes on under other terms."""
        self._mark(lease.keys)
        self.keeper.wake()

    def leases_of(self, key: str) -> list[Lease]:
        """The leases that hold a key now."""
        return self._roll.on(key)

    def waiting_for(self, key: str) -> list[Lease]:
        """The leases that somebody waits for and that are on a key."""
        return self._roll.waiting_for(key)

    def take_apart(self, lease: Lease) -> list[Lease]:
        """Let each key of a held lease go its own way: a lease for each, in its place."""
        if len(lease.keys) == 1:
            return [lease]
        parts = self._roll.take_apart(lease)
        self._mark(lease.keys)
        return parts

    # others' locks ------------------------------------------------------------------------

    def blocking(self, keys: str | Iterable[str], *, most: int | None = None) -> list[str]:
        """See `BaseClient.who_blocks`."""
        self._requests.require_locks()
        return find_blocking_keys_among(checked_keys(keys), self._requests.all_free, most=most)

    def watch_keys(self, keys: str | Iterable[str]) -> None:
        """Look every two seconds whose keys are, until they are left out again.

        Raises:
            NotSupported: Servers of this kind have no locks.
            InvalidArgument: No keys, or more than can be watched.
        """
        self._requests.require_locks()
        self.watch.add(checked_keys(keys))
        if self.watch.begin_looking():
            self.run_soon(self._look)

    # when others may have had our locks ----------------------------------------------------

    def prove(self, why: str, lost: str) -> None:
        """Ask again for all locks that we hold, for the time that they have left.

        Args:
            why: What casts doubt on them, as a phrase; empty to say nothing about those
                that are still ours.
            lost: What to say of those that someone else holds.

        Raises:
            NanoverJupyterError: The server cannot be asked.
        """
        with self._requests.turn:
            now = self.clock()
            wanted = {
                row.key: row.seconds_to_ask_for(now) for row in self.book.leases() if row.is_held
            }
            self._requests.give_back_unclear()
            self._requests.renew(wanted, lost)
            if why:
                self.book.doubted(wanted, why)
        self.settle()

    def prove_soon(self, why: str, lost: str) -> None:
        """As `prove`, on the keeper's thread; until then the book says that it is in doubt."""
        self.book.begin_proof()

        def errand() -> None:
            try:
                self.prove(why, lost)
            finally:
                self.book.end_proof()

        self.run_soon(errand)

    def holds_any(self) -> bool:
        """Whether any key is ours now."""
        return self.book.holds_any

    # for the keeper ---------------------------------------------------------------------------

    def run_errands(self) -> float:
        """Do what was to be done by now on the keeper's thread; returns when there is more."""
        if self._is_abandoned:
            self.close()
        return self._errands.run()

    def settle(self) -> Sequence[Lease]:
        """Tell which leases have ended by now; returns those that are held."""
        self.book.age()
        going: list[Lease] = []
        for lease in self._roll.held():
            standing = lease.standing()
            if standing.is_held:
                going.append(lease)
                continue
            if self._roll.drop(lease):  # else given back at this moment, or told already
                lease.enter("released" if standing.state == "released" else "lost", standing.note)
                if any(map(self._requests.holds, lease.keys)):
                    self._leave_at_limit(lease)
        return going

    def close(self, *, reachable: bool = True) -> None:
        """Renew nothing any more, then give back what we hold. Idempotent; raises nothing.

        Args:
            reachable: Whether there is a server to tell.
        """
        if reachable and self.notes is not None and not self._requests.is_closed:
            self.notes.withdraw()
        self._requests.close()
        self.keeper.close()
        leases = self._roll.drop_all()
        if reachable:
            self._requests.give_back_all()
        for lease in leases:
            lease.enter("released", "the client was closed")

    def abandon(self) -> None:
        """As `close`, later and on the thread that renews, if there is one. For finalizers."""
        self._is_abandoned = True
        self.keeper.nudge()

    def leave(self) -> None:
        """As `close`, when the interpreter ends. A fork leaves its parent's locks alone."""
        if self._process == os.getpid():
            self.close()

    # inside -------------------------------------------------------------------------------------

    def _try(self, lease: Lease, *, wait: bool, timeout: float | None) -> None:
        """Ask for the keys of a lease until they are ours or time is over."""
        begun = self.clock()
        pauses = 0
        while not self._take(
            lease, waited=pauses > 0, patience=request_limit(timeout, self.clock() - begun)
        ):
            waited = self.clock() - begun
            left = math.inf if timeout is None else timeout - waited
            if not wait or left <= 0:
                lease.enter("free")
                who = "" if self.notes is None else self.notes.describe_holder(lease.keys)
                self.book.refused(lease.keys, lease.duration, f"{who} holds it" if who else "")
                raise LockRefused(lease.keys, waited if pauses else 0.0, who)
            self.book.pending(lease.keys, lease.duration, _TRYING)
            self._pause(min(back_off(pauses), left))
            self._requests.require_open()
            pauses += 1

    def _take(self, lease: Lease, *, waited: bool, patience: float | None) -> bool:
        """Ask for the keys of a lease once, unless it was given back while somebody waited."""
        with self._requests.turn:
            # In our turn: it may have been given back while that was somebody else's.
            if waited and lease.state != "pending":
                raise LeaseLost(lease.keys, "it was given back while somebody waited for it")
            now = self.clock()
            lease.taken_at = now
            lease.enter("pending")
            seconds = lease.seconds_from(now)
            durations = self._requests.never_shorter(dict.fromkeys(lease.keys, seconds), now)
            terms = lease.terms
            numbers = self._asked(
                LockRequest(durations),
                seconds,
                keep=terms.keep,
                cap_at=lease.cap_at,
                patience=patience,
            )
            if numbers is None:
                return False
            is_alone = self._roll.add(lease, numbers)
            lease.enter("held")
        if not is_alone or lease.terms is not terms:
            self._mark(lease.keys)
        # At the soonest: by the book, they were asked for a moment later.
        ends_at = min(now + min(durations.values()), lease.cap_at or math.inf)
        if self.clock() >= ends_at:
            self.settle()
            self.keeper.wake()
            raise LeaseLost(lease.keys, "its time was over before the server had answered")
        self.keeper.wake(lease.next_change("held", ends_at))
        return True

    def _asked(
        self,
        request: LockRequest,
        seconds: float,
        *,
        keep: bool = False,
        cap_at: float | None = None,
        patience: float | None = None,
    ) -> dict[str, int] | None:
        try:
            return self._requests.ask(request, seconds, keep=keep, cap_at=cap_at, patience=patience)
        except InvalidValue:
            raise
        except BaseException:
            self.run_soon(self._requests.give_back_unclear)
            raise

    def _give_back_whole(self, keys: Iterable[str]) -> None:
        """Give back the rest of the leases of which a key was given back; in our turn."""
        ended = dict.fromkeys(lease for key in keys for lease in self._roll.on(key))
        dropped = [lease for lease in ended if self._roll.drop(lease)]
        left = [key for lease in dropped for key in lease.keys if self._was_last(lease, key)]
        self._requests.give_back(list(dict.fromkeys(left)), _UNTOLD)
        for lease in dropped:
            lease.enter("released", "given back")

    def _leave_at_limit(self, lease: Lease) -> None:
        """Leave keys that are held for longer than a lease that has ended.

        They are ours by another lease or by a request without one, or because another
        lease, which was given back, has asked for more time.
        """
        self._mark(lease.keys)
        cap_at = lease.cap_at
        if cap_at is None or self.clock() < cap_at:
            return  # it lost one of its keys, and the others end by their own time

        def give_back() -> None:
            with self._requests.turn:
                keys = [key for key in lease.keys if self._was_last(lease, key)]
                self._requests.give_back(keys, _UNTOLD)

        self.run_soon(give_back)

    def _was_last(self, lease: Lease, key: str) -> bool:
        """Whether a key was ours by a lease, and by nobody else of us, when it let go of it."""
        row = self.book.get(key)
        if row is None or not row.is_held or lease.numbers.get(key) != row.number:
            return False
        return not self._roll.is_wanted(key, row.number)

    def run_soon(self, errand: Callable[[], None], *, after: float = 0.0) -> None:
        """Run `errand()` on the keeper's thread, after some seconds; its errors are dropped."""
        self.keeper.wake(self._errands.add(errand, after))

    def _look(self) -> None:
        """Look whose the watched keys are, and again in a while."""
        keys = self.watch.keys_to_look_at()
        if not keys:
            return
        self.run_soon(self._look, after=_WATCH_SECONDS)
        try:
            held = find_blocking_keys_among(keys, self._requests.all_free)
        except NanoverJupyterError:
            self.watch.unknown()
            raise
        self.watch.found(keys, {key for key in keys if self._requests.holds(key)}, held)

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


_open: weakref.WeakSet[Locks] = weakref.WeakSet()


@atexit.register
def _leave() -> None:
    for locks in list(_open):
        locks.leave()


def _longest(request: LockRequest) -> float:
    # Not checked yet: what is no duration will be refused in a moment.
    wanted: Mapping[str, object] = request.acquire
    longest = 0.0
    for seconds in wanted.values():
        with suppress(TypeError, ValueError, OverflowError):
            longest = max(longest, float(seconds))  # type: ignore[arg-type]
    return longest
