"""Lock notes in the shared state: who holds which lock, and requests to release it.

Servers do not publish who holds a lock, so clients can write it to the state. The keys,
which any NanoVer client can read and write:

    lock-note.HOLDER           {"by": string, "why": string, "until": {KEY: seconds, ...}}
    lock-ask.HOLDER.ASKER      {"by": string, "says": string, "keys": [KEY, ...]}

HOLDER and ASKER are random client ids. `until` is in seconds since 1970 by the holder's
clock, for at most 100 keys. A note is removed with its last lock or when its client
closes. After a crash, the next client that announces itself removes it a minute after its
time. Notes are advisory: locks do not depend on them.
"""

from __future__ import annotations

import math
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Protocol

from nanover_jupyter.client.listeners import Listeners, Unsubscribe
from nanover_jupyter.client.locks.options import check_keys
from nanover_jupyter.client.locks.table import LeaseTable
from nanover_jupyter.client.state.change_feed import ChangeCallback
from nanover_jupyter.errors import NanoverJupyterError
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import Value

__all__ = ["LockNote", "LockNotes", "ReleaseRequest"]

NOTE: Final = "lock-note."
ASK: Final = "lock-ask."

_MAX_KEYS: Final = 100
_MAX_TEXT: Final = 120
_MAX_KEY_TEXT: Final = 500
_ANONYMOUS: Final = "another client"
_REFRESH_INTERVAL: Final = 5.0
_WRITE_DELAY: Final = 0.5
_WRITE_TIMEOUT: Final = 1.0
_STALE_SECONDS: Final = 60.0
# The year 3000; some platforms cannot format later dates.
_MAX_TIME: Final = 32_503_680_000.0


@dataclass(frozen=True, slots=True)
class LockNote:
    """The note of another client: who, why, and the end of each lock (seconds since 1970)."""

    holder: str
    by: str
    why: str
    until: dict[str, float]


@dataclass(frozen=True, slots=True)
class ReleaseRequest:
    """A request of another client to release keys."""

    asker: str
    by: str
    message: str
    keys: tuple[str, ...]


class _State(Protocol):
    """The operations of the client that notes use."""

    def keys(self) -> list[str]: ...
    def peek(self, key: str, /) -> Value: ...
    def write(self, change: DictionaryChange, timeout: float | None, /) -> bool: ...
    def subscribe(self, callback: ChangeCallback, /) -> Unsubscribe: ...


