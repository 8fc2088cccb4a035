"""The errors of this package; nothing else leaves its public functions.

    NanoverJupyterError
    ├── ConnectError            nothing usable answers at an address
    │   └── AddressError        (also ValueError) the address itself makes no sense
    ├── ConnectionLost          the server went away during a call or a stream
    ├── TimedOut                (also TimeoutError) no answer within the given time
    │   └── WaitTimedOut        the state did not become what was waited for
    ├── ClosedError             the client was closed; make a new one
    ├── CallCancelled           the server cancelled a call, as a busy one does
    ├── UpdateRefused           the server kept its state: a key is locked elsewhere
    │   └── ResourceLockedError ... the embedded server, by the name that NanoVer uses
    ├── LockRefused             the server gave no lock: a key is locked elsewhere
    ├── LeaseLost               a lock that was ours is not, or not for long enough
    ├── ServerFailed            the server answered with an error of its own
    │   └── CommandFailed       ... to a command, and said why
    ├── InvalidArgument         (also ValueError) an argument that makes no sense
    ├── InvalidValue            (also TypeError) a value that this wire cannot carry
    ├── ExportFailed            (also OSError) a file that could not be written
    ├── ProtocolError           bytes or an answer that the protocol does not allow
    └── NotSupported            this server has no such ability

Every error carries its facts as attributes and makes its own sentence of them.
Errors that came from a gRPC call are also a `grpc.RpcError` with `code()` and
`details()`, so that notebooks written for NanoVer's own client still catch them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from nanover_jupyter.redaction import redact_address, redact_text

__all__ = [
    "AddressError",
    "CallCancelled",
    "ClosedError",
    "CommandFailed",
    "ConnectError",
    "ConnectionLost",
    "ExportFailed",
    "InvalidArgument",
    "InvalidValue",
    "LeaseLost",
    "LockRefused",
    "NanoverJupyterError",
    "NotSupported",
    "ProtocolError",
    "ResourceLockedError",
    "ServerFailed",
    "TimedOut",
    "UpdateRefused",
    "WaitTimedOut",
]

PathStep = str | int
ConnectProblem = Literal["unknown", "unreachable", "certificate", "settings"]

_KEYS_NAMED = 3
# At either end of a path.
_STEPS_SHOWN = 4


class NanoverJupyterError(Exception):
    """Base of every error that this package raises on purpose."""


class ConnectError(NanoverJupyterError):
    """No usable server answers at `address`; `reason` is a phrase.

    A password in the address is in neither of them. `problem` is for programs:
    `unreachable` if nothing answers at the address, `certificate` if the server's is not
    trusted, `settings` if a certificate file of this client cannot be used, or `unknown`.
    """

    def __init__(self, address: str, reason: str, problem: ConnectProblem = "unknown") -> None:
        self.address = redact_address(address)
        self.reason = redact_text(reason)
        self.problem = problem
        super().__init__(self.address, self.reason, problem)

    def __str__(self) -> str:
        return f"could not connect to {self.address}: {self.reason}"


class AddressError(ConnectError, ValueError):
    """`address` is not the address of a server, whatever the network says."""

    def __str__(self) -> str:
        return (
            f"{self.address!r} is not a server address: {self.reason} "
            "(write HOST, HOST:PORT, ws://HOST:PORT or grpc://HOST:PORT)"
        )


class ConnectionLost(NanoverJupyterError):
    """The connection to `address` ended during `doing`; `reason` is a phrase."""

    def __init__(self, address: str, doing: str, reason: str) -> None:
        self.address = redact_address(address)
        self.doing = doing
        self.reason = redact_text(reason)
        super().__init__(self.address, doing, self.reason)

    def __str__(self) -> str:
        return f"lost {self.address} while {self.doing}: {self.reason}"


class TimedOut(NanoverJupyterError, TimeoutError):
    """Nothing came back within `seconds`; the server may still act on it."""

    def __init__(self, doing: str, seconds: float) -> None:
        super().__init__(doing, seconds)
        self.doing = doing
        self.seconds = seconds

    def __str__(self) -> str:
        return (
            f"no answer within {self.seconds:g} s while {self.doing}; "
            "the server may still carry it out"
        )


class WaitTimedOut(TimedOut):
    """`what` did not come within `seconds`; `reason` says why the connection is lost, if it is."""

    def __init__(self, what: str, seconds: float, reason: str = "") -> None:
        super().__init__(f"waiting for {what}", seconds)
        self.args = (what, seconds, reason)
        self.what = what
        self.reason = reason

    def __str__(self) -> str:
        lost = f"; the connection is lost: {self.reason}" if self.reason else ""
        return f"waited {self.seconds:g} s for {self.what} in vain{lost}"


class ClosedError(NanoverJupyterError):
    """`what` was closed before or during the call."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what

    def __str__(self) -> str:
        return f"{self.what} is closed; connect again to go on"


