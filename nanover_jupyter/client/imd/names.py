"""The public names of NanoVer's `NanoverImdClient` and what becomes of each here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["NAMES", "NOT_PROVIDED", "RELEASE"]

RELEASE: Final = "0.1.3018"
"""The release of NanoVer's package that the names are from."""

NOT_PROVIDED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "recv_frame": "it is internal to NanoVer's client; use `client.on_frame(callback)`",
        "recv_message": "it is internal to NanoVer's client; use `on_change` and `on_frame`",
        "recv_state": "it is internal to NanoVer's client; use `client.on_change(callback)`",
        "send_message": (
            "it sends unchecked messages; use `update_state`, `publish_frame` or `run_command`"
        ),
        "unregister_command": (
            "the protocol has no such message; close the client, or register another function"
        ),
    }
)
"""Why a name only raises NotProvided, and what to use instead."""

_SAME: Final = ""

NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "clear_locks": "releases the locks of this client (gRPC)",
        "clear_selections": _SAME,
        "close": "also ends the interactions, within a second",
        "commands": "default arguments by name",
        "copy_state": "a deep copy",
        "create_selection": _SAME,
        "current_frame": "a snapshot, which does not change; its arrays are read-only",
        "frame_publisher": "`send_frame`, `send_clear`, `current_frame`; not over gRPC",
        "frames": "not merged, the last 50",
        "from_app_server": _SAME,
        "from_discovery": "raises ConnectError",
        "from_runner": _SAME,
        "from_url": "also gRPC addresses and plain `HOST:PORT`; reconnects",
        "get_selection": "a selection without a name has an empty one",
        "get_shared_value": "a copy",
        "has_minimum_usable_frame": _SAME,
        "imd": "without events; changes are written to the server",
        "interactions": "those of this client have an `owner.id`",
        "latest_multiplayer_values": "a deep copy",
        "lock_state": _SAME,
        "publish_frame": "WebSocket servers only; also takes a mapping",
        "recv_frame": NOT_PROVIDED["recv_frame"],
        "recv_message": NOT_PROVIDED["recv_message"],
        "recv_state": NOT_PROVIDED["recv_state"],
        "register_command": "WebSocket servers only",
        "remove_selection": _SAME,
        "remove_shared_value": _SAME,
        "root_selection": _SAME,
        "run_command": "the future raises CommandFailed",
        "run_command_blocking": "raises CommandFailed",
        "run_list": _SAME,
        "run_load": "`clear_state` is sent only if it is false, for older servers",
        "run_next": _SAME,
        "run_pause": _SAME,
        "run_play": _SAME,
        "run_reset": _SAME,
        "run_step": _SAME,
        "selections": _SAME,
        "send_message": NOT_PROVIDED["send_message"],
        "set_shared_value": "raises UpdateRefused if the key is locked (gRPC)",
        "start_interaction": "also ends if the process exits",
        "state_dictionary": "for reading: `copy_content`, `lock_content`",
        "stop_all_interactions": _SAME,
        "stop_interaction": _SAME,
        "unregister_command": NOT_PROVIDED["unregister_command"],
        "update_available_commands": _SAME,
        "update_interaction": "later updates replace those not sent yet",
        "update_selection": "keeps fields that it does not know",
        "update_state": "raises UpdateRefused if a key is locked (gRPC)",
        "wait_until_first_frame": "without the deprecation warning",
        "wait_until_minimum_usable_frame": "raises WaitTimedOut, a TimeoutError",
    }
)
"""What differs from NanoVer's client, by name; empty if nothing does."""
