"""What this client's people wrote by hand: each edit, what became of it, and its undoing."""

from __future__ import annotations

import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal
from weakref import WeakKeyDictionary

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.listeners import Listeners, Unsubscribe, WeakCallback
from nanover_jupyter.client.state.paths import Path, get_at, path_text, set_at
from nanover_jupyter.errors import InvalidValue, NanoverJupyterError
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import ABSENT, Absent, Value, alike, copy_value

__all__ = ["Edit", "EditHistory", "EditState"]

EditState = Literal["sent", "accepted", "seen", "refused", "failed"]

_KEPT: Final = 50
_LOCKED: Final = "someone else holds a lock on it"
_Values = dict[str, Value | Absent]
_OVER: Final[frozenset[EditState]] = frozenset({"seen", "refused", "failed"})


@dataclass(frozen=True, slots=True)
class Edit:
    """One write, and how far it came.

    Attributes:
        number: Counts the edits of a client from 1.
        text: What was done, for people.
        keys: The keys it writes.
        path: The part of its only key that it writes; empty for the whole.
        state: `sent`; `accepted` by a server that answers; `seen` back from it; `refused`
            because of a lock, or before it was sent; or `failed`: nobody knows.
        note: Why it was refused or failed.
        at: When it was begun, in monotonic seconds.
    """

    number: int
    text: str
    keys: tuple[str, ...]
    path: Path
    state: EditState
    note: str
    at: float


@dataclass(frozen=True, slots=True)
class _Done:
    """What was written, and what would undo it; an absent key is ABSENT."""

    text: str
    path: Path
    before: _Values
    after: _Values