class CallCancelled(NanoverJupyterError):
    """The server at `address` cancelled a call during `doing`, which it may not have begun."""

    def __init__(self, address: str, doing: str) -> None:
        super().__init__(address, doing)
        self.address = address
        self.doing = doing

    def __str__(self) -> str:
        return (
            f"{self.address} cancelled a call while {self.doing}: it may have too many calls "
            "at once; try again"
        )


class UpdateRefused(NanoverJupyterError):
    """The server refused a change of `keys` because one is locked by another client."""

    def __init__(self, keys: Iterable[str]) -> None:
        self.keys = tuple(keys)
        super().__init__(self.keys)

    def __str__(self) -> str:
        return f"the server refused the change of {_named(self.keys)}: someone else holds a lock"


class ResourceLockedError(UpdateRefused):
    """A refusal by the embedded server, called as NanoVer's own server calls it."""


class LockRefused(NanoverJupyterError):
    """None of `keys` was locked, as someone else holds one; tried for `waited` seconds.

    `holder` holds what is known of that someone, as a phrase; servers do not tell, so it
    is often empty.
    """

    def __init__(self, keys: Iterable[str], waited: float = 0.0, holder: str = "") -> None:
        self.keys = tuple(keys)
        self.waited = waited
        self.holder = holder
        super().__init__(self.keys, waited, holder)

    def __str__(self) -> str:
        who = self.holder or "someone else"
        if len(self.keys) == 1:
            said = f"{self.keys[0]!r} was not locked: {who} holds it"
        else:
            said = f"none of {_named(self.keys)} was locked: {who} holds at least one of them"
        return f"{said}; tried for {self.waited:.1f} s" if self.waited else said


class LeaseLost(NanoverJupyterError):
    """The lock on `keys` cannot be relied on any more; `reason` is a phrase."""

    def __init__(self, keys: Iterable[str], reason: str) -> None:
        self.keys = tuple(keys)
        self.reason = reason
        super().__init__(self.keys, reason)

    def __str__(self) -> str:
        return f"the lock on {_named(self.keys)} cannot be relied on: {self.reason}"


class ServerFailed(NanoverJupyterError):
    """The server answered `doing` with an error; `message` holds its own words."""

    def __init__(self, doing: str, message: str) -> None:
        super().__init__(doing, message)
        self.doing = doing
        self.message = message

    def __str__(self) -> str:
        return f"the server failed while {self.doing}: {self.message or 'it gave no reason'}"


class CommandFailed(ServerFailed):
    """Command `name` ended in an error; `message` holds the server's own words."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"running {name!r}", message)
        self.name = name
        self.args = (name, message)

    def __str__(self) -> str:
        said = self.message or "the server gave no reason"
        return f"command {self.name!r} failed: {said}"


class InvalidArgument(NanoverJupyterError, ValueError):
    """A call was given something wrong as `argument`; `reason` says what to give instead."""

    def __init__(self, argument: str, reason: str) -> None:
        super().__init__(argument, reason)
        self.argument = argument
        self.reason = reason

    def __str__(self) -> str:
        return f"invalid {self.argument}: {self.reason}"


class InvalidValue(NanoverJupyterError, TypeError):
    """A value at `path` that cannot be sent; `path` starts at the outermost key."""

    def __init__(self, path: Iterable[PathStep], reason: str) -> None:
        self.path = tuple(path)
        self.reason = reason
        super().__init__(self.path, reason)

    def __str__(self) -> str:
        if not self.path:
            return f"cannot send this value: {self.reason}"
        first, *rest = self.path
        steps = [f"[{step!r}]" for step in rest]
        if len(steps) > 2 * _STEPS_SHOWN:  # nested too deeply, as a rule
            steps[_STEPS_SHOWN:-_STEPS_SHOWN] = ["…"]
        place = str(first) + "".join(steps)
        return f"cannot send {place}: {self.reason}"

    def within(self, step: PathStep) -> InvalidValue:
        """The same error seen from one container further out."""
        return InvalidValue((step, *self.path), self.reason)


class ExportFailed(NanoverJupyterError, OSError):
    """The file `path` could not be written; `reason` is a phrase."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"could not write {self.path}: {self.reason}"


class ProtocolError(NanoverJupyterError):
    """What came over the wire is not NanoVer's protocol; `reason` is a phrase."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"not a NanoVer message: {self.reason}"


class NotSupported(NanoverJupyterError):
    """This kind of server has no `ability`; nothing was sent."""

    def __init__(self, ability: str, transport: str) -> None:
        super().__init__(ability, transport)
        self.ability = ability
        self.transport = transport

    def __str__(self) -> str:
        return f"{self.ability}: not supported by this server ({self.transport})"


def _named(keys: tuple[str, ...]) -> str:
    named = ", ".join(repr(key) for key in keys[:_KEYS_NAMED])
    left = len(keys) - _KEYS_NAMED
    return f"{named} and {left} more" if left > 0 else named
