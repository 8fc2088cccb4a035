"""The lock manager: take locks on state keys, watch them run, give them back."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar, Final

from nanover_jupyter.client.connection import Connection
from nanover_jupyter.widgets._lease_news import LeaseNews
from nanover_jupyter.widgets._lock_messages import LockResult
from nanover_jupyter.widgets._page_values import from_page
from nanover_jupyter.widgets._panel import Panel, asset
from nanover_jupyter.widgets._picture import note, table, visible
from nanover_jupyter.widgets._requests import Answer, BadRequest, Handler, field_of, text_list

__all__ = ["LockManager", "LocksTool"]

_PICTURED: Final = 60


class LocksTool:
    """The kernel half of the lock manager; implements `Tool`."""

    needs_state: ClassVar[bool] = True
    label: ClassVar[str] = "Locks"

    def __init__(self, connection: Connection, post: Callable[..., None]) -> None:
        self._client = connection.client
        self._news = LeaseNews(self._client, post)

    def handlers(self) -> dict[str, Handler]:
        """See `Tool.handlers`."""
        return {
            "lock": self._lock,
            "renew": self._renew,
            "release": self._release,
            "forget": self._forget,
        }

    def greet(self, client: str) -> None:
        """Tell all leases."""
        self._news.greet(client)

    def beat(self) -> None:
        """Leases end by the clock alone."""
        self._news.beat()

    def picture(self) -> str:
        """The newest locks and what became of them."""
        leases = self._client.leases.leases()
        if not leases:
            return note("No locks were taken here.")
        rows = [
            (visible(lease.key), lease.state, visible(lease.note)) for lease in leases[-_PICTURED:]
        ]
        return table(("Key", "State", "What happened"), rows)

    def close(self) -> None:
        """Stop listening to the book of leases."""
        self._news.close()

    def _lock(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        keys = list(dict.fromkeys(text_list(body, "keys")))
        seconds = _duration(body.get("seconds"))
        answer.later(lambda: self._take(dict.fromkeys(keys, seconds)))

    def _renew(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        key = field_of(body, "key", str)
        lease = self._client.leases.get(key)
        if lease is None:
            raise BadRequest(f"no lock was ever taken on {key!r} here")
        answer.later(lambda: self._take({key: lease.seconds}))

    def _release(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        keys = text_list(body, "keys")

        def release() -> None:
            # A request of its own: one that also asked for locks could be refused whole.
            self._client.attempt_update_locks(dict.fromkeys(keys))

        answer.later(release)

    def _forget(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        self._client.leases.forget(field_of(body, "key", str))
        answer.ok()

    def _take(self, durations: dict[str, float]) -> LockResult:
        return LockResult(granted=self._client.attempt_update_locks(durations))


class LockManager(Panel):
    """The locks of this client: take, watch, renew and give back.

        LockManager(connection)

    Args:
        source: A Connection, or a NanoverClient.
        height: Height of the content in CSS pixels.
    """

    _esm = asset("locks.js")
    _css = asset("panel.css")
    tools = (LocksTool,)


def _duration(sent: Any) -> float:
    try:
        seconds = from_page(sent)
    except ValueError:
        seconds = None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise BadRequest("a lock lasts a number of seconds")
    if math.isnan(seconds) or seconds <= 0:
        raise BadRequest("a lock lasts more than 0 seconds")
    return float(seconds)
