"""What the inspector's views ask to be written, and the locks that they hold meanwhile."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.locks.lease import Lease
from nanover_jupyter.client.state.edit_history import Edit, EditHistory
from nanover_jupyter.client.state.paths import Path
from nanover_jupyter.errors import LeaseLost, LockRefused, NanoverJupyterError
from nanover_jupyter.widgets.inspector.messages import EditBody, EditsBody, HoldResult
from nanover_jupyter.widgets.sync.requests import Answer, BadRequest, Handler, field_of
from nanover_jupyter.wire.values import Value

__all__ = ["EditRequests"]

# A page asks again before this is over; one that has gone keeps nobody out for longer.
_HOLD_SECONDS: Final = 60.0
_LOCK_SECONDS: Final = 10.0
_KEYS_TOLD: Final = 20
_LONGEST_TEXT: Final = 16_000_000


class EditRequests:
    """Answers requests to write; thread-safe, one lock guards the leases.

    Args:
        client: The client.
        post: Tells the views.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        client: BaseClient,
        post: Callable[..., None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._post = post
        self._clock = clock
        self._book = EditHistory.of(client)
        self._lock = threading.Lock()
        self._leases: dict[tuple[str, str], Lease] = {}
        self._unsubscribe = self._book.subscribe(lambda: post("edits", self._body()))

    def handlers(self) -> dict[str, Handler]:
        """See `Tool.handlers`."""
        return {
            "hold": self._hold,
            "let_go": self._let_go,
            "write": self._write,
            "rename": self._rename,
            "remove": self._remove,
            "undo": self._undo,
        }

    def greet(self, client: str) -> None:
        """Tell a new view the edits."""
        self._post("edits", self._body(), client=client)

    def close(self) -> None:
        """Give back the locks of fields that are still open, in the background."""
        self._unsubscribe()
        with self._lock:
            leases = list(self._leases.values())
            self._leases.clear()
        if leases:
            threading.Thread(
                target=_release_all, args=(leases,), name="nanover-let-go", daemon=True
            ).start()

    # locks ----------------------------------------------------------------------------

    def _hold(self, view: str, body: dict[str, Any], answer: Answer) -> None:
        key = field_of(body, "key", str)
        answer.later(lambda: self._held(view, key))

    def _held(self, view: str, key: str) -> HoldResult:
        if not self._client.capabilities.locks:
            return HoldResult(held=False, able=False, seconds=0, note="this server has no locks")
        with self._lock:
            lease = self._leases.get((view, key))
        try:
            if lease is None:
                lease = self._client.lock(
                    [key], duration=_LOCK_SECONDS, auto_renew=True, max_hold=_HOLD_SECONDS
                )
                with self._lock:
                    known = self._leases.setdefault((view, key), lease)
                if known is not lease:
                    lease.release()
            elif lease.state in ("held", "expiring"):
                now = self._client.locks.clock()
                lease.max_hold = now - (lease.record.acquired_at or now) + _HOLD_SECONDS
            else:
                lease.acquire()
        except LockRefused:
            return HoldResult(held=False, able=True, seconds=0, note="someone else holds it")
        except LeaseLost as error:
            return HoldResult(held=False, able=True, seconds=0, note=str(error))
        return HoldResult(held=True, able=True, seconds=_HOLD_SECONDS, note="")

    def _let_go(self, view: str, body: dict[str, Any], answer: Answer) -> None:
        key = field_of(body, "key", str)

        def release() -> None:
            with self._lock:
                lease = self._leases.pop((view, key), None)
            if lease is not None:
                lease.release()

        answer.later(release)

    # writing --------------------------------------------------------------------------

    def _write(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        key = field_of(body, "key", str)
        text = field_of(body, "text", str)
        add = field_of(body, "add", bool)
        path = tuple(field_of(body, "path", list))
        if not all(isinstance(step, str | int) and not isinstance(step, bool) for step in path):
            raise BadRequest("the field 'path' holds names and numbers only")

        def write() -> EditBody:
            value = _parsed(text)
            edit = self._book.add(key, value) if add else self._book.set(key, path, value)
            return self._edit_body(edit)

        answer.later(write)

    def _rename(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        key, name = field_of(body, "key", str), field_of(body, "name", str)
        answer.later(lambda: self._edit_body(self._book.rename(key, name)))

    def _remove(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        key, count = field_of(body, "key", str), field_of(body, "count", int)
        branch = field_of(body, "branch", bool)

        def remove() -> EditBody:
            keys = self._keys_of(key) if branch else [key]
            if len(keys) != count:
                raise BadRequest(
                    f"there are {len(keys)} keys now, not {count}: look again before removing them"
                )
            return self._edit_body(self._book.remove(keys))

        answer.later(remove)

    def _undo(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        force = field_of(body, "force", bool)

        def undo() -> EditBody:
            edit = self._book.undo(force=force)
            if edit is None:
                raise BadRequest("there is nothing to undo")
            return self._edit_body(edit)

        answer.later(undo)

    def _keys_of(self, branch: str) -> list[str]:
        """The keys of a branch of the tree: what it is named for, and what is below."""
        below = (f"{branch}.", f"{branch}/")
        keys = self._client.keys()
        return [key for key in keys if key == branch or key.startswith(below)]

    def _body(self) -> EditsBody:
        return EditsBody(
            edits=[self._edit_body(edit) for edit in self._book.edits()],
            undo=self._book.undoable,
        )

    def _edit_body(self, edit: Edit) -> EditBody:
        return EditBody(
            number=edit.number,
            text=edit.text,
            keys=list(edit.keys[:_KEYS_TOLD]),
            count=len(edit.keys),
            path=_plain(edit.path),
            state=edit.state,
            note=edit.note,
            seconds=max(0.0, self._clock() - edit.at),
        )


def _plain(path: Path) -> list[str | int]:
    steps = [step for step in path if isinstance(step, str | int)]
    return steps if len(steps) == len(path) else []


def _parsed(text: str) -> Value:
    """What a text says as JSON, with whole numbers as they are written."""
    if len(text) > _LONGEST_TEXT:
        raise BadRequest("the text is too long")
    try:
        value: Value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"this is not JSON: {error}") from error
    return value


def _release_all(leases: list[Lease]) -> None:
    for lease in leases:
        try:
            lease.release()
        except NanoverJupyterError:
            continue  # they end by their own time
