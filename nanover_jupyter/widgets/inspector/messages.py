"""Messages of the inspector; see `sync/messages.py` for the envelope."""

from __future__ import annotations

from typing import Any, Final, NotRequired, TypedDict

from nanover_jupyter.client.state.diff import Kind
from nanover_jupyter.client.state.edit_history import EditState
from nanover_jupyter.widgets.sync.messages import EmptyBody, LockKindName

__all__ = [
    "BODIES",
    "MAX_ITEMS",
    "DiffBody",
    "DiffResult",
    "DifferenceBody",
    "EditBody",
    "EditLockBody",
    "EditLockResult",
    "EditsBody",
    "ExportBody",
    "ExportPartBody",
    "ExportPartResult",
    "ExportResult",
    "HistoryBody",
    "HistoryResult",
    "ItemsBody",
    "ItemsResult",
    "NumberBody",
    "PlotBody",
    "PlotResult",
    "RecorderStatus",
    "ReleaseEditLockBody",
    "RemoveBody",
    "RenameBody",
    "SampleBody",
    "SampleNumberBody",
    "SeriesBody",
    "StateAtBody",
    "StateAtKeyBody",
    "StateAtResult",
    "UndoBody",
    "ValueBody",
    "ValueResult",
    "WriteBody",
]


class ValueBody(TypedDict):
    """Request the full value of a key. Result: `ValueResult`."""

    key: str


class ValueResult(TypedDict):
    """The full value; `value` is absent if the key does not exist."""

    key: str
    exists: bool
    value: NotRequired[Any]


class ItemsBody(TypedDict):
    """Request items of a truncated list or object. Result: `ItemsResult`.

    `path` leads to it from the key's value. `count` is at most `MAX_ITEMS`.
    """

    key: str
    path: list[str | int]
    start: int
    count: int


class ItemsResult(TypedDict):
    """Items from `start`, each truncated in turn, with `names` for the fields of an object.

    `exists` is False if there is no such list or object; `length` is its full length.
    """

    exists: bool
    start: int
    length: int
    items: list[Any]
    names: NotRequired[list[str]]


MAX_ITEMS: Final = 200


# history -------------------------------------------------------------------------
#
# All times are seconds since the epoch on the recorder's clock, which does not jump. The
# page computes ages from `now`, which is on the same clock.


class HistoryBody(TypedDict):
    """Request `limit` samples of a key: those before number `before`, or the newest."""

    key: str
    before: int | None
    limit: int


class SampleBody(TypedDict):
    """One sample of a key; `text` describes the difference to the one before."""

    number: int
    at: float
    exists: bool
    text: str


class HistoryResult(TypedDict):
    """Samples, newest first. `total` samples are recorded; if `complete`, none was dropped."""

    key: str
    now: float
    total: int
    complete: bool
    samples: list[SampleBody]


class SampleNumberBody(TypedDict):
    """Request the value of a sample. Result: `ValueResult`."""

    key: str
    number: int


class DiffBody(TypedDict):
    """Request the differences between two samples of a key."""

    key: str
    before: int
    after: int


class DifferenceBody(TypedDict):
    """One difference; `before` is absent for added parts, `after` for removed ones."""

    path: str
    kind: Kind
    before: NotRequired[Any]
    after: NotRequired[Any]


class DiffResult(TypedDict):
    """The first differences, and the total number."""

    key: str
    total: int
    differences: list[DifferenceBody]


class PlotBody(TypedDict):
    """Request time series of numbers in the values of a key, with at most `points` points.

    `paths` are ids from `PlotResult.numbers`; empty to get only the list of numbers.
    """

    key: str
    paths: list[str]
    points: int


class NumberBody(TypedDict):
    """A number in the newest value: its id for requests, and its path as text."""

    id: str
    text: str


class SeriesBody(TypedDict):
    """A time series; null where there is no finite number."""

    id: str
    text: str
    times: list[float]
    values: list[float | None]


