"""The errors of this package. Its public functions raise no others.

    NanoverJupyterError
    ├── ConnectError            no usable server at an address
    │   └── AddressError        (also ValueError) the address is not valid
    ├── ConnectionLost          the connection ended during a call or a subscription
    ├── TimedOut                (also TimeoutError) no reply in time
    │   └── WaitTimedOut        a condition on the state was not met in time
    ├── ClosedError             the client or server was closed
    ├── CallCancelled           the server cancelled a call, for example under load
    ├── UpdateRefused           another client holds a lock on a key of an update
    │   └── ResourceLockedError the same, from the embedded server, with NanoVer's name
    ├── LockRefused             another client holds a lock on a requested key
    ├── LeaseLost               a lock was lost, or ends too soon
    ├── ServerFailed            the server replied with an error
    │   └── CommandFailed       a command ended in an error
    ├── InvalidArgument         (also ValueError) an argument of a call is not valid
    ├── InvalidValue            (also TypeError) a value cannot be sent
    ├── ExportFailed            (also OSError) a file could not be written
    ├── CaptureFailed           a view could not draw a picture
    ├── ProtocolError           a message does not follow the protocol
    └── NotSupported            this kind of server lacks a feature
        └── NotProvided         (also NotImplementedError) a method that NanoverImdClient lacks

Every error has its facts as attributes and makes its message from them. Errors of a gRPC
call are also a `grpc.RpcError` with `code()` and `details()`, so that notebooks written for
NanoVer's own client still catch them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from nanover_jupyter.redaction import redact_address, redact_text

__all__ = [
    "AddressError",
    "CallCancelled",
    "CaptureFailed",
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
    "NotProvided",
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

_MAX_KEYS = 3
# Steps shown at each end of a long path.
_MAX_STEPS = 4


class NanoverJupyterError(Exception):
    """Base class of the errors of this package."""


class ConnectError(NanoverJupyterError):
    """There is no usable server at `address`; `reason` is a phrase.

    Passwords are removed from both. `problem` is `unreachable` if nothing answers at the
    address, `certificate` if the server's certificate is not trusted, `settings` if a
    certificate file of this client cannot be used, or `unknown`.
    """

    def __init__(self, address: str, reason: str, problem: ConnectProblem = "unknown") -> None:
        self.address = redact_address(address)
        self.reason = redact_text(reason)
        self.problem = problem
        super().__init__(self.address, self.reason, problem)

    def __str__(self) -> str:
        return f"could not connect to {self.address}: {self.reason}"


class AddressError(ConnectError, ValueError):
    """`address` is not a valid server address."""

    def __str__(self) -> str:
        return (
            f"{self.address!r} is not a server address: {self.reason} "
            "(write HOST, HOST:PORT, ws://HOST:PORT or grpc://HOST:PORT)"
        )


class ConnectionLost(NanoverJupyterError):
    """The connection to `address` was lost during `doing`; `reason` is a phrase."""

    def __init__(self, address: str, doing: str, reason: str) -> None:
        self.address = redact_address(address)
        self.doing = doing
        self.reason = redact_text(reason)
        super().__init__(self.address, doing, self.reason)

    def __str__(self) -> str:
        return f"lost the connection to {self.address} while {self.doing}: {self.reason}"


class TimedOut(NanoverJupyterError, TimeoutError):
    """No reply arrived within `seconds`; the server may still complete the request."""

    def __init__(self, doing: str, seconds: float) -> None:
        super().__init__(doing, seconds)
        self.doing = doing
        self.seconds = seconds

    def __str__(self) -> str:
        return (
            f"timed out after {self.seconds:g} s while {self.doing}; "
            "the server may still complete the request"
        )


class WaitTimedOut(TimedOut):
    """`what` was not met within `seconds`; `reason` is set if the connection is lost."""

    def __init__(self, what: str, seconds: float, reason: str = "") -> None:
        super().__init__(f"waiting for {what}", seconds)
        self.args = (what, seconds, reason)
        self.what = what
        self.reason = reason

    def __str__(self) -> str:
        lost = f"; the connection is lost: {self.reason}" if self.reason else ""
        return f"timed out after {self.seconds:g} s while waiting for {self.what}{lost}"


class ClosedError(NanoverJupyterError):
    """`what` was closed before or during the call."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what

    def __str__(self) -> str:
        return f"{self.what} is closed; connect again"


class CallCancelled(NanoverJupyterError):
    """The server at `address` cancelled a call during `doing`, perhaps before it started."""

    def __init__(self, address: str, doing: str) -> None:
        super().__init__(address, doing)
        self.address = address
        self.doing = doing

    def __str__(self) -> str:
        return (
            f"{self.address} cancelled a call while {self.doing}; the server may be overloaded, "
            "try again"
        )


