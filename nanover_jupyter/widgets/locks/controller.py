"""Handles the requests of the lock manager's views."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar, Final

from nanover_jupyter.client.background_calls import BoundedExecutor
from nanover_jupyter.client.connection import Connection
from nanover_jupyter.client.locks.key_locks import KeyLocks
from nanover_jupyter.errors import LockRefused
from nanover_jupyter.text_format import html_table, visible
from nanover_jupyter.widgets.locks.holders import holder_of_refusal, owner_text
from nanover_jupyter.widgets.locks.lease_updates import LeaseUpdates
from nanover_jupyter.widgets.locks.lock_updates import LockUpdates
from nanover_jupyter.widgets.locks.messages import KeysResult, LockResult
from nanover_jupyter.widgets.static_html import note
from nanover_jupyter.widgets.sync.requests import (
    BadRequest,
    Handler,
    Reply,
    get_field,
    get_string_list,
)
from nanover_jupyter.widgets.sync.value_encoding import from_page

__all__ = ["LocksController"]

_MAX_STATIC_ROWS: Final = 60
# Requests that may wait long for a lock; more than these are refused.
_MAX_WAITS: Final = 64


class LocksController:
    """Implements `ToolController`."""

    needs_state: ClassVar[bool] = True
    label: ClassVar[str] = "Locks"

    def __init__(self, connection: Connection, post: Callable[..., None]) -> None:
        self._client = connection.client
        self._keys = KeyLocks(self._client.locks)
        self._lease_updates = LeaseUpdates(self._client, post)
        self._lock_updates = LockUpdates(self._client, post)
        self._waits = BoundedExecutor(_MAX_WAITS)

    def handlers(self) -> dict[str, Handler]:
        """See `ToolController.handlers`."""
        return {
            "lock": self._lock,
            "renew": self._renew,
            "auto_renew": self._set_auto_renew,
            "max_hold": self._set_max_hold,
            "release": self._release,
            "release_all": self._release_all,
            "dismiss_lease": self._dismiss_lease,
            "blocking_keys": self._blocking_keys,
            "watch": self._watch,
            "unwatch": self._unwatch,
            "set_name": self._set_name,
            "request_release": self._request_release,
            "hand_over": self._hand_over,
            "dismiss": self._dismiss,
        }

    def send_initial(self, client: str) -> None:
        """Send everything to a new view."""
        self._lease_updates.send_initial(client)
        self._lock_updates.send_initial(client)

    def on_heartbeat(self) -> None:
        """Send changes for which there are no callbacks."""
        self._lease_updates.on_heartbeat()
        self._lock_updates.on_heartbeat()

    def static_html(self) -> str:
        """Return the latest locks as an HTML table."""
        if not self._client.capabilities.locks:
            return note("This server has no locks.")
        leases = self._client.leases.rows()
        if not leases:
            return note("No locks.")
        rows = [
            (
                visible(lease.key),
                lease.state,
                visible(owner_text(self._client, lease)),
                visible(lease.note),
            )
            for lease in leases[-_MAX_STATIC_ROWS:]
        ]
        return html_table(("Key", "State", "Owner", "Note"), rows)

    def close(self) -> None:
        """Unsubscribe."""
        self._lease_updates.close()
        self._lock_updates.close()

    # our locks --------------------------------------------------------------------

    def _lock(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        keys = get_string_list(body, "keys")
        seconds = _seconds(body.get("seconds"), "seconds")
        auto_renew = get_field(body, "auto_renew", bool)
        max_hold = _seconds_or_none(body.get("max_hold"))
        wait = _wait(body)
        message = get_field(body, "note", str)

        def acquire() -> LockResult:
            try:
                self._keys.acquire(
                    keys,
                    duration=seconds,
                    auto_renew=auto_renew,
                    max_hold=max_hold,
                    timeout=wait or None,
                    wait=wait != 0,
                    note=message,
                )
            except LockRefused as refusal:
                holder = holder_of_refusal(self._client, refusal)
                return LockResult(granted=False, holder=holder.name, until=holder.until)
            return LockResult(granted=True, holder="", until=None)

        # Waits have their own threads, or many would keep other requests from running.
        reply.later(acquire, None if wait == 0 else self._waits)

    def _renew(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        key = get_field(body, "key", str)
        reply.later(lambda: self._keys.renew(key))

    def _set_auto_renew(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        key, auto_renew = get_field(body, "key", str), get_field(body, "auto_renew", bool)
        reply.later(lambda: self._keys.set_auto_renew(key, auto_renew=auto_renew))

    def _set_max_hold(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        key, max_hold = get_field(body, "key", str), _seconds_or_none(body.get("seconds"))
        reply.later(lambda: self._keys.set_max_hold(key, max_hold))

    def _release(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        keys = get_string_list(body, "keys")
        reply.later(lambda: self._keys.release(keys))

    def _release_all(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        del body
        reply.later(self._keys.release_all)

    def _dismiss_lease(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        self._client.leases.forget(get_field(body, "key", str))
        reply.ok()

    # locks of other clients -------------------------------------------------------

    def _blocking_keys(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        keys = get_string_list(body, "keys")
        reply.later(lambda: KeysResult(keys=self._client.find_blocking_keys(keys)))

    def _watch(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        self._client.locks.watch_keys(get_string_list(body, "keys"))
        reply.ok()

    def _unwatch(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        self._client.locks.watched.remove(get_string_list(body, "keys"))
        reply.ok()

    def _set_name(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        name = get_field(body, "name", str).strip()
        if not name:
            raise BadRequest("the name is empty")

        def rename() -> None:
            self._client.claims.name = name
            self._lock_updates.send()

        reply.later(rename)

    def _request_release(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        keys, message = get_string_list(body, "keys"), get_field(body, "message", str)
        claims = self._client.claims
        reply.later(lambda: KeysResult(keys=claims.request_release(keys, message=message)))

    def _hand_over(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        key, client = get_field(body, "key", str), get_field(body, "client", str)
        reply.later(lambda: self._keys.hand_over(key, client))

    def _dismiss(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        self._lock_updates.dismiss(get_field(body, "client", str))
        reply.ok()


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


def _wait(body: dict[str, Any]) -> float | None:
    """Return how many seconds to wait for a lock; None for no limit."""
    if "wait" not in body:
        raise BadRequest("field 'wait' is missing")
    sent = body["wait"]
    if sent is None:
        return None
    return 0.0 if sent == 0 else _seconds(sent, "wait")