class PlotResult(TypedDict):
    """The available numbers, truncated if `more`, and the requested series."""

    key: str
    now: float
    numbers: list[NumberBody]
    more: bool
    series: list[SeriesBody]


class RecorderStatus(TypedDict):
    """The start and size of the recording."""

    started_at: float
    oldest: float
    now: float
    items: int
    bytes: int


class StateAtBody(TypedDict):
    """Request the full state at a time, as differences to the current state."""

    at: float


class StateAtKeyBody(TypedDict):
    """A key with another value at that time, and since when it had that value."""

    key: str
    value: Any
    since: float


class StateAtResult(TypedDict):
    """Differences that the page applies to its current state.

    `absent` keys did not exist; the values of `unknown` keys are no longer recorded. `left`
    further keys differ, but exceed the limit of a message.
    """

    at: float
    now: float
    keys: list[StateAtKeyBody]
    absent: list[str]
    unknown: list[str]
    left: int


# edits ---------------------------------------------------------------------------


class EditLockBody(TypedDict):
    """Acquire the lock of a key that is edited; repeat within `seconds` to extend it."""

    key: str


class EditLockResult(TypedDict):
    """Whether the lock is `held`, and for how many seconds.

    `locks` is the kind of locks that the server has. If another client holds the key, `holder`
    is its name (empty if unknown), and `until` when it expects to release it, in seconds since
    1970. `note` has any other reason why the lock is not held.
    """

    held: bool
    locks: LockKindName
    seconds: float
    note: str
    holder: str
    until: float | None


class ReleaseEditLockBody(TypedDict):
    """Release the lock acquired by `hold`."""

    key: str


class WriteBody(TypedDict):
    """Write a value, given in `text` as JSON with NaN and Infinity.

    `path` leads to the part to replace; `add` creates a new key.
    """

    key: str
    path: list[str | int]
    text: str
    add: bool


class RenameBody(TypedDict):
    """Rename a key."""

    key: str
    name: str


class RemoveBody(TypedDict):
    """Remove a key, or all keys of a branch; fails if their number is not `count`."""

    key: str
    branch: bool
    count: int


class UndoBody(TypedDict):
    """Undo the last edit; `force` also if the key has changed since."""

    force: bool


class EditBody(TypedDict):
    """An edit: see `Edit`. `seconds` is its age; `keys` are the first of `count`.

    `path` is also empty if it has a step by the name of an item.
    """

    number: int
    text: str
    keys: list[str]
    count: int
    path: list[str | int]
    state: EditState
    note: str
    seconds: float


class EditsBody(TypedDict):
    """The edit history of this client, oldest first; sent after each change.

    `undo` describes the edit that would be undone, null for none.
    """

    edits: list[EditBody]
    undo: str | None


# export --------------------------------------------------------------------------


class ExportBody(TypedDict):
    """Request the state as a file, with its recorded history if `history`."""

    history: bool


class ExportResult(TypedDict):
    """The file's name and size in characters, and its id for requests of its parts."""

    id: str
    name: str
    size: int


class ExportPartBody(TypedDict):
    """Request the part of a file that begins at the character `start`."""

    id: str
    start: int


class ExportPartResult(TypedDict):
    """Part of the file's text."""

    text: str


BODIES: Final[dict[str, Any]] = {
    "value": ValueBody,
    "items": ItemsBody,
    "history": HistoryBody,
    "history_value": SampleNumberBody,
    "diff": DiffBody,
    "plot": PlotBody,
    "recorder_status": EmptyBody,
    "state_at": StateAtBody,
    "acquire_edit_lock": EditLockBody,
    "release_edit_lock": ReleaseEditLockBody,
    "write": WriteBody,
    "rename": RenameBody,
    "remove": RemoveBody,
    "undo": UndoBody,
    "edits": EditsBody,
    "export": ExportBody,
    "export_part": ExportPartBody,
}
"""The type of each body by `op`."""
