"""What the inspector asks and is told; see `_messages.py` for the envelope around it."""

from __future__ import annotations

from typing import Any, Final, NotRequired, TypedDict

from nanover_jupyter.client.state.diff import Kind
from nanover_jupyter.client.state.edit_history import EditState
from nanover_jupyter.widgets.sync.messages import EmptyBody

__all__ = [
    "BODIES",
    "MOST_ITEMS",
    "AtMomentBody",
    "DiffBody",
    "DiffResult",
    "DifferenceBody",
    "EditBody",
    "EditsBody",
    "ExportBody",
    "ExportPartBody",
    "ExportPartResult",
    "ExportResult",
    "HistoryBody",
    "HistoryResult",
    "HoldBody",
    "HoldResult",
    "ItemsBody",
    "ItemsResult",
    "LetGoBody",
    "MomentBody",
    "NumberBody",
    "PastBody",
    "PastKeyBody",
    "PastResult",
    "PlotBody",
    "PlotResult",
    "RecordedResult",
    "RemoveBody",
    "RenameBody",
    "SeriesBody",
    "UndoBody",
    "ValueBody",
    "ValueResult",
    "WriteBody",
]


class ValueBody(TypedDict):
    """Asks for the whole value of a key, however large. Result: `ValueResult`."""

    key: str


class ValueResult(TypedDict):
    """The whole value in page form; `value` is absent when the key is gone."""

    key: str
    exists: bool
    value: NotRequired[Any]


class ItemsBody(TypedDict):
    """Asks for some items of a list or an object that was cut. Result: `ItemsResult`.

    `path` leads to it from the key's value. No more than `MOST_ITEMS` are given.
    """

    key: str
    path: list[str | int]
    start: int
    count: int


class ItemsResult(TypedDict):
    """Items from `start` on, each in page form and cut in turn; of an object with their `names`.

    `exists` is False when there is nothing of the kind now; `length` is that of the whole.
    """

    exists: bool
    start: int
    length: int
    items: list[Any]
    names: NotRequired[list[str]]


MOST_ITEMS: Final = 200


# history -------------------------------------------------------------------------
#
# All times are seconds since the epoch on the recorder's clock, which does not jump;
# `now` in a result is the same clock's, so that a page can tell ages by it.


class HistoryBody(TypedDict):
    """Asks what a key was: `limit` moments before number `before`, or the newest."""

    key: str
    before: int | None
    limit: int


class MomentBody(TypedDict):
    """One moment of a key: `text` says what is different from the one before."""

    number: int
    at: float
    exists: bool
    text: str


class HistoryResult(TypedDict):
    """Newest first. `total` moments are remembered, all there were if `complete`."""

    key: str
    now: float
    total: int
    complete: bool
    moments: list[MomentBody]


class AtMomentBody(TypedDict):
    """Asks for the value of a key at a moment. Result: `ValueResult`."""

    key: str
    number: int


class DiffBody(TypedDict):
    """Asks for what differs between two moments of a key."""

    key: str
    before: int
    after: int


class DifferenceBody(TypedDict):
    """`before` or `after` is absent where there was nothing."""

    path: str
    kind: Kind
    before: NotRequired[Any]
    after: NotRequired[Any]


class DiffResult(TypedDict):
    """The first differences, and how many there are in all."""

    key: str
    total: int
    differences: list[DifferenceBody]


class PlotBody(TypedDict):
    """Asks for numbers in the values of a key over time, `points` of each at the most.

    `paths` are ids that a result has named; empty for what there is to choose from.
    """

    key: str
    paths: list[str]
    points: int


class NumberBody(TypedDict):
    """A number in the newest value: `id` to ask for it by, `text` to show."""

    id: str
    text: str


class SeriesBody(TypedDict):
    """A number over time; null where there was none, or none that can be drawn."""

    id: str
    text: str
    times: list[float]
    values: list[float | None]


class PlotResult(TypedDict):
    """The numbers there are, the first of them if `more`, and those asked for."""

    key: str
    now: float
    numbers: list[NumberBody]
    more: bool
    series: list[SeriesBody]


class RecordedResult(TypedDict):
    """What `recorded` is answered with: from when on how much is remembered, in how much."""

    begun: float
    oldest: float
    now: float
    items: int
    bytes: int


class PastBody(TypedDict):
    """Asks for the whole state at a time, as what differs from now."""

    at: float


class PastKeyBody(TypedDict):
    """A key that was something else then, and since when."""

    key: str
    value: Any
    since: float


class PastResult(TypedDict):
    """To be laid over what the page had when it asked.

    `absent` keys were not there then; of `unknown` ones it is forgotten what they were.
    `left` keys also differ, but there are too many to tell.
    """

    at: float
    now: float
    keys: list[PastKeyBody]
    absent: list[str]
    unknown: list[str]
    left: int


# edits ---------------------------------------------------------------------------


class HoldBody(TypedDict):
    """Asks for the lock of a key while it is edited, and again before `seconds` are over."""

    key: str


class HoldResult(TypedDict):
    """`held` for how many `seconds`; else `note` says why not, where `able` to at all."""

    held: bool
    able: bool
    seconds: float
    note: str


class LetGoBody(TypedDict):
    """Gives the lock back that `hold` took."""

    key: str


class WriteBody(TypedDict):
    """Writes a value, given as JSON in `text`, which may also say NaN and Infinity.

    `path` leads to the part to replace; a key that is new is written with `add`.
    """

    key: str
    path: list[str | int]
    text: str
    add: bool


class RenameBody(TypedDict):
    """Gives a key another name."""

    key: str
    name: str


class RemoveBody(TypedDict):
    """Removes a key, or all `count` keys of a `branch`: refused if they are not as many."""

    key: str
    branch: bool
    count: int


class UndoBody(TypedDict):
    """Undoes the last edit; `force` also if the key has changed since."""

    force: bool


class EditBody(TypedDict):
    """An edit: see `Edit`. `seconds` ago; `keys` are the first of `count`.

    `path` is empty too where it leads through an item that is known by a name.
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
    """All edits of this client that are remembered, oldest first; told after each change.

    `undo` says what would be undone, null for nothing.
    """

    edits: list[EditBody]
    undo: str | None


# export --------------------------------------------------------------------------


class ExportBody(TypedDict):
    """Asks for the state as a file, with what is remembered of it if `history`."""

    history: bool


class ExportResult(TypedDict):
    """The file's `name` and its size in characters; `id` to ask for its parts by."""

    id: str
    name: str
    size: int


class ExportPartBody(TypedDict):
    """Asks for the part of a file that begins at a character."""

    id: str
    start: int


class ExportPartResult(TypedDict):
    """Some of the file's text."""

    text: str


BODIES: Final[dict[str, Any]] = {
    "value": ValueBody,
    "items": ItemsBody,
    "history": HistoryBody,
    "moment": AtMomentBody,
    "diff": DiffBody,
    "plot": PlotBody,
    "recorded": EmptyBody,
    "past": PastBody,
    "hold": HoldBody,
    "let_go": LetGoBody,
    "write": WriteBody,
    "rename": RenameBody,
    "remove": RemoveBody,
    "undo": UndoBody,
    "edits": EditsBody,
    "export": ExportBody,
    "export_part": ExportPartBody,
}
"""The type of each body by `op`."""
