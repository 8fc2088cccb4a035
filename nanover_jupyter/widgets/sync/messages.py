"""The messages between a widget in the kernel and its views in the page.

Here stand the envelope and what every widget says; each tool's own requests and
messages stand in `_inspector_messages.py`, `_palette_messages.py` and
`_lock_messages.py`.

Both directions use one envelope, `Envelope`; `js/src/protocol/` declares
the same names, and both test suites read the examples in
`tests/fixtures/messages`. The architecture page tells the protocol's story; in
short:

* A view says `hello` when it starts and whenever it doubts what it has. It is
  answered with `status`, `commands`, `leases` (what its tools need) and either
  the changes since the revision it names (a `delta` for this `client` alone) or a
  whole `snapshot` in parts.
* Changes come as `delta`, for all views of the widget at once. `from`/`to` are
  revisions of the kernel's copy: a view at another revision says hello again.
* `seq` counts every snapshot part and delta of the widget. A view that misses a
  number says hello; `ack` tells how far it came, and is the credit to send on.
* Everything with an `id` is answered by exactly one `reply`.

Values travel in page form, see `_page_values.py`.
"""

from __future__ import annotations

from typing import Any, Final, NotRequired, TypedDict

from nanover_jupyter.client.status import ConnectionState

__all__ = [
    "BODIES",
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
    "ModuleBody",
    "ModuleResult",
    "ReplyBody",
    "SnapshotBody",
    "StatusBody",
]

VERSION: Final = 1


class Envelope(TypedDict):
    """Every message. `client` is the view's random name: who asks, or who is meant."""

    v: int
    op: str
    body: Any
    client: NotRequired[str]
    id: NotRequired[int]


# page to kernel: requests --------------------------------------------------------


class HelloBody(TypedDict):
    """What the view has: the epoch and revision of its copy, or nulls for nothing."""

    epoch: str | None
    rev: int | None


class EmptyBody(TypedDict):
    """Of operations that say all by their name, as `ping`, answered at once with null."""


class ModuleBody(TypedDict):
    """Asks for a part of the frontend that few need, as the text of an ES module."""

    name: str


class ModuleResult(TypedDict):
    """The module's text."""

    name: str
    source: str


# page to kernel: notices, which nobody answers -----------------------------------


class AckBody(TypedDict):
    """The last `seq` that the view has handled, and the revision of its copy.

    Sent a few times a second while there is something to acknowledge, and every five
    seconds at the least, so that the kernel knows that somebody looks. 0 for nothing.
    """

    seq: int
    rev: int


# kernel to page ------------------------------------------------------------------


class ErrorBody(TypedDict):
    """`kind` is the error's class name, or BadRequest; `message` is for people."""

    kind: str
    message: str


class ReplyBody(TypedDict):
    """`result` where `ok`, else `error`."""

    ok: bool
    result: NotRequired[Any]
    error: NotRequired[ErrorBody]


class HelloResult(TypedDict):
    """The widget's epoch: what a view holds of another epoch is void."""

    epoch: str


class AbilitiesBody(TypedDict):
    """The server's `Capabilities`, as far as the page shows them."""

    transport: str
    locks: bool
    acknowledged_updates: bool
    integers: bool
    null_values: bool


class StatusBody(TypedDict):
    """The connection.

    `attempt` counts tries since it was lost; `since` is seconds ago; `received` is how many
    bytes came so far while it loads, null where that is not known.
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
    """Part `part` of the whole state at `rev`, for one view.

    Buffer 0: uint32 little endian, an id for each key. Buffer 1: UTF-8 JSON
    `{"keys": [key, ...], "values": [page value, ...]}` in the same order.
    `keys` counts the keys of all parts; `last` marks the last part. Part 0 empties
    the view's copy and sets its revision to `rev`.
    """

    epoch: str
    rev: int
    seq: int
    part: int
    last: bool
    keys: int


# A delta's body has the key `from`, which is a word of Python's own.
DeltaBody = TypedDict("DeltaBody", {"epoch": str, "from": int, "to": int, "seq": int})
"""What changed between two revisions, for one view or for all.

Buffer 0: uint32 little endian, the ids of the changed keys. Buffer 1: UTF-8 JSON
`{"values": [page value, ...], "new": [[id, key], ...], "removed": [key, ...]}`;
`values` goes with buffer 0. Removals name the key, as a view that missed a lot may
know it under an older id. When there is more than fits one message, parts have
`from` equal to `to` and the last one moves on.
"""


class HeartbeatBody(TypedDict):
    """Once a second: the newest revision and number, and the health of the stream.

    `age` is seconds since the last update from the server, null before the first;
    `rate` is updates per second over the last few seconds; `size` is bytes of the state as
    JSON, 0 for a widget that shows none.
    """

    epoch: str
    rev: int
    seq: int
    keys: int
    age: float | None
    rate: float
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
