"""The messages between a widget in the kernel and its views in the page.

This module defines the envelope and the messages of all widgets. The messages of each tool
are in `messages.py` of `simulation`, `inspector`, `palette` and `locks`.

Both directions use `Envelope`. `js/src/protocol/` declares the same names, and both
test suites read the examples in `tests/fixtures/messages`. See the documentation of the
sync protocol for details. In short:

* A view sends `hello` when it starts and whenever it may have missed a message. It receives
  `status` and the initial messages of the tools, and either the changes since its revision
  (a `delta` for this `client` alone) or a full `snapshot` in parts.
* A `delta` contains changes for all views of the widget. `from` and `to` are revisions of
  the kernel's copy; a view at another revision sends `hello` again.
* `seq` counts all snapshot parts and deltas of the widget. A view that misses a number sends
  `hello`. `ack` acknowledges messages, which renews the sender's credit.
* Every message with an `id` is answered by exactly one `reply`.

Values are encoded as described in `value_encoding.py`.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NotRequired, TypedDict

from nanover_jupyter.client.status import ConnectionState
from nanover_jupyter.wire.messages import LockKind

__all__ = [
    "BODIES",
    "LOCK_KIND_NAMES",
    "VERSION",
    "AbilitiesBody",
    "AckBody",
    "DeltaBody",
    "EmptyBody",
    "Envelope",
    "ErrorBody",
    "HeartbeatBody",
    "HelloBody",
    "HelloResult",
    "LockKindName",
    "ModuleBody",
    "ModuleResult",
    "ReplyBody",
    "SnapshotBody",
    "StatusBody",
]

VERSION: Final = 1

LockKindName = Literal["server", "cooperative", "none"]
"""How keys can be locked, see `LockKind`."""

LOCK_KIND_NAMES: Final[dict[LockKind, LockKindName]] = {
    LockKind.SERVER: "server",
    LockKind.COOPERATIVE: "cooperative",
    LockKind.NONE: "none",
}


class Envelope(TypedDict):
    """The envelope of every message. `client` is the random id of the sending or receiving view."""

    v: int
    op: str
    body: Any
    client: NotRequired[str]
    id: NotRequired[int]


# page to kernel: requests --------------------------------------------------------


class HelloBody(TypedDict):
    """The epoch and revision of the view's copy; null if it has none."""

    epoch: str | None
    rev: int | None


class EmptyBody(TypedDict):
    """An empty body, for example of `ping`, which is answered with null."""


class ModuleBody(TypedDict):
    """Request a lazily loaded frontend module. Result: `ModuleResult`."""

    name: str


class ModuleResult(TypedDict):
    """The source of an ES module."""

    name: str
    source: str


# page to kernel: notices without a reply ------------------------------------------


class AckBody(TypedDict):
    """The last `seq` that the view has handled, and the revision of its copy; 0 for none.

    `rows` is the number of rows of `frame_rows` that it has handled, if it shows them. Sent a
    few times a second while there are messages to acknowledge, and at least every five
    seconds to keep the view alive.
    """

    seq: int
    rev: int
    rows: NotRequired[int]


# kernel to page ------------------------------------------------------------------


class ErrorBody(TypedDict):
    """An error: `kind` is its class name, `message` is its text."""

    kind: str
    message: str


class ReplyBody(TypedDict):
    """A reply: `result` if `ok`, else `error`."""

    ok: bool
    result: NotRequired[Any]
    error: NotRequired[ErrorBody]


class HelloResult(TypedDict):
    """The widget's epoch; a view discards state of another epoch."""

    epoch: str


class AbilitiesBody(TypedDict):
    """The server's `Capabilities` that the page shows."""

    transport: str
    locks: LockKindName
    acknowledged_updates: bool
    integers: bool
    null_values: bool


class StatusBody(TypedDict):
    """The connection status.

    `attempt` counts attempts to reconnect; `since` is in seconds ago; `received` is the
    number of bytes received while the state loads, null if unknown.
    """

    name: str
    address: str
    state: ConnectionState
    reason: str
    attempt: int
    since: float
    received: int | None
    abilities: AbilitiesBody


class SnapshotBody(TypedDict):
    """One part of the full state at `rev`, for one view.

    Buffer 0: uint32 little endian, an id for each key. Buffer 1: UTF-8 JSON
    `{"keys": [key, ...], "values": [encoded value, ...]}` in the same order.
    `keys` counts the keys of all parts; `last` marks the last part. Part 0 clears
    the view's copy and sets its revision to `rev`.
    """

    epoch: str
    rev: int
    seq: int
    part: int
    last: bool
    keys: int


# Functional syntax, because `from` is a keyword.
DeltaBody = TypedDict("DeltaBody", {"epoch": str, "from": int, "to": int, "seq": int})
"""The changes between two revisions, for one view or for all.

Buffer 0: uint32 little endian, the ids of the changed keys. Buffer 1: UTF-8 JSON
`{"values": [encoded value, ...], "new": [[id, key], ...], "removed": [key, ...]}`;
`values` corresponds to buffer 0. Removals contain the key, because a view that missed
messages may know it by an older id. If the changes exceed one message, `from` equals `to`
in all parts but the last.
"""


class HeartbeatBody(TypedDict):
    """The latest revision and `seq`, and what arrives from the server, once a second.

    `age` is the number of seconds since the last update or frame from the server, null before
    the first; `rate` is the recent number of updates per second and `frames` that of frames
    of a simulation, as far as the client receives them; `size` is the size of the
    state as JSON in bytes, 0 for a widget that does not show it.
    """

    epoch: str
    rev: int
    seq: int
    keys: int
    age: float | None
    rate: float
    frames: float
    size: int


BODIES: Final[dict[str, Any]] = {
    "hello": HelloBody,
    "ping": EmptyBody,
    "module": ModuleBody,
    "ack": AckBody,
    "hide": EmptyBody,
    "bye": EmptyBody,
    "reply": ReplyBody,
    "status": StatusBody,
    "snapshot": SnapshotBody,
    "delta": DeltaBody,
    "heartbeat": HeartbeatBody,
}
"""The type of each body by `op`."""
