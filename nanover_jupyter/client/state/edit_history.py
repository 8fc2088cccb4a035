"""Edits that users make by hand: their status, and undo."""

from __future__ import annotations

import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.listeners import Listeners, Unsubscribe, WeakCallback
from nanover_jupyter.client.per_client import PerClient
from nanover_jupyter.client.state.paths import Path, get_at, path_text, set_at
from nanover_jupyter.errors import InvalidValue, NanoverJupyterError
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import ABSENT, Absent, Value, alike, copy_value

__all__ = ["Edit", "EditHistory", "EditState"]

EditState = Literal["sent", "accepted", "seen", "refused", "failed"]

_MAX_EDITS: Final = 50
_LOCKED: Final = "another client holds a lock on it"
_Values = dict[str, Value | Absent]
_FINAL_STATES: Final[frozenset[EditState]] = frozenset({"seen", "refused", "failed"})


@dataclass(frozen=True, slots=True)
class Edit:
    """A write and its status; immutable.

    Attributes:
        number: Counts the edits of a client from 1.
        text: A description for users.
        keys: The keys that are written.
        path: The part of the only key that is written; empty for the full value.
        state: `sent`; `accepted` by a server that acknowledges updates; `seen` when its
            echo was received; `refused` because of a lock, or before it was sent; or
            `failed`, if it is unknown whether it was written.
        note: Why it was refused or failed.
        at: The monotonic time of its start.
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
    """A completed edit with the values that undo it; ABSENT for a missing key."""

    text: str
    path: Path
    before: _Values
    after: _Values


class EditHistory:
    """Writes edits to the shared state and records them. Any thread may call it.

    Calls block until the server has answered. Edits run one after another, so that each
    starts from the result of the previous one. A refused edit changes nothing.

    Made by `EditHistory.of`, one for each client.

    Args:
        client: Writes the edits and receives their echoes.
        clock: Monotonic seconds.
    """

    def __init__(self, client: BaseClient, clock: Callable[[], float] = time.monotonic) -> None:
        # Weak, because the registry keeps the history while the client exists.
        self._client: BaseClient = weakref.proxy(client)
        self._clock = clock
        self._changed: Listeners[()] = Listeners()
        # Held during an edit. Acquired before `_guard`, never after it.
        self._edit_lock = threading.Lock()
        # Guards the fields below; never held during a call to the server or a callback.
        self._guard = threading.Lock()
        self._edits: deque[Edit] = deque(maxlen=_MAX_EDITS)
        self._expected: dict[int, _Values] = {}
        self._done: deque[_Done] = deque(maxlen=_MAX_EDITS)
        self._number = 0
        self._unsubscribe: Unsubscribe | None = None

    @classmethod
    def of(cls, client: BaseClient) -> EditHistory:
        """Return the edit history of a client."""
        return _histories.get(client)

    def subscribe(self, callback: Callable[[], object]) -> Unsubscribe:
        """Call `callback()` after every change of the history, on any thread."""
        return self._changed.subscribe(callback)

    def edits(self) -> list[Edit]:
        """Return the last edits, oldest first."""
        with self._guard:
            return list(self._edits)

    @property
    def undoable(self) -> str | None:
        """The description of the edit that `undo` reverts, or None."""
        with self._guard:
            return self._done[-1].text if self._done else None

    def set(self, key: str, path: Path, value: Value) -> Edit:
        """Replace the value of a key, or the part of it at a path."""

        def plan(old: _Values) -> _Values | str:
            current = old[key]
            if current is ABSENT:
                return "the key was removed"
            part = get_at(current, path)
            if part is ABSENT:
                return f"the value no longer has {path_text(path)}"
            return {key: set_at(current, path, _like(part, value))}

        target = key + (f" · {path_text(path)}" if path else "")
        return self._write(f"change {target}", [key], plan, path=path)

    def add(self, key: str, value: Value) -> Edit:
        """Add a key that does not exist."""

        def plan(old: _Values) -> _Values | str:
            return {key: value} if old[key] is ABSENT else "the key already exists"

        return self._write(f"add {key}", [key], plan)

    def rename(self, key: str, name: str) -> Edit:
        """Move a value to another key, in one change."""

        def plan(old: _Values) -> _Values | str:
            if old[key] is ABSENT:
                return "the key was removed"
            if old[name] is not ABSENT:
                return f"the key {name!r} already exists"
            return {name: old[key], key: ABSENT}

        return self._write(f"rename {key} to {name}", [key, name], plan)

    def remove(self, keys: Iterable[str]) -> Edit:
        """Remove all keys or none. Keys that do not exist are ignored."""
        unique = list(dict.fromkeys(keys))

        def plan(old: _Values) -> _Values | str:
            removed: _Values = {key: ABSENT for key in unique if old[key] is not ABSENT}
            return removed or "already removed"

        text = f"remove {unique[0]}" if len(unique) == 1 else f"remove {len(unique)} keys"
        return self._write(text, unique, plan)

    def undo(self, *, force: bool = False) -> Edit | None:
        """Restore the values before the last edit that is not undone.

        Refused if the values have changed since, unless `force` is set. Returns None if
        there is nothing to undo.
        """
        with self._guard:
            done = self._done[-1] if self._done else None
        if done is None:
            return None

        def plan(old: _Values) -> _Values | str:
            changed = [key for key, value in done.after.items() if not alike(old[key], value)]
            if changed and not force:
                return f"{_summary(changed)} has changed since"
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
        """Write one edit; `plan` returns the new values, or the reason for refusing it."""
        with self._edit_lock:
            edit = self._begin(text, keys, path)
            try:
                self._client.catch_up()
                old = {key: self._client.peek(key, ABSENT) for key in keys}
                new = plan(old)
                if isinstance(new, str):
                    return self._end(edit, "refused", new)
                nulls = [key for key, value in new.items() if value is None]
                if nulls and not self._client.capabilities.null_values:
                    reason = "the server does not support null; remove the key instead"
                    return self._end(edit, "refused", reason)
                return self._send(edit, old, new, undoes)
            except NanoverJupyterError as error:
                self._stop_expecting(edit)
                # An InvalidValue was not sent; after other errors that is unknown.
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
            self._stop_expecting(edit)
            return self._end(edit, "refused", _LOCKED)
        before = {key: _copy(old[key]) for key in new}
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
                if edit.number == number and edit.state not in _FINAL_STATES:
                    self._edits[index] = replace(edit, state=state, note=note)
        self._changed.notify()

    def _stop_expecting(self, edit: Edit) -> None:
        with self._guard:
            self._expected.pop(edit.number, None)

    def _on_change(self, _: DictionaryChange) -> None:
        """Mark edits as seen whose values the server has sent back."""
        with self._guard:
            expected = dict(self._expected)
        for number, values in expected.items():
            current = {key: self._client.peek(key, ABSENT) for key in values}
            if all(alike(current[key], value) for key, value in values.items()):
                with self._guard:
                    self._expected.pop(number, None)
                self._advance(number, "seen")
        with self._guard:
            # Drop old edits without an echo, so that the table stays bounded.
            for number in sorted(self._expected)[:-_MAX_EDITS]:
                del self._expected[number]
            is_idle = not self._expected and self._unsubscribe is not None
            unsubscribe, self._unsubscribe = (
                (self._unsubscribe, None) if is_idle else (None, self._unsubscribe)
            )
        if unsubscribe is not None:
            unsubscribe()


def _like(old: Value, new: Value) -> Value:
    """Return the new value with integers as floats where the old value has floats.

    A user who changes 0.5 to 1 in a form still means a float.
    """
    if isinstance(old, float) and isinstance(new, int) and not isinstance(new, bool):
        return _as_float(new)
    if isinstance(old, dict) and isinstance(new, dict):
        return {key: _like(old.get(key), value) for key, value in new.items()}
    if isinstance(old, list) and isinstance(new, list):
        is_float_list = old and all(isinstance(item, float) for item in old)
        padded = [*old, *([old[-1]] * (len(new) - len(old)) if is_float_list else [])]
        padded += [None] * (len(new) - len(padded))
        return [_like(before, item) for before, item in zip(padded, new, strict=False)]
    return new


def _as_float(number: int) -> float | int:
    """Return the same number as a float, if it can be represented."""
    try:
        converted = float(number)
    except OverflowError:
        return number  # sending it raises a clear error
    return converted if converted == number else number


def _copy(value: Value | Absent) -> Value | Absent:
    return value if value is ABSENT else copy_value(value)


def _summary(keys: list[str]) -> str:
    return keys[0] if len(keys) == 1 else f"{keys[0]} and {len(keys) - 1} more"


_histories: Final = PerClient(EditHistory)