class LockNotes:
    """Reads the notes of other clients, and maintains our own after `announce`.

    Thread-safe. Our note is written on the thread `nanover-leases`; `on_asked` callbacks
    run on `nanover-changes`.

    Args:
        state: The shared state.
        table: Our locks.
        run_soon: Runs a call on the renewal thread, after some seconds.
        wall_clock: Seconds since 1970.
    """

    def __init__(
        self,
        state: _State,
        table: LeaseTable,
        run_soon: Callable[..., None],
        *,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = uuid.uuid4().hex[:16]
        self._state = state
        self._table = table
        self._run_soon = run_soon
        self._wall_clock = wall_clock
        self._asked: Listeners[ReleaseRequest] = Listeners()
        # Held while our note or a request is written or removed, to keep these in order.
        self._write_lock = threading.RLock()
        # Guards the fields below; never held during a call to the server.
        self._guard = threading.Lock()
        self._announced: tuple[str, str] | None = None
        self._unsubscribe: list[Unsubscribe] = []
        self._due = False
        self._written: dict[str, float] = {}
        # Also set after a write whose outcome is unknown.
        self._may_be_written = False
        self._written_at = -math.inf
        self._asks: set[str] = set()

    # our note ---------------------------------------------------------------------

    @property
    def announced(self) -> tuple[str, str] | None:
        """Our name and reason as published; None if not announced."""
        return self._announced

    def announce(self, by: str, why: str = "") -> None:
        """Publish from now on which locks we hold and until when.

        Args:
            by: Our name for people, such as "Anna's notebook".
            why: Why we hold the locks.

        Raises:
            NanoverJupyterError: The client cannot subscribe to the shared state.
        """
        with self._guard:
            first = self._announced is None
            self._announced = (by[:_MAX_TEXT], why[:_MAX_TEXT])
            self._written_at = -math.inf
        if first:
            unsubscribe = [
                self._state.subscribe(self._on_change),
                self._table.subscribe(self._refresh),
            ]
            with self._guard:
                self._unsubscribe = unsubscribe
            self._run_soon(self._sweep)
        self._refresh()

    def withdraw(self) -> None:
        """Stop publishing, and remove our note and requests. Raises nothing."""
        with self._write_lock:
            with self._guard:
                callbacks, self._unsubscribe = self._unsubscribe, []
                self._announced = None
                removals = {f"{ASK}{holder}.{self.name}" for holder in self._asks}
                if self._may_be_written:
                    removals.add(NOTE + self.name)
                self._written, self._asks, self._may_be_written = {}, set(), False
            for unsubscribe in callbacks:
                unsubscribe()
            removals.update(self._keys_of(f"{ASK}{self.name}."))
            self._write(DictionaryChange(removals=removals))

    def requests(self) -> list[ReleaseRequest]:
        """Return the requests of other clients for keys that we hold."""
        return [ask for ask in self._all_requests() if self._holds_any(ask.keys)]

    def on_asked(self, callback: Callable[[ReleaseRequest], object]) -> Unsubscribe:
        """Call `callback(request)` when another client asks us to release keys."""
        return self._asked.subscribe(callback)

    def dismiss(self, request: ReleaseRequest) -> None:
        """Remove a request. Raises nothing."""
        self._write(DictionaryChange(removals={f"{ASK}{self.name}.{request.asker}"}))

    # notes of other clients -------------------------------------------------------

    def notes(self) -> list[LockNote]:
        """Return the current notes of other clients."""
        now = self._wall_clock()
        notes = map(self._read_note, self._keys_of(NOTE))
        return [
            note
            for note in notes
            if note is not None and note.holder != self.name and max(note.until.values()) > now
        ]

    def holder_of(self, key: str) -> LockNote | None:
        """Return the note of the client that claims to hold a key, or None."""
        now = self._wall_clock()
        return next((note for note in self.notes() if note.until.get(key, 0.0) > now), None)

    def describe_holder(self, keys: Sequence[str]) -> str:
        """Return who holds one of the keys, as a phrase; empty if unknown."""
        for key in keys[:_MAX_KEYS]:
            note = self.holder_of(key)
            if note is not None:
                until = time.strftime("%H:%M:%S", time.localtime(note.until[key]))
                return f"{note.by} (until {until} or later)"
        return ""

    def ask(self, keys: str | Iterable[str], *, by: str = "", message: str = "") -> list[str]:
        """Ask the holders of keys to release them. They see the request and may ignore it.

        Args:
            keys: The keys.
            by: Our name for people; the announced name by default.
            message: A message to the holders.

        Returns:
            The keys whose holders are known and were asked.

        Raises:
            NanoverJupyterError: ConnectError, ConnectionLost, TimedOut or ClosedError.
        """
        wanted: dict[str, list[str]] = {}
        for key in check_keys(keys)[:_MAX_KEYS]:
            note = self.holder_of(key)
            if note is not None:
                wanted.setdefault(note.holder, []).append(key)
        if not wanted:
            return []
        announced = self._announced
        who = by or (announced[0] if announced else _ANONYMOUS)
        updates = {
            f"{ASK}{holder}.{self.name}": {
                "by": who[:_MAX_TEXT],
                "says": message[:_MAX_TEXT],
                "keys": list(held),
            }
            for holder, held in wanted.items()
        }
        with self._write_lock:
            self._state.write(DictionaryChange(updates), _WRITE_TIMEOUT)
            with self._guard:
                self._asks.update(wanted)
        return [key for held in wanted.values() for key in held]

    # inside -----------------------------------------------------------------------

    def _refresh(self) -> None:
        """Schedule an update of our note."""
        with self._guard:
            if self._due or self._announced is None:
                return
            self._due = True
        self._run_soon(self._write_note, after=_WRITE_DELAY)

    def _write_note(self) -> None:
        with self._write_lock:
            self._write_note_locked()

    def _write_note_locked(self) -> None:
        now, wall = self._table.clock(), self._wall_clock()
        held = (row for row in self._table.rows() if row.is_held and not math.isinf(row.ends_at))
        until = {row.key: wall + row.ends_at - now for row in islice(held, _MAX_KEYS)}
        with self._guard:
            self._due = False
            announced = self._announced
            same = until.keys() == self._written.keys()
            if announced is None or (same and now - self._written_at < _REFRESH_INTERVAL):
                return
            if same and not until:
                return
            self._may_be_written = self._may_be_written or bool(until)
        by, why = announced
        note: Value = {"by": by, "why": why, "until": dict(until)}
        key = NOTE + self.name
        change = DictionaryChange({key: note}) if until else DictionaryChange(removals={key})
        answered = [
            f"{ASK}{self.name}.{ask.asker}"
            for ask in self._all_requests()
            if not self._holds_any(ask.keys)
        ]
        change.removals.update(answered)
        if self._write(change):
            with self._guard:
                self._written, self._written_at = until, now

    def _all_requests(self) -> list[ReleaseRequest]:
        asks = map(self._read_ask, self._keys_of(f"{ASK}{self.name}."))
        return [ask for ask in asks if ask is not None]

    def _keys_of(self, prefix: str) -> list[str]:
        keys = self._state.keys()
        return [key for key in keys if key.startswith(prefix)]

    def _sweep(self) -> None:
        """Remove stale notes and requests of crashed clients."""
        stale_before = self._wall_clock() - _STALE_SECONDS
        notes = {key: self._read_note(key) for key in self._keys_of(NOTE)}
        stale = {
            key
            for key, note in notes.items()
            if note is None or max(note.until.values()) < stale_before
        }
        alive = {key.removeprefix(NOTE) for key in notes.keys() - stale} | {self.name}
        stale |= {
            key
            for key in self._keys_of(ASK)
            if key.removeprefix(ASK).partition(".")[0] not in alive
        }
        self._write(DictionaryChange(removals=stale))

    def _write(self, change: DictionaryChange) -> bool:
        if not change:
            return True
        try:
            return self._state.write(change, _WRITE_TIMEOUT)
        except NanoverJupyterError:
            return False  # Advisory: written at the next occasion.

    def _on_change(self, change: DictionaryChange) -> None:
        prefix = f"{ASK}{self.name}."
        for key in change.lazy_updates:
            ask = self._read_ask(key) if key.startswith(prefix) else None
            if ask is not None and self._holds_any(ask.keys):
                self._asked.notify(ask)

    def _holds_any(self, keys: Iterable[str]) -> bool:
        rows = (self._table.get(key) for key in keys)
        return any(row is not None and row.is_held for row in rows)

    def _read_note(self, key: str) -> LockNote | None:
        """Return the note under a key, or None if the value is not a valid note."""
        value = self._state.peek(key)
        until = value.get("until") if isinstance(value, dict) else None
        if not isinstance(value, dict) or not isinstance(until, dict):
            return None
        times = {
            name: float(at)
            for name, at in islice(until.items(), _MAX_KEYS)
            if len(name) <= _MAX_KEY_TEXT
            and isinstance(at, int | float)
            and not isinstance(at, bool)
            and 0.0 <= at < _MAX_TIME
        }
        if not times:
            return None
        by = _text(value.get("by")) or _ANONYMOUS
        return LockNote(key.removeprefix(NOTE), by, _text(value.get("why")), times)

    def _read_ask(self, key: str) -> ReleaseRequest | None:
        value = self._state.peek(key)
        keys = value.get("keys") if isinstance(value, dict) else None
        if not isinstance(value, dict) or not isinstance(keys, list):
            return None
        asked = tuple(
            name
            for name in keys[:_MAX_KEYS]
            if isinstance(name, str) and len(name) <= _MAX_KEY_TEXT
        )
        asker = key.removeprefix(f"{ASK}{self.name}.")
        by = _text(value.get("by")) or _ANONYMOUS
        return ReleaseRequest(asker, by, _text(value.get("says")), asked) if asked else None


def _text(value: Any) -> str:
    return value[:_MAX_TEXT] if isinstance(value, str) else ""