class UpdateRefused(NanoverJupyterError):
    """The server refused to change `keys`, as another client holds a lock on one of them."""

    def __init__(self, keys: Iterable[str]) -> None:
        self.keys = tuple(keys)
        super().__init__(self.keys)

    def __str__(self) -> str:
        return f"the server refused to change {_named(self.keys)}: another client holds a lock"


class ResourceLockedError(UpdateRefused):
    """The `UpdateRefused` of the embedded server, named as in NanoVer's own server."""


class LockRefused(NanoverJupyterError):
    """None of `keys` was locked in `waited` seconds, as another client holds one of them.

    `holder` describes that client. It is often empty, as servers do not send it.
    """

    def __init__(self, keys: Iterable[str], waited: float = 0.0, holder: str = "") -> None:
        self.keys = tuple(keys)
        self.waited = waited
        self.holder = holder
        super().__init__(self.keys, waited, holder)

    def __str__(self) -> str:
        holder = self.holder or "another client"
        held = "it" if len(self.keys) == 1 else "at least one of them"
        tried = f" (tried for {self.waited:.1f} s)" if self.waited else ""
        return f"could not lock {_named(self.keys)}: {holder} holds {held}{tried}"


class LeaseLost(NanoverJupyterError):
    """The lock on `keys` is lost, or ends too soon; `reason` is a phrase."""

    def __init__(self, keys: Iterable[str], reason: str) -> None:
        self.keys = tuple(keys)
        self.reason = reason
        super().__init__(self.keys, reason)

    def __str__(self) -> str:
        return f"lost the lock on {_named(self.keys)}: {self.reason}"


class ServerFailed(NanoverJupyterError):
    """The server replied to `doing` with an error; `message` is the text of the server."""

    def __init__(self, doing: str, message: str) -> None:
        super().__init__(doing, message)
        self.doing = doing
        self.message = message

    def __str__(self) -> str:
        return f"the server failed while {self.doing}: {self.message or 'no reason given'}"


class CommandFailed(ServerFailed):
    """The command `name` ended in an error; `message` is the text of the server."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"running {name!r}", message)
        self.name = name
        self.args = (name, message)

    def __str__(self) -> str:
        return f"command {self.name!r} failed: {self.message or 'no reason given'}"


class InvalidArgument(NanoverJupyterError, ValueError):
    """The argument `argument` of a call is not valid; `reason` is the problem and the remedy."""

    def __init__(self, argument: str, reason: str) -> None:
        super().__init__(argument, reason)
        self.argument = argument
        self.reason = reason

    def __str__(self) -> str:
        return f"invalid {self.argument}: {self.reason}"


class InvalidValue(NanoverJupyterError, TypeError):
    """The value at `path` cannot be sent; `path` starts at the outermost key."""

    def __init__(self, path: Iterable[PathStep], reason: str) -> None:
        self.path = tuple(path)
        self.reason = reason
        super().__init__(self.path, reason)

    def __str__(self) -> str:
        if not self.path:
            return f"cannot send this value: {self.reason}"
        first, *rest = self.path
        steps = [f"[{step!r}]" for step in rest]
        if len(steps) > 2 * _MAX_STEPS:
            steps[_MAX_STEPS:-_MAX_STEPS] = ["…"]
        place = str(first) + "".join(steps)
        return f"cannot send {place}: {self.reason}"

    def within(self, step: PathStep) -> InvalidValue:
        """Return the same error with `step` in front of its path."""
        return InvalidValue((step, *self.path), self.reason)


class ExportFailed(NanoverJupyterError, OSError):
    """The file `path` could not be written; `reason` is a phrase."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"could not write {self.path}: {self.reason}"


class CaptureFailed(NanoverJupyterError):
    """A view could not draw a picture; `reason` is the problem and the remedy."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"could not draw the picture: {self.reason}"


class ProtocolError(NanoverJupyterError):
    """A received message does not follow NanoVer's protocol; `reason` is a phrase."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"not a valid NanoVer message: {self.reason}"


class NotSupported(NanoverJupyterError):
    """This kind of server does not support `ability`; nothing was sent."""

    def __init__(self, ability: str, transport: str) -> None:
        super().__init__(ability, transport)
        self.ability = ability
        self.transport = transport

    def __str__(self) -> str:
        return f"this server ({self.transport}) does not support {self.ability}"


class NotProvided(NotSupported, NotImplementedError):
    """`NanoverImdClient` does not have `ability` of NanoVer's client; `instead` is a remedy."""

    def __init__(self, ability: str, instead: str) -> None:
        super().__init__(ability, "any")
        self.instead = instead
        self.args = (ability, instead)

    def __str__(self) -> str:
        return f"this package has no NanoverImdClient.{self.ability}: {self.instead}"


def _named(keys: tuple[str, ...]) -> str:
    named = ", ".join(repr(key) for key in keys[:_MAX_KEYS])
    left = len(keys) - _MAX_KEYS
    return f"{named} and {left} more" if left > 0 else named
