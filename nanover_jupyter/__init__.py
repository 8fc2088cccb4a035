"""A control room for NanoVer servers in Jupyter.

    %load_ext nanover_jupyter
    %nanover connect

or, from Python,

    from nanover_jupyter import ControlRoom, connect

    connection = connect("localhost:38801")
    ControlRoom(connection)

Importing this package is fast and connects to nothing. Every public name is imported at
its first use, so Jupyter is needed only for widgets and magics.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from nanover_jupyter.client.commands.effects import Effects
    from nanover_jupyter.client.commands.runs import Run
    from nanover_jupyter.client.connection import Connection, connect
    from nanover_jupyter.client.discovery import DiscoveredServer, DiscoveryResult, discover
    from nanover_jupyter.client.frames.series import FrameSeries, SeriesRows
    from nanover_jupyter.client.grpc_client import GrpcClient, NanoverClient, NanoverStubClient
    from nanover_jupyter.client.history.key_history import Sample
    from nanover_jupyter.client.imd.frame_data import FrameData
    from nanover_jupyter.client.imd.imd_client import NanoverImdClient
    from nanover_jupyter.client.imd.particle_interaction import ParticleInteraction
    from nanover_jupyter.client.imd.rendering_selection import RenderingSelection
    from nanover_jupyter.client.imd.services import (
        FramePublisher,
        ImdInteractions,
        StateDictionary,
    )
    from nanover_jupyter.client.locks.claims.view import KeyClaim, LockClaims, ReleaseRequest
    from nanover_jupyter.client.locks.editing import StateDraft
    from nanover_jupyter.client.locks.lease import Lease
    from nanover_jupyter.client.locks.lease_state import LeaseEvent, LeaseRow
    from nanover_jupyter.client.locks.watched_keys import WatchedKey
    from nanover_jupyter.client.simulation.interactions import Interaction
    from nanover_jupyter.client.simulation.selections import Selection, Selections
    from nanover_jupyter.client.state.changes import ChangeStream, KeyChange
    from nanover_jupyter.client.state.live_state import LiveState
    from nanover_jupyter.client.state.mirror import MirrorHealth
    from nanover_jupyter.client.status import Status
    from nanover_jupyter.client.websocket_client import NanoverWebSocketClient
    from nanover_jupyter.errors import (
        AddressError,
        CallCancelled,
        CaptureFailed,
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
        NotProvided,
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
    from nanover_jupyter.traits.prefix import SharedPrefix, shared_prefix
    from nanover_jupyter.traits.records import SharedRecord
    from nanover_jupyter.traits.values import (
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
        MoleculeView,
        SimulationPanel,
        StateInspector,
        command_button,
        interactive_controls,
    )
    from nanover_jupyter.wire.command_info import CommandInfo
    from nanover_jupyter.wire.frames.frame import Frame
    from nanover_jupyter.wire.messages import Capabilities, DictionaryChange, LockKind

__version__ = "0.1.0"

__all__ = [
    "AddressError",
    "CallCancelled",
    "Capabilities",
    "CaptureFailed",
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
    "DiscoveredServer",
    "DiscoveryResult",
    "Effects",
    "ExportFailed",
    "Frame",
    "FrameData",
    "FramePublisher",
    "FrameSeries",
    "GrpcClient",
    "ImdInteractions",
    "Interaction",
    "InteractiveControls",
    "InvalidArgument",
    "InvalidValue",
    "KeyChange",
    "KeyClaim",
    "Lease",
    "LeaseEvent",
    "LeaseLost",
    "LeaseRow",
    "LiveState",
    "LockClaims",
    "LockKind",
    "LockManager",
    "LockRefused",
    "MirrorHealth",
    "MoleculeView",
    "NanoverClient",
    "NanoverImdClient",
    "NanoverJupyterError",
    "NanoverServer",
    "NanoverStubClient",
    "NanoverWebSocketClient",
    "NotProvided",
    "NotSupported",
    "ParticleInteraction",
    "PendingCall",
    "ProtocolError",
    "ReleaseRequest",
    "RenderingSelection",
    "ResourceLockedError",
    "Run",
    "Sample",
    "Selection",
    "Selections",
    "SeriesRows",
    "ServerFailed",
    "SharedBool",
    "SharedFloat",
    "SharedInt",
    "SharedList",
    "SharedPrefix",
    "SharedRecord",
    "SharedText",
    "SharedValue",
    "SimulationPanel",
    "StateDictionary",
    "StateDraft",
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

_MODULES: Final = {
    "FrameData": "client.imd.frame_data",
    "NanoverImdClient": "client.imd.imd_client",
    "ParticleInteraction": "client.imd.particle_interaction",
    "RenderingSelection": "client.imd.rendering_selection",
    "FramePublisher": "client.imd.services",
    "ImdInteractions": "client.imd.services",
    "StateDictionary": "client.imd.services",
    "Capabilities": "wire.messages",
    "ChangeStream": "client.state.changes",
    "CommandButton": "widgets",
    "CommandInfo": "wire.command_info",
    "CommandPalette": "widgets",
    "CommandRegistration": "server",
    "Connection": "client.connection",
    "ControlRoom": "widgets",
    "DemoWorld": "server",
    "DictionaryChange": "wire.messages",
    "StateDraft": "client.locks.editing",
    "Effects": "client.commands.effects",
    "DiscoveryResult": "client.discovery",
    "DiscoveredServer": "client.discovery",
    "Frame": "wire.frames.frame",
    "FrameSeries": "client.frames.series",
    "GrpcClient": "client.grpc_client",
    "Interaction": "client.simulation.interactions",
    "InteractiveControls": "widgets",
    "KeyClaim": "client.locks.claims.view",
    "KeyChange": "client.state.changes",
    "Lease": "client.locks.lease",
    "LeaseEvent": "client.locks.lease_state",
    "LeaseRow": "client.locks.lease_state",
    "LiveState": "client.state.live_state",
    "LockClaims": "client.locks.claims.view",
    "LockKind": "wire.messages",
    "LockManager": "widgets",
    "MirrorHealth": "client.state.mirror",
    "Sample": "client.history.key_history",
    "Selection": "client.simulation.selections",
    "Selections": "client.simulation.selections",
    "SeriesRows": "client.frames.series",
    "NanoverClient": "client.grpc_client",
    "NanoverServer": "server",
    "NanoverStubClient": "client.grpc_client",
    "NanoverWebSocketClient": "client.websocket_client",
    "PendingCall": "transport.pending",
    "ReleaseRequest": "client.locks.claims.view",
    "Run": "client.commands.runs",
    "SharedBool": "traits.values",
    "SharedFloat": "traits.values",
    "SharedInt": "traits.values",
    "SharedList": "traits.values",
    "SharedPrefix": "traits.prefix",
    "SharedRecord": "traits.records",
    "SharedText": "traits.values",
    "SharedValue": "traits.values",
    "MoleculeView": "widgets",
    "SimulationPanel": "widgets",
    "StateInspector": "widgets",
    "Status": "client.status",
    "TlsSettings": "transport.tls",
    "WatchedKey": "client.locks.watched_keys",
    "command_button": "widgets",
    "connect": "client.connection",
    "discover": "client.discovery",
    "interactive_controls": "widgets",
    "load_ipython_extension": "magics",
    "shared": "traits.values",
    "shared_prefix": "traits.prefix",
    "unload_ipython_extension": "magics",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{_MODULES.get(name, 'errors')}")
    value = globals()[name] = getattr(module, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
