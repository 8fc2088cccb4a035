"""Handles the requests of the lock manager's views."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar, Final

from nanover_jupyter.client.connection import Connection
from nanover_jupyter.client.locks.key_locks import KeyLocks
from nanover_jupyter.errors import LockRefused
from nanover_jupyter.text_format import html_table, visible
from nanover_jupyter.widgets.locks.lease_updates import LeaseUpdates
from nanover_jupyter.widgets.locks.lock_updates import LockUpdates
from nanover_jupyter.widgets.locks.messages import KeysResult, LockResult
from nanover_jupyter.widgets.static_html import note
from nanover_jupyter.widgets.sync.page_values import from_page
from nanover_jupyter.widgets.sync.requests import Answer, BadRequest, Handler, field_of, text_list

__all__ = ["LocksController"]

_MAX_STATIC_ROWS: Final = 60
_MAX_NAME: Final = 80


class LocksController:
    """Implements `Tool`."""

    needs_state: ClassVar[bool] = True
    label: ClassVar[str] = "Locks"

    def __init__(self, connection: Connection, post: Callable[..., None]) -> None:
        self._client = connection.client
        self._keys = KeyLocks(self._client.locks)
        self._lease_updates = LeaseUpdates(self._client, post)
        self._lock_updates = LockUpdates(self._client, post)

    def handlers(self) -> dict[str, Handler]:
        """See `Tool.handlers`."""
        return {
            "lock": self._lock,
            "renew": self._renew,
            "keep": self._keep,
            "cap": self._cap,
            "release": self._release,
            "release_all": self._release_all,
            "forget": self._forget,
            "blockers": self._blockers,
            "watch": self._watch,
            "unwatch": self._unwatch,
            "announce": self._announce,
            "ask": self._ask,
            "dismiss": self._dismiss,
        }

    def greet(self, client: str) -> None:
        """Send everything to a new view."""
        self._lease_updates.greet(client)
        self._lock_updates.greet(client)

    def beat(self) -> None:
        """Send changes for which there are no callbacks."""
        self._lease_updates.beat()
        self._lock_updates.beat()

    def picture(self) -> str:
        """Return the latest locks as an HTML table."""
        if not self._client.capabilities.locks:
            return note("This server has no locks.")
        leases = self._client.leases.rows()
        if not leases:
            return note("No locks.")
        rows = [
            (visible(lease.key), lease.state, visible(lease.note))
            for lease in leases[-_MAX_STATIC_ROWS:]
        ]
        return html_table(("Key", "State", "Note"), rows)

    def close(self) -> None:
        """Unsubscribe."""
        self._lease_updates.close()
        self._lock_updates.close()

    # our locks --------------------------------------------------------------------

    def _lock(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        keys = text_list(body, "keys")
        seconds = _seconds(body.get("seconds"), "seconds")
        auto_renew = field_of(body, "keep", bool)
        max_hold = _seconds_or_none(body.get("cap"))
        wait = 0.0 if body.get("wait") == 0 else _seconds(body.get("wait"), "wait")

        def acquire() -> LockResult:
            try:
                self._keys.acquire(
                    keys,
                    duration=seconds,
                    auto_renew=auto_renew,
                    max_hold=max_hold,
                    timeout=wait or None,
                )
            except LockRefused as refusal:
                return LockResult(granted=False, holder=refusal.holder)
            return LockResult(granted=True, holder="")

        answer.later(acquire)

    def _renew(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        key = field_of(body, "key", str)
        answer.later(lambda: self._keys.renew(key))

    def _keep(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        key, auto_renew = field_of(body, "key", str), field_of(body, "keep", bool)
        answer.later(lambda: self._keys.set_auto_renew(key, auto_renew=auto_renew))

    def _cap(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        key, max_hold = field_of(body, "key", str), _seconds_or_none(body.get("seconds"))
        answer.later(lambda: self._keys.set_max_hold(key, max_hold))

    def _release(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        keys = text_list(body, "keys")
        answer.later(lambda: self._keys.release(keys))

    def _release_all(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        del body
        answer.later(self._keys.release_all)

    def _forget(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        self._client.leases.forget(field_of(body, "key", str))
        answer.ok()

    # locks of other clients -------------------------------------------------------

    def _blockers(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        keys = text_list(body, "keys")
        answer.later(lambda: KeysResult(keys=self._client.find_blocking_keys(keys)))

    def _watch(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        self._client.locks.watch_keys(text_list(body, "keys"))
        answer.ok()

    def _unwatch(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        self._client.locks.watched.remove(text_list(body, "keys"))
        answer.ok()

    def _announce(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        by = field_of(body, "by", str).strip()[:_MAX_NAME]

        def announce() -> None:
            if by:
                self._client.lock_notes.announce(by)
            else:
                self._client.lock_notes.withdraw()
            self._lock_updates.send()

        answer.later(announce)

    def _ask(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        keys, message = text_list(body, "keys"), field_of(body, "says", str)
        answer.later(lambda: KeysResult(keys=self._client.lock_notes.ask(keys, message=message)))

    def _dismiss(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        asker = field_of(body, "asker", str)

        def dismiss() -> None:
            notes = self._client.lock_notes
            for ask in notes.requests():
                if ask.asker == asker:
                    notes.dismiss(ask)
            self._client.catch_up()
            self._lock_updates.send()

        answer.later(dismiss)


def _seconds(sent: Any, name: str) -> float:
    try:
        seconds = from_page(sent)
    except ValueError:
        seconds = None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise BadRequest(f"{name} must be a number of seconds")
    if math.isnan(seconds) or seconds <= 0:
        raise BadRequest(f"{name} must be more than 0 seconds")
    return float(seconds)


def _seconds_or_none(sent: Any) -> float | None:
    return None if sent is None else _seconds(sent, "the maximum hold time")
