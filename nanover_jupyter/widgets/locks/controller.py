"""The kernel half of the lock manager: what the page may ask of locks."""

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

_PICTURED: Final = 60
_LONGEST_NAME: Final = 80


class LocksController:
    """Implements `Tool`."""

    needs_state: ClassVar[bool] = True
    label: ClassVar[str] = "Locks"

    def __init__(self, connection: Connection, post: Callable[..., None]) -> None:
        self._client = connection.client
        self._keys = KeyLocks(self._client.locks)
        self._leases = LeaseUpdates(self._client, post)
        self._news = LockUpdates(self._client, post)

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
        """Tell all leases, and what else there is."""
        self._leases.greet(client)
        self._news.greet(client)

    def beat(self) -> None:
        """Leases end by the clock alone."""
        self._leases.beat()
        self._news.beat()

    def picture(self) -> str:
        """The newest locks and what became of them."""
        if not self._client.capabilities.locks:
            return note("This server has no locks.")
        leases = self._client.leases.leases()
        if not leases:
            return note("No locks were taken here.")
        rows = [
            (visible(lease.key), lease.state, visible(lease.note)) for lease in leases[-_PICTURED:]
        ]
        return html_table(("Key", "State", "What happened"), rows)

    def close(self) -> None:
        """Stop listening."""
        self._leases.close()
        self._news.close()

    # our locks --------------------------------------------------------------------

    def _lock(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        keys = text_list(body, "keys")
        seconds = _seconds(body.get("seconds"), "a lock lasts")
        keep = field_of(body, "keep", bool)
        cap = _seconds_or_none(body.get("cap"))
        wait = 0.0 if body.get("wait") == 0 else _seconds(body.get("wait"), "one waits for")

        def take() -> LockResult:
            try:
                self._keys.take(
                    keys, duration=seconds, keep=keep, max_hold=cap, timeout=wait or None
                )
            except LockRefused as refusal:
                return LockResult(granted=False, holder=refusal.holder)
            return LockResult(granted=True, holder="")

        answer.later(take)

    def _renew(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        key = field_of(body, "key", str)
        answer.later(lambda: self._keys.renew(key))

    def _keep(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        key, keep = field_of(body, "key", str), field_of(body, "keep", bool)
        answer.later(lambda: self._keys.keep(key, keep=keep))

    def _cap(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        key, cap = field_of(body, "key", str), _seconds_or_none(body.get("seconds"))
        answer.later(lambda: self._keys.cap(key, cap))

    def _release(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        keys = text_list(body, "keys")
        answer.later(lambda: self._keys.release(keys))

    def _release_all(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        del body
        answer.later(self._keys.release_all)

    def _forget(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        self._client.leases.forget(field_of(body, "key", str))
        answer.ok()

    # others' locks ----------------------------------------------------------------

    def _blockers(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        keys = text_list(body, "keys")
        answer.later(lambda: KeysResult(keys=self._client.who_blocks(keys)))

    def _watch(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        self._client.locks.watch_keys(text_list(body, "keys"))
        answer.ok()

    def _unwatch(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        self._client.locks.watch.remove(text_list(body, "keys"))
        answer.ok()

    def _announce(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        by = field_of(body, "by", str).strip()[:_LONGEST_NAME]

        def announce() -> None:
            if by:
                self._client.lock_notes.announce(by)
            else:
                self._client.lock_notes.withdraw()
            self._news.tell()

        answer.later(announce)

    def _ask(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        keys, says = text_list(body, "keys"), field_of(body, "says", str)
        answer.later(lambda: KeysResult(keys=self._client.lock_notes.ask(keys, says=says)))

    def _dismiss(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        asker = field_of(body, "asker", str)

        def dismiss() -> None:
            notes = self._client.lock_notes
            for ask in notes.requests():
                if ask.asker == asker:
                    notes.dismiss(ask)
            self._client.catch_up()
            self._news.tell()

        answer.later(dismiss)


def _seconds(sent: Any, what: str) -> float:
    try:
        seconds = from_page(sent)
    except ValueError:
        seconds = None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise BadRequest(f"{what} a number of seconds")
    if math.isnan(seconds) or seconds <= 0:
        raise BadRequest(f"{what} more than 0 seconds")
    return float(seconds)


def _seconds_or_none(sent: Any) -> float | None:
    return None if sent is None else _seconds(sent, "a lock is held for")