class EditHistory:
    """Writes to the shared state for people, and keeps account. Any thread may call it.

    Calls block until the server has answered, one after another, so that what an edit
    starts from is what the one before left. A refused edit leaves everything as it is.

    Made by `EditHistory.of`: one for each client.

    Args:
        client: Writes, and hears what the server says.
        clock: Monotonic seconds.
    """

    def __init__(self, client: BaseClient, clock: Callable[[], float] = time.monotonic) -> None:
        # Weak: the book is kept for as long as the client is.
        self._client: BaseClient = weakref.proxy(client)
        self._clock = clock
        self._changed: Listeners[()] = Listeners()
        # Held for the whole of an edit. Taken before `_guard`, never after it.
        self._turn = threading.Lock()
        # Guards the fields below; never held during a call to the server or a callback.
        self._guard = threading.Lock()
        self._edits: deque[Edit] = deque(maxlen=_KEPT)
        self._expected: dict[int, _Values] = {}
        self._done: deque[_Done] = deque(maxlen=_KEPT)
        self._number = 0
        self._unsubscribe: Unsubscribe | None = None

    @classmethod
    def of(cls, client: BaseClient) -> EditHistory:
        """The one book of a client."""
        with _making:
            known = _books.get(client)
            if known is None:
                known = _books[client] = cls(client)
            return known

    def subscribe(self, callback: Callable[[], object]) -> Unsubscribe:
        """Call `callback()` after every change of the book, on any thread."""
        return self._changed.subscribe(callback)

    def edits(self) -> list[Edit]:
        """The last edits, oldest first."""
        with self._guard:
            return list(self._edits)

    @property
    def undoable(self) -> str | None:
        """What `undo` would undo, for people; None for nothing."""
        with self._guard:
            return self._done[-1].text if self._done else None

    def set(self, key: str, path: Path, value: Value) -> Edit:
        """Replace the value of a key, or the part of it at the end of a path."""

        def plan(old: _Values) -> _Values | str:
            whole = old[key]
            if whole is ABSENT:
                return "the key is gone"
            part = get_at(whole, path)
            if part is ABSENT:
                return f"the value has no {path_text(path)} any more"
            return {key: set_at(whole, path, _as_before(part, value))}

        where = key + (f" · {path_text(path)}" if path else "")
        return self._write(f"change {where}", [key], plan, path=path)

    def add(self, key: str, value: Value) -> Edit:
        """Add a key that is not there."""

        def plan(old: _Values) -> _Values | str:
            return {key: value} if old[key] is ABSENT else "there is such a key already"

        return self._write(f"add {key}", [key], plan)

    def rename(self, key: str, name: str) -> Edit:
        """Give a key's value another key, in one change."""

        def plan(old: _Values) -> _Values | str:
            if old[key] is ABSENT:
                return "the key is gone"
            if old[name] is not ABSENT:
                return f"there is a key {name!r} already"
            return {name: old[key], key: ABSENT}

        return self._write(f"rename {key} to {name}", [key, name], plan)

    def remove(self, keys: Iterable[str]) -> Edit:
        """Remove keys, all of them or none; those that are gone already do not matter."""
        wanted = list(dict.fromkeys(keys))

        def plan(old: _Values) -> _Values | str:
            there: _Values = {key: ABSENT for key in wanted if old[key] is not ABSENT}
            return there or "nothing of it is left"

        text = f"remove {wanted[0]}" if len(wanted) == 1 else f"remove {len(wanted)} keys"
        return self._write(text, wanted, plan)

    def undo(self, *, force: bool = False) -> Edit | None:
        """Put back what was there before the last edit that is not undone yet.

        Refused when somebody has changed it since, unless `force`. None where there is
        nothing to undo.
        """
        with self._guard:
            done = self._done[-1] if self._done else None
        if done is None:
            return None

        def plan(old: _Values) -> _Values | str:
            strange = [key for key, value in done.after.items() if not alike(old[key], value)]
            if strange and not force:
                return f"{_some(strange)} has changed since"
            return done.before

        return self._write(
            f"undo: {done.text}", list(done.before), plan, path=done.path, undoes=done
        )

    def _write(
        self,
        text: str,
        keys: list[str],
        plan: Callable[[_Values], _Values | str],
        *,
        path: Path = (),
        undoes: _Done | None = None,
    ) -> Edit:
        """Do one edit: `plan` makes the new values of the old ones, or says why not."""
        with self._turn:
            edit = self._begin(text, keys, path)
            try:
                self._client.catch_up()
                old = {key: self._client.peek(key, ABSENT) for key in keys}
                new = plan(old)
                if isinstance(new, str):
                    return self._end(edit, "refused", new)
                nulls = [key for key, value in new.items() if value is None]
                if nulls and not self._client.capabilities.null_values:
                    return self._end(
                        edit, "refused", "this server has no null: remove the key instead"
                    )
                return self._send(edit, old, new, undoes)
            except NanoverJupyterError as error:
                self._forget(edit)
                # An InvalidValue was not sent; after any other error that is unknown.
                state: EditState = "refused" if isinstance(error, InvalidValue) else "failed"
                return self._end(edit, state, str(error))

    def _send(
        self,
        edit: Edit,
        old: _Values,
        new: _Values,
        undoes: _Done | None,
    ) -> Edit:
        change = DictionaryChange(
            {key: value for key, value in new.items() if value is not ABSENT},
            {key for key, value in new.items() if value is ABSENT},
        )
        with self._guard:
            self._expected[edit.number] = new
            if self._unsubscribe is None:
                self._unsubscribe = self._client.on_change(WeakCallback(self._on_change))
        if not self._client.attempt_update_state(change):
            self._forget(edit)
            return self._end(edit, "refused", _LOCKED)
        before = {key: _copied(old[key]) for key in new}
        with self._guard:
            if undoes is None:
                self._done.append(_Done(edit.text, edit.path, before, new))
            elif undoes in self._done:
                self._done.remove(undoes)
        if self._client.capabilities.acknowledged_updates:
            self._advance(edit.number, "accepted")
        self._on_change(DictionaryChange())
        return self._current(edit)

    def _begin(self, text: str, keys: list[str], path: Path) -> Edit:
        with self._guard:
            self._number += 1
            edit = Edit(self._number, text, tuple(keys), path, "sent", "", self._clock())
            self._edits.append(edit)
        self._changed.notify()
        return edit

    def _end(self, edit: Edit, state: EditState, note: str) -> Edit:
        self._advance(edit.number, state, note)
        return self._current(edit)

    def _current(self, edit: Edit) -> Edit:
        with self._guard:
            return next((each for each in self._edits if each.number == edit.number), edit)

    def _advance(self, number: int, state: EditState, note: str = "") -> None:
        with self._guard:
            for index, edit in enumerate(self._edits):
                if edit.number == number and edit.state not in _OVER:
                    self._edits[index] = replace(edit, state=state, note=note)
        self._changed.notify()

    def _forget(self, edit: Edit) -> None:
        with self._guard:
            self._expected.pop(edit.number, None)

    def _on_change(self, _: DictionaryChange) -> None:
        """See whether the server tells us what we wrote."""
        with self._guard:
            expected = dict(self._expected)
        for number, values in expected.items():
            told = {key: self._client.peek(key, ABSENT) for key in values}
            if all(alike(told[key], value) for key, value in values.items()):
                with self._guard:
                    self._expected.pop(number, None)
                self._advance(number, "seen")
        with self._guard:
            # What nobody tells us in the end is not waited for while edits go on.
            for number in sorted(self._expected)[:-_KEPT]:
                del self._expected[number]
            over = not self._expected and self._unsubscribe is not None
            unsubscribe, self._unsubscribe = (
                (self._unsubscribe, None) if over else (None, self._unsubscribe)
            )
        if unsubscribe is not None:
            unsubscribe()


def _as_before(old: Value, new: Value) -> Value:
    """The new value with whole numbers as floats where there were floats before.

    Whoever changes 0.5 to 1 in a form still means the same kind of number.
    """
    if isinstance(old, float) and isinstance(new, int) and not isinstance(new, bool):
        return _as_float(new)
    if isinstance(old, dict) and isinstance(new, dict):
        return {key: _as_before(old.get(key), value) for key, value in new.items()}
    if isinstance(old, list) and isinstance(new, list):
        floats = old and all(isinstance(item, float) for item in old)
        beside = [*old, *([old[-1]] * (len(new) - len(old)) if floats else [])]
        beside += [None] * (len(new) - len(beside))
        return [_as_before(before, item) for before, item in zip(beside, new, strict=False)]
    return new


def _as_float(number: int) -> float | int:
    """The same number as a float, where there is one."""
    try:
        near = float(number)
    except OverflowError:
        return number  # whoever sends it says what is wrong with it
    return near if near == number else number


def _copied(value: Value | Absent) -> Value | Absent:
    return value if value is ABSENT else copy_value(value)


def _some(keys: list[str]) -> str:
    return keys[0] if len(keys) == 1 else f"{keys[0]} and {len(keys) - 1} more"


_making = threading.Lock()
_books: WeakKeyDictionary[BaseClient, EditHistory] = WeakKeyDictionary()
