"""A control room for NanoVer sessions, in the notebook.

    %load_ext nanover_jupyter
    %nanover connect

or, from Python,

    from nanover_jupyter import ControlRoom, connect

    connection = connect("localhost:38801")
    ControlRoom(connection)

Importing this package is quick, opens nothing, and needs no Jupyter until a widget
or a magic is touched: every public name is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from nanover_jupyter.client.change_stream import ChangeStream
    from nanover_jupyter.client.connection import Connection, connect
    from nanover_jupyter.client.discovery import Found, FoundServer, discover
    from nanover_jupyter.client.editing import Draft
    from nanover_jupyter.client.grpc_client import GrpcClient, NanoverClient, NanoverStubClient
    from nanover_jupyter.client.key_changes import KeyChange
    from nanover_jupyter.client.lease import Lease
    from nanover_jupyter.client.leases import LeaseEvent, LeaseRow
    from nanover_jupyter.client.live_state import LiveState
    from nanover_jupyter.client.lock_notes import LockNote, LockNotes, ReleaseRequest
    from nanover_jupyter.client.lock_watch import WatchedKey
    from nanover_jupyter.client.mirror import MirrorHealth
    from nanover_jupyter.client.run_effects import Effects
    from nanover_jupyter.client.runs import Run
    from nanover_jupyter.client.status import Status
    from nanover_jupyter.client.track import Moment
    from nanover_jupyter.client.websocket_client import NanoverWebSocketClient
    from nanover_jupyter.errors import (
        AddressError,
        CallCancelled,
        ClosedError,
        CommandFailed,
        ConnectError,
        ConnectionLost,
        ExportFailed,
        InvalidArgument,
        InvalidValue,
        LeaseLost,
        LockRefused,
        NanoverJupyterError,
        NotSupported,
        ProtocolError,
        ResourceLockedError,
        ServerFailed,
        TimedOut,
        UpdateRefused,
        WaitTimedOut,
    )
    from nanover_jupyter.magics import load_ipython_extension, unload_ipython_extension
    from nanover_jupyter.server import CommandRegistration, DemoWorld, NanoverServer
    from nanover_jupyter.sharing.prefix import SharedPrefix, shared_prefix
    from nanover_jupyter.sharing.records import SharedRecord
    from nanover_jupyter.sharing.values import (
        SharedBool,
        SharedFloat,
        SharedInt,
        SharedList,
        SharedText,
        SharedValue,
        shared,
    )
    from nanover_jupyter.transport.pending import PendingCall
    from nanover_jupyter.transport.tls import TlsSettings
    from nanover_jupyter.widgets import (
        CommandButton,
        CommandPalette,
        ControlRoom,
        InteractiveControls,
        LockManager,
        StateInspector,
        command_button,
        interactive_controls,
    )
    from nanover_jupyter.wire.command_info import CommandInfo
    from nanover_jupyter.wire.messages import Capabilities, DictionaryChange

__version__ = "0.1.0"

__all__ = [
    "AddressError",
    "CallCancelled",
    "Capabilities",
    "ChangeStream",
    "ClosedError",
    "CommandButton",
    "CommandFailed",
    "CommandInfo",
    "CommandPalette",
    "CommandRegistration",
    "ConnectError",
    "Connection",
    "ConnectionLost",
    "ControlRoom",
    "DemoWorld",
    "DictionaryChange",
    "Draft",
    "Effects",
    "ExportFailed",
    "Found",
    "FoundServer",
    "GrpcClient",
    "InteractiveControls",
    "InvalidArgument",
    "InvalidValue",
    "KeyChange",
    "Lease",
    "LeaseEvent",
    "LeaseLost",
    "LeaseRow",
    "LiveState",
    "LockManager",
    "LockNote",
    "LockNotes",
    "LockRefused",
    "MirrorHealth",
    "Moment",
    "NanoverClient",
    "NanoverJupyterError",
    "NanoverServer",
    "NanoverStubClient",
    "NanoverWebSocketClient",
    "NotSupported",
    "PendingCall",
    "ProtocolError",
    "ReleaseRequest",
    "ResourceLockedError",
    "Run",
    "ServerFailed",
    "SharedBool",
    "SharedFloat",
    "SharedInt",
    "SharedList",
    "SharedPrefix",
    "SharedRecord",
    "SharedText",
    "SharedValue",
    "StateInspector",
    "Status",
    "TimedOut",
    "TlsSettings",
    "UpdateRefused",
    "WaitTimedOut",
    "WatchedKey",
    "command_button",
    "connect",
    "discover",
    "interactive_controls",
    "load_ipython_extension",
    "shared",
    "shared_prefix",
    "unload_ipython_extension",
]

_HOMES: Final = {
    "Capabilities": "wire.messages",
    "ChangeStream": "client.change_stream",
    "CommandButton": "widgets",
    "CommandInfo": "wire.command_info",
    "CommandPalette": "widgets",
    "CommandRegistration": "server",
    "Connection": "client.connection",
    "ControlRoom": "widgets",
    "DemoWorld": "server",
    "DictionaryChange": "wire.messages",
    "Draft": "client.editing",
    "Effects": "client.run_effects",
    "Found": "client.discovery",
    "FoundServer": "client.discovery",
    "GrpcClient": "client.grpc_client",
    "InteractiveControls": "widgets",
    "KeyChange": "client.key_changes",
    "Lease": "client.lease",
    "LeaseEvent": "client.leases",
    "LeaseRow": "client.leases",
    "LiveState": "client.live_state",
    "LockManager": "widgets",
    "LockNote": "client.lock_notes",
    "LockNotes": "client.lock_notes",
    "MirrorHealth": "client.mirror",
    "Moment": "client.track",
    "NanoverClient": "client.grpc_client",
    "NanoverServer": "server",
    "NanoverStubClient": "client.grpc_client",
    "NanoverWebSocketClient": "client.websocket_client",
    "PendingCall": "transport.pending",
    "ReleaseRequest": "client.lock_notes",
    "Run": "client.runs",
    "SharedBool": "sharing.values",
    "SharedFloat": "sharing.values",
    "SharedInt": "sharing.values",
    "SharedList": "sharing.values",
    "SharedPrefix": "sharing.prefix",
    "SharedRecord": "sharing.records",
    "SharedText": "sharing.values",
    "SharedValue": "sharing.values",
    "StateInspector": "widgets",
    "Status": "client.status",
    "TlsSettings": "transport.tls",
    "WatchedKey": "client.lock_watch",
    "command_button": "widgets",
    "connect": "client.connection",
    "discover": "client.discovery",
    "interactive_controls": "widgets",
    "load_ipython_extension": "magics",
    "shared": "sharing.values",
    "shared_prefix": "sharing.prefix",
    "unload_ipython_extension": "magics",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{_HOMES.get(name, 'errors')}")
    value = globals()[name] = getattr(module, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
