"""Request handlers for editing the state, with a lock on the key that is being edited."""

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
from nanover_jupyter.widgets.inspector.messages import EditBody, EditLockResult, EditsBody
from nanover_jupyter.widgets.locks.holders import UNKNOWN_HOLDER, Holder, holder_of_refusal
from nanover_jupyter.widgets.sync.messages import LOCK_KIND_NAMES
from nanover_jupyter.widgets.sync.requests import BadRequest, Handler, Reply, get_field
from nanover_jupyter.wire.values import Value

__all__ = ["EditHandlers"]

# The page extends the lock before this ends; a closed page blocks others no longer than this.
_EDIT_LOCK_SECONDS: Final = 60.0
_LOCK_SECONDS: Final = 10.0
_MAX_KEYS: Final = 20
_MAX_CHARACTERS: Final = 16_000_000


class EditHandlers:
    """Handles edit requests. Thread-safe.

    Args:
        client: The client.
        post: Posts messages to the views.
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
        self._history = EditHistory.of(client)
        # Guards the leases of edited keys by view and key.
        self._lock = threading.Lock()
        self._leases: dict[tuple[str, str], Lease] = {}
        self._unsubscribe = self._history.subscribe(lambda: post("edits", self._body()))

    def handlers(self) -> dict[str, Handler]:
        """See `ToolController.handlers`."""
        return {
            "acquire_edit_lock": self._acquire_edit_lock,
            "release_edit_lock": self._release,
            "write": self._write,
            "rename": self._rename,
            "remove": self._remove,
            "undo": self._undo,
        }

    def send_initial(self, client: str) -> None:
        """Send the edit history to a new view."""
        self._post("edits", self._body(), client=client)

    def close(self) -> None:
        """Release the locks of fields that are being edited, in the background."""
        self._unsubscribe()
        with self._lock:
            leases = list(self._leases.values())
            self._leases.clear()
        if leases:
            threading.Thread(
                target=_release_all, args=(leases,), name="nanover-release", daemon=True
            ).start()

    # locks ----------------------------------------------------------------------------

    def _acquire_edit_lock(self, view: str, body: dict[str, Any], reply: Reply) -> None:
        key = get_field(body, "key", str)
        reply.later(lambda: self._acquire(view, key))

    def _acquire(self, view: str, key: str) -> EditLockResult:
        if not self._client.capabilities.locks:
            return self._lock_result()
        with self._lock:
            lease = self._leases.get((view, key))
        try:
            if lease is None:
                lease = self._client.lock(
                    [key], duration=_LOCK_SECONDS, auto_renew=True, max_hold=_EDIT_LOCK_SECONDS
                )
                with self._lock:
                    known = self._leases.setdefault((view, key), lease)
                if known is not lease:
                    lease.release()
            elif lease.state in ("held", "expiring"):
                now = self._client.locks.clock()
                lease.max_hold = now - (lease.record.acquired_at or now) + _EDIT_LOCK_SECONDS
            else:
                lease.acquire()
        except LockRefused as refusal:
            return self._lock_result(holder=holder_of_refusal(self._client, refusal))
        except LeaseLost as error:
            return self._lock_result(note=str(error))
        return self._lock_result(held=True)

    def _lock_result(
        self, *, held: bool = False, note: str = "", holder: Holder = UNKNOWN_HOLDER
    ) -> EditLockResult:
        return EditLockResult(
            held=held,
            locks=LOCK_KIND_NAMES[self._client.capabilities.locks],
            seconds=_EDIT_LOCK_SECONDS if held else 0.0,
            note=note,
            holder=holder.name,
            until=holder.until,
        )

    def _release(self, view: str, body: dict[str, Any], reply: Reply) -> None:
        key = get_field(body, "key", str)

        def release() -> None:
            with self._lock:
                lease = self._leases.pop((view, key), None)
            if lease is not None:
                lease.release()

        reply.later(release)

    # writing --------------------------------------------------------------------------

    def _write(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        key = get_field(body, "key", str)
        text = get_field(body, "text", str)
        add = get_field(body, "add", bool)
        path = tuple(get_field(body, "path", list))
        if not all(isinstance(step, str | int) and not isinstance(step, bool) for step in path):
            raise BadRequest("field 'path' must contain only strings and integers")

        def write() -> EditBody:
            value = _parse(text)
            edit = self._history.add(key, value) if add else self._history.set(key, path, value)
            return self._edit_body(edit)

        reply.later(write)

    def _rename(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        key, name = get_field(body, "key", str), get_field(body, "name", str)
        reply.later(lambda: self._edit_body(self._history.rename(key, name)))

    def _remove(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        key, count = get_field(body, "key", str), get_field(body, "count", int)
        branch = get_field(body, "branch", bool)

        def remove() -> EditBody:
            keys = self._keys_of(key) if branch else [key]
            if len(keys) != count:
                raise BadRequest(
                    f"the branch has {len(keys)} keys, not {count}; check again before removing it"
                )
            return self._edit_body(self._history.remove(keys))

        reply.later(remove)

    def _undo(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        force = get_field(body, "force", bool)

        def undo() -> EditBody:
            edit = self._history.undo(force=force)
            if edit is None:
                raise BadRequest("nothing to undo")
            return self._edit_body(edit)

        reply.later(undo)

    def _keys_of(self, branch: str) -> list[str]:
        """Return the keys of a branch of the tree, including the key of the branch itself."""
        below = (f"{branch}.", f"{branch}/")
        keys = self._client.keys()
        return [key for key in keys if key == branch or key.startswith(below)]

    def _body(self) -> EditsBody:
        return EditsBody(
            edits=[self._edit_body(edit) for edit in self._history.edits()],
            undo=self._history.undoable,
        )

    def _edit_body(self, edit: Edit) -> EditBody:
        return EditBody(
            number=edit.number,
            text=edit.text,
            keys=list(edit.keys[:_MAX_KEYS]),
            count=len(edit.keys),
            path=_plain_path(edit.path),
            state=edit.state,
            note=edit.note,
            seconds=max(0.0, self._clock() - edit.at),
        )


def _plain_path(path: Path) -> list[str | int]:
    """Return the path, or an empty one if it has a step by the name of an item."""
    steps = [step for step in path if isinstance(step, str | int)]
    return steps if len(steps) == len(path) else []


def _parse(text: str) -> Value:
    """Parse a value from JSON, in which 1 and 1.0 are distinguished."""
    if len(text) > _MAX_CHARACTERS:
        raise BadRequest(f"the value is larger than {_MAX_CHARACTERS} characters")
    try:
        value: Value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"not valid JSON: {error}") from error
    return value


def _release_all(leases: list[Lease]) -> None:
    for lease in leases:
        try:
            lease.release()
        except NanoverJupyterError:
            continue  # the lock expires on the server
