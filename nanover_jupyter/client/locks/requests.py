"""Requests for locks, one at a time, and their outcome written into the book."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from nanover_jupyter.client.locks.table import LeaseTable
from nanover_jupyter.errors import ClosedError, InvalidValue, NanoverJupyterError, NotSupported
from nanover_jupyter.transport.base import Transport
from nanover_jupyter.wire.messages import LockRequest

__all__ = ["LockRequests"]

_RELEASE_SECONDS: Final = 1.0
_SHORTEST_RENEWAL_TIMEOUT: Final = 0.5
# Keys in one renewal; a request of more would take long to answer, and to repeat.
_KEYS_TOGETHER: Final = 2000


class LockRequests:
    """Asks the server about locks, in the order in which the answers are written down.

    A renewal on its way when a lock is given back would otherwise lock it again behind
    our back. Any thread may call any method.

    Args:
        transport: The way to the server.
        book: Where outcomes are written down.
        call_timeout: Seconds that a request may take; None for no limit.

    Attributes:
        turn: Held during a request and until its outcome is written down. Reentrant, as
            a listener to the book may ask for locks.
    """

    def __init__(
        self, transport: Transport, book: LeaseTable, call_timeout: Callable[[], float | None]
    ) -> None:
        self.turn = threading.RLock()
        self._transport = transport
        self._book = book
        self._call_timeout = call_timeout
        self._closed = threading.Event()
        # Keys of requests without an answer, which the server may have locked for us.
        # Guarded by `turn`.
        self._unclear: set[str] = set()

    @property
    def is_closed(self) -> bool:
        """Whether nothing is asked any more."""
        return self._closed.is_set()

    def require_locks(self) -> None:
        """Raise NotSupported where servers have no locks."""
        able = self._transport.capabilities
        if not able.locks:
            raise NotSupported("locks", able.transport)

    def require_open(self) -> None:
        """Raise ClosedError after `close`."""
        if self._closed.is_set():
            raise ClosedError(self._transport.address)

    def pause(self, seconds: float) -> None:
        """Wait, not beyond `close`."""
        self._closed.wait(seconds)

    def holds(self, key: str) -> bool:
        """Whether a key is ours now."""
        row = self._book.get(key)
        return row is not None and row.is_held

    def ask(
        self,
        request: LockRequest,
        seconds: float,
        *,
        keep: bool = False,
        cap_at: float | None = None,
        patience: float | None = None,
    ) -> dict[str, int] | None:
        """Take and give back; returns the numbers of the locks, None when it was refused.

        Args:
            request: What is asked.
            seconds: The duration to write down while the answer is on its way.
            keep: See `LeaseTable.granted`.
            cap_at: As `keep`.
            patience: Seconds to wait for the answer, where the caller has less time than
                calls may take.

        Raises:
            InvalidValue: A duration that is no number; nothing was sent.
            NanoverJupyterError: The server cannot be asked. What it may have locked for us
                all the same is given back by `give_back_unclear`.
        """
        with self.turn:
            self.require_open()
            self._book.pending(request.acquire, seconds)
            asked_at = self._book.clock()
            try:
                limits = [self._call_timeout(), patience]
                limit = min((each for each in limits if each is not None), default=None)
                granted = self._transport.update_locks(request, limit)
            except InvalidValue:
                self._book.withdrawn(request.acquire)
                raise
            except BaseException as error:
                self._unclear.update(key for key in request.acquire if not self.holds(key))
                self._book.failed(request.acquire, str(error) or type(error).__name__)
                raise
            if not granted:
                return None
            self._unclear.difference_update(request.acquire, request.release)
            return self._book.granted(request.acquire, asked_at, keep=keep, cap_at=cap_at)

    def renew(self, durations: Mapping[str, float], lost: str) -> None:
        """Ask again for keys that are ours; halves what is refused down to what is lost.

        Args:
            durations: Seconds by key.
            lost: What to say of those that someone else holds.

        Raises:
            NanoverJupyterError: The server cannot be asked.
        """
        keys = list(durations)
        parts = [keys[at : at + _KEYS_TOGETHER] for at in range(0, len(keys), _KEYS_TOGETHER)]
        with self.turn:
            self.require_open()
            while parts:
                part = parts.pop()
                asked_at = self._book.clock()
                wanted = {key: durations[key] for key in part}
                if self._transport.update_locks(LockRequest(wanted), self._patience(wanted)):
                    self._book.granted(wanted, asked_at)
                elif len(part) == 1:
                    self._book.taken(part, lost)
                else:
                    middle = len(part) // 2
                    parts += [part[:middle], part[middle:]]

    def give_back(self, keys: Sequence[str], untold: str) -> bool:
        """Give keys back; False when the server could not be told, and so does later.

        In a request of its own: one that also asked for locks could be refused whole.

        Args:
            keys: The keys.
            untold: What to write down when the server cannot be told.
        """
        if not keys:
            return True
        with self.turn:
            try:
                self._transport.update_locks(LockRequest({}, frozenset(keys)), self._call_timeout())
            except NanoverJupyterError:
                self._unclear.update(keys)
                self._book.released(keys, untold)
                return False
            self._book.released(keys)
            return True

    def give_back_unclear(self) -> None:
        """Give back what the server may have locked for us without our knowing.

        Raises:
            NanoverJupyterError: The server cannot be asked.
        """
        with self.turn:
            unclear = frozenset(self._unclear.difference(self._book.held_keys()))
            if unclear:
                self.require_open()
                self._transport.update_locks(LockRequest({}, unclear), self._call_timeout())
                self._unclear -= unclear

    def all_free(self, keys: Sequence[str]) -> bool:
        """Whether nobody else holds any of the keys.

        A lock of no seconds is over as soon as it is granted, so it shows whether a key is
        free and takes nothing. On a key of our own it would end our lock: never asked.

        Raises:
            NanoverJupyterError: The server cannot be asked.
        """
        with self.turn:
            self.require_open()
            others = {key: 0.0 for key in keys if not self.holds(key)}
            if not others:
                return True
            return self._transport.update_locks(LockRequest(others), self._call_timeout())

    def never_shorter(self, durations: Mapping[str, float], now: float) -> dict[str, float]:
        """What we hold for longer already is asked for that long."""
        longer = dict(durations)
        for key, seconds in durations.items():
            row = self._book.get(key)
            if row is not None and row.is_held:
                longer[key] = max(seconds, row.ends_at - now)
        return longer

    def close(self) -> None:
        """Ask nothing from now on, and wait for nothing."""
        self._closed.set()

    def give_back_all(self) -> None:
        """Give back what we hold or may hold, after `close`; raises nothing."""
        if not self.turn.acquire(timeout=_RELEASE_SECONDS):
            return  # a request hangs: the locks end by their own time
        try:
            keys = frozenset(self._unclear.union(self._book.held_keys()))
            if keys:
                self._transport.update_locks(LockRequest({}, keys), _RELEASE_SECONDS)
                self._book.released(keys)
        except NanoverJupyterError:
            return  # as above
        finally:
            self.turn.release()

    def _patience(self, durations: Mapping[str, float]) -> float | None:
        """Seconds that leave time to try again before the first of the locks has ended."""
        soon = max(_SHORTEST_RENEWAL_TIMEOUT, min(durations.values()) / 4)
        limit = self._call_timeout()
        return soon if limit is None else min(limit, soon)
