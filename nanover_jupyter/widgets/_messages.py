"""The messages between a widget in the kernel and its views in the page.

Both directions use one envelope, `Envelope`; `js/src/shared/protocol.ts` declares
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

from typing import Any, Final, Literal, NotRequired, TypedDict

VERSION: Final = 1

PageRequestOp = Literal[
    "hello", "ping", "value", "refresh_commands", "run", "lock", "renew", "release", "forget"
]
PageNoticeOp = Literal["ack", "hide", "bye"]
KernelOp = Literal["reply", "status", "commands", "leases", "snapshot", "delta", "heartbeat"]


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
    """Of `ping`, answered at once with null, and of `refresh_commands`.

    The result of `refresh_commands` is the number of commands found.
    """


class ValueBody(TypedDict):
    """Asks for the whole value of a key, however large. Result: `ValueResult`."""

    key: str


class RunBody(TypedDict):
    """Runs a command. Arguments are in page form. Result: `RunResult`."""

    name: str
    arguments: dict[str, Any]


class LockBody(TypedDict):
    """Takes all keys or none. Result: `LockResult`."""

    keys: list[str]
    seconds: float


class RenewBody(TypedDict):
    """Restarts the clock of a held key, for its last duration. Result: `LockResult`."""

    key: str


class ReleaseBody(TypedDict):
    """Gives keys back. Result: null."""

    keys: list[str]


class ForgetBody(TypedDict):
    """Drops the row of a lease that ended. Result: null."""

    key: str


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


class ValueResult(TypedDict):
    """The whole value in page form; `value` is absent when the key is gone."""

    key: str
    exists: bool
    value: NotRequired[Any]


class RunResult(TypedDict):
    """What the command returned, in page form, and how long the client waited."""

    result: Any
    seconds: float


class LockResult(TypedDict):
    """False when another client holds one of the keys."""

    granted: bool


class AbilitiesBody(TypedDict):
    """The server's `Capabilities`, as far as the page shows them."""

    transport: str
    locks: bool
    acknowledged_updates: bool
    integers: bool
    null_values: bool


ConnectionState = Literal["connecting", "connected", "lost", "closed"]


class StatusBody(TypedDict):
    """The connection. `attempt` counts tries since it was lost; `since` is seconds ago."""

    name: str
    address: str
    state: ConnectionState
    reason: str
    attempt: int
    since: float
    abilities: AbilitiesBody


class CommandBody(TypedDict):
    """One command with its default arguments in page form."""

    name: str
    arguments: dict[str, Any]
    label: str | None
    icon: str | None


class CommandsBody(TypedDict):
    """All commands, or why they could not be listed (`commands` then is the old list)."""

    commands: list[CommandBody]
    error: str | None


LeaseState = Literal["pending", "held", "expiring", "refused", "lost", "released"]


class LeaseBody(TypedDict):
    """One lease. `left` and `held` are seconds at the time of sending.

    `left` is null for a lease that ended, and for one without end; `endless` tells
    the two apart. `note` says in words what happened last.
    """

    key: str
    state: LeaseState
    seconds: float | None
    left: float | None
    endless: bool
    held: float
    note: str


class LeasesBody(TypedDict):
    """All leases of the connection, oldest first."""

    leases: list[LeaseBody]


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
    `rate` is updates per second over the last few seconds.
    """

    epoch: str
    rev: int
    seq: int
    keys: int
    age: float | None
    rate: float
