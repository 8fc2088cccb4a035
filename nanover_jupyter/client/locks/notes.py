"""Notes in the shared state that say who holds which lock, and requests to let go of it.

Servers do not tell who holds a lock, so those who want to be known write it down. The
keys, which any NanoVer client can read and write:

    lock-note.HOLDER           {"by": text, "why": text, "until": {KEY: seconds, ...}}
    lock-ask.HOLDER.ASKER      {"by": text, "says": text, "keys": [KEY, ...]}

HOLDER and ASKER are random names of clients, `until` is in seconds since 1970 by the
holder's clock, for a hundred keys at the most. A note goes when its last lock does, with
its client, and, when that ended badly, a minute after its time by whoever announces next.
Notes are courtesy: they prove nothing, and locks do not depend on them.
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
from nanover_jupyter.client.locks.lease import checked_keys
from nanover_jupyter.client.locks.table import LeaseTable
from nanover_jupyter.client.state.change_feed import ChangeCallback
from nanover_jupyter.errors import NanoverJupyterError
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import Value

__all__ = ["LockNote", "LockNotes", "ReleaseRequest"]

NOTE: Final = "lock-note."
ASK: Final = "lock-ask."

_MOST_KEYS: Final = 100
_MOST_TEXT: Final = 120
_MOST_KEY_TEXT: Final = 500
_REFRESH_SECONDS: Final = 5.0
_SOONEST_SECONDS: Final = 0.5
_WRITE_SECONDS: Final = 1.0
_STALE_SECONDS: Final = 60.0
# The year 3000; not every machine has a calendar for what comes after it.
_LAST_TIME: Final = 32_503_680_000.0


@dataclass(frozen=True, slots=True)
class LockNote:
    """What another client says of its locks: who, why, and by key until when (since 1970)."""

    holder: str
    by: str
    why: str
    until: dict[str, float]


@dataclass(frozen=True, slots=True)
class ReleaseRequest:
    """Somebody asks us to let go of keys."""

    asker: str
    by: str
    says: str
    keys: tuple[str, ...]


class _State(Protocol):
    """What notes need of the client."""

    def keys(self) -> list[str]: ...
    def peek(self, key: str, /) -> Value: ...
    def write(self, change: DictionaryChange, timeout: float | None, /) -> bool: ...
    def subscribe(self, callback: ChangeCallback, /) -> Unsubscribe: ...


class LockNotes:
    """Reads the notes of others; keeps one of our own, if we announce ourselves.

    Any thread may call any method. Our note is written on the thread `nanover-leases`,
    and callbacks of `on_asked` come from `nanover-changes`.

    Args:
        state: The shared state.
        book: Our locks.
        run_soon: Runs a call on the thread that renews locks, after some seconds.
        wall_clock: Seconds since 1970.
    """

    def __init__(
        self,
        state: _State,
        book: LeaseTable,
        run_soon: Callable[..., None],
        *,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = uuid.uuid4().hex[:16]
        self._state = state
        self._book = book
        self._run_soon = run_soon
        self._wall_clock = wall_clock
        self._asked: Listeners[ReleaseRequest] = Listeners()
        # Held while our note or a request is written or taken back: neither may overtake the other.
        self._turn = threading.RLock()
        # Guards the fields below; never held during a call to the server.
        self._guard = threading.Lock()
        self._announced: tuple[str, str] | None = None
        self._endings: list[Unsubscribe] = []
        self._due = False
        self._written: dict[str, float] = {}
        # Also after a try whose answer did not come.
        self._may_be_noted = False
        self._written_at = -math.inf
        self._asks: set[str] = set()

    # about us ---------------------------------------------------------------------

    @property
    def announced(self) -> tuple[str, str] | None:
        """Under which name, and why, we tell others of our locks; None while we do not."""
        return self._announced

    def announce(self, by: str, why: str = "") -> None:
        """Tell others from now on which locks we hold and until when.

        Args:
            by: Who we are, for people: "Anna's notebook".
            why: What for.

        Raises:
            NanoverJupyterError: The shared state cannot be followed.
        """
        with self._guard:
            first = self._announced is None
            self._announced = (by[:_MOST_TEXT], why[:_MOST_TEXT])
            self._written_at = -math.inf
        if first:
            endings = [self._state.subscribe(self._on_change), self._book.subscribe(self._refresh)]
            with self._guard:
                self._endings = endings
            self._run_soon(self._sweep)
        self._refresh()

    def withdraw(self) -> None:
        """Tell others nothing any more, and take back what was told. Raises nothing."""
        with self._turn:
            with self._guard:
                endings, self._endings = self._endings, []
                self._announced = None
                gone = {f"{ASK}{holder}.{self.name}" for holder in self._asks}
                if self._may_be_noted:
                    gone.add(NOTE + self.name)
                self._written, self._asks, self._may_be_noted = {}, set(), False
            for end in endings:
                end()
            gone.update(self._keys_of(f"{ASK}{self.name}."))
            self._write(DictionaryChange(removals=gone))

    def requests(self) -> list[ReleaseRequest]:
        """What others ask us to let go of and we still hold."""
        return [ask for ask in self._all_requests() if self._holds_any(ask.keys)]

    def on_asked(self, callback: Callable[[ReleaseRequest], object]) -> Unsubscribe:
        """Call `callback(request)` when somebody asks us to let go of keys."""
        return self._asked.subscribe(callback)

    def dismiss(self, request: ReleaseRequest) -> None:
        """Take a request off the table, whatever was done about it. Raises nothing."""
        self._write(DictionaryChange(removals={f"{ASK}{self.name}.{request.asker}"}))

    # about others -----------------------------------------------------------------

    def notes(self) -> list[LockNote]:
        """What others say of their locks, as far as it is not over."""
        now = self._wall_clock()
        notes = map(self._read_note, self._keys_of(NOTE))
        return [
            note
            for note in notes
            if note is not None and note.holder != self.name and max(note.until.values()) > now
        ]

    def holder_of(self, key: str) -> LockNote | None:
        """Who says of themselves that they hold a key, if anybody does."""
        now = self._wall_clock()
        return next((note for note in self.notes() if note.until.get(key, 0.0) > now), None)

    def describe_holder(self, keys: Sequence[str]) -> str:
        """Who holds one of the keys, as a phrase; empty if nobody says so."""
        for key in keys[:_MOST_KEYS]:
            note = self.holder_of(key)
            if note is not None:
                until = time.strftime("%H:%M:%S", time.localtime(note.until[key]))
                return f"{note.by} (until {until} at least)"
        return ""

    def ask(self, keys: str | Iterable[str], *, by: str = "", says: str = "") -> list[str]:
        """Ask whoever holds keys to let go of them; they see it, and may or may not.

        Args:
            keys: The keys.
            by: Who asks, for people; the name that was announced by default.
            says: Some words to go with it.

        Returns:
            The keys whose holders are known, and were asked.

        Raises:
            NanoverJupyterError: ConnectError, ConnectionLost, TimedOut or ClosedError.
        """
        wanted: dict[str, list[str]] = {}
        for key in checked_keys(keys)[:_MOST_KEYS]:
            note = self.holder_of(key)
            if note is not None:
                wanted.setdefault(note.holder, []).append(key)
        if not wanted:
            return []
        announced = self._announced
        who = by or (announced[0] if announced else "somebody")
        updates = {
            f"{ASK}{holder}.{self.name}": {
                "by": who[:_MOST_TEXT],
                "says": says[:_MOST_TEXT],
                "keys": list(held),
            }
            for holder, held in wanted.items()
        }
        with self._turn:
            self._state.write(DictionaryChange(updates), _WRITE_SECONDS)
            with self._guard:
                self._asks.update(wanted)
        return [key for held in wanted.values() for key in held]

    # inside -----------------------------------------------------------------------

    def _refresh(self) -> None:
        """Bring our note up to date soon, not more often than needed."""
        with self._guard:
            if self._due or self._announced is None:
                return
            self._due = True
        self._run_soon(self._write_note, after=_SOONEST_SECONDS)

    def _write_note(self) -> None:
        with self._turn:
            self._write_note_in_turn()

    def _write_note_in_turn(self) -> None:
        now, wall = self._book.clock(), self._wall_clock()
        held = (row for row in self._book.leases() if row.is_held and not math.isinf(row.ends_at))
        until = {row.key: wall + row.ends_at - now for row in islice(held, _MOST_KEYS)}
        with self._guard:
            self._due = False
            announced = self._announced
            same = until.keys() == self._written.keys()
            if announced is None or (same and now - self._written_at < _REFRESH_SECONDS):
                return
            if same and not until:
                return
            self._may_be_noted = self._may_be_noted or bool(until)
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
        """Remove what clients left behind that ended badly."""
        over = self._wall_clock() - _STALE_SECONDS
        notes = {key: self._read_note(key) for key in self._keys_of(NOTE)}
        stale = {
            key for key, note in notes.items() if note is None or max(note.until.values()) < over
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
            return self._state.write(change, _WRITE_SECONDS)
        except NanoverJupyterError:
            return False  # courtesy can wait

    def _on_change(self, change: DictionaryChange) -> None:
        prefix = f"{ASK}{self.name}."
        for key in change.unread_updates:
            ask = self._read_ask(key) if key.startswith(prefix) else None
            if ask is not None and self._holds_any(ask.keys):
                self._asked.notify(ask)

    def _holds_any(self, keys: Iterable[str]) -> bool:
        rows = (self._book.get(key) for key in keys)
        return any(row is not None and row.is_held for row in rows)

    def _read_note(self, key: str) -> LockNote | None:
        """A note, if what stands there is one: anybody can write anything."""
        value = self._state.peek(key)
        until = value.get("until") if isinstance(value, dict) else None
        if not isinstance(value, dict) or not isinstance(until, dict):
            return None
        times = {
            name: float(at)
            for name, at in islice(until.items(), _MOST_KEYS)
            if len(name) <= _MOST_KEY_TEXT
            and isinstance(at, int | float)
            and not isinstance(at, bool)
            and 0.0 <= at < _LAST_TIME
        }
        if not times:
            return None
        by = _text(value.get("by")) or "somebody"
        return LockNote(key.removeprefix(NOTE), by, _text(value.get("why")), times)

    def _read_ask(self, key: str) -> ReleaseRequest | None:
        value = self._state.peek(key)
        keys = value.get("keys") if isinstance(value, dict) else None
        if not isinstance(value, dict) or not isinstance(keys, list):
            return None
        asked = tuple(
            name
            for name in keys[:_MOST_KEYS]
            if isinstance(name, str) and len(name) <= _MOST_KEY_TEXT
        )
        asker = key.removeprefix(f"{ASK}{self.name}.")
        by = _text(value.get("by")) or "somebody"
        return ReleaseRequest(asker, by, _text(value.get("says")), asked) if asked else None


def _text(value: Any) -> str:
    return value[:_MOST_TEXT] if isinstance(value, str) else ""
