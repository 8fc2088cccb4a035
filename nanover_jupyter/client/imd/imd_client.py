"""A client with the API of NanoVer's current `NanoverImdClient`, over either protocol."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Iterator
from typing import Any, Final, Self

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.connection import Connection, connect
from nanover_jupyter.client.discovery import DiscoveredServer, discover
from nanover_jupyter.client.imd.frame_data import FrameData, frame_content
from nanover_jupyter.client.imd.particle_interaction import (
    ParticleInteraction,
    value_of_interaction,
)
from nanover_jupyter.client.imd.rendering_selection import RenderingSelection
from nanover_jupyter.client.imd.services import (
    FramePublisher,
    ImdInteractions,
    interactions_of,
)
from nanover_jupyter.client.imd.session import ImdSession
from nanover_jupyter.client.nanover_objects import address_of
from nanover_jupyter.client.simulation.interactions import Interaction, check_kind
from nanover_jupyter.client.simulation.selections import ROOT_SELECTION, SELECTION_PREFIX
from nanover_jupyter.errors import (
    ConnectError,
    WaitTimedOut,
)
from nanover_jupyter.wire.discovery import DISCOVERY_PORT
from nanover_jupyter.wire.values import copy_value

__all__ = ["NanoverImdClient"]

_FRAMES: Final = 50
_SEARCH_SECONDS: Final = 10.0
_SEARCH_STEP: Final = 1.0
_LOCAL_HOSTS: Final = ("localhost", "127.0.0.1")
_MINIMUM_KEYS: Final = frozenset({"particle.count", "particle.elements", "bond.pairs"})
_USABLE: Final = "a frame with elements and bonds"


class NanoverImdClient(ImdSession):
    """NanoVer's `NanoverImdClient` on top of a client of this package, for existing notebooks.

        with NanoverImdClient.from_url("ws://localhost:38801") as client:
            frame = client.wait_until_minimum_usable_frame()
            pull = client.start_interaction(ParticleInteraction(particles=[60], scale=100))

    The signatures are NanoVer's. Its objects for frames and interactions are accepted, and so
    are those of this package. `client.client` has everything else.

    Args:
        source: An address, a Connection, or a client of this package. `close` closes what was
            opened for an address only.

    Attributes:
        client: The client of this package.
    """

    def __init__(self, source: str | Connection | BaseClient) -> None:
        self._owned = connect(source) if isinstance(source, str) else None
        # Kept, because a connection that nothing refers to is closed.
        self._connection = Connection.of(self._owned or source)  # type: ignore[arg-type]
        super().__init__(self._connection.client)
        self.client.keep_frame_messages(_FRAMES)
        # By key; None until the first update.
        self._local_interactions: dict[str, Interaction | None] = {}
        self._player_id = str(uuid.uuid4())
        self._next_selection = 0
        self._frame_publisher = FramePublisher(self.client.publish_frame)

    # connecting -----------------------------------------------------------------------

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Connect to an address, such as `ws://HOST:PORT` or `grpc://HOST:PORT`.

        Raises:
            AddressError: The address is invalid.
            ConnectError: No server answers.
        """
        return cls(url)

    @classmethod
    def from_runner(cls, runner: Any) -> Self:
        """Connect to NanoVer's `OmniRunner`, or to a server of this package."""
        return cls(address_of(runner))

    @classmethod
    def from_app_server(cls, app_server: Any) -> Self:
        """Connect to an app server of NanoVer, or to a server of this package."""
        return cls(address_of(app_server))

    @classmethod
    def from_discovery(
        cls, *, server_name: str | None = None, discovery_port: int | None = None
    ) -> Self:
        """Connect to a server that announces itself; waits for it for ten seconds.

        Args:
            server_name: The name of the server; any server on this machine by default.
            discovery_port: The UDP port of the announcements.

        Raises:
            ConnectError: There is none.
        """
        port = DISCOVERY_PORT if discovery_port is None else discovery_port
        deadline = time.monotonic() + _SEARCH_SECONDS
        while True:
            found = discover(_SEARCH_STEP, port=port)
            for server in found:
                if _is_wanted(server, server_name):
                    return cls(server.url)
            if found.obstacle or time.monotonic() >= deadline:
                what = "a local server" if server_name is None else f"the server {server_name!r}"
                raise ConnectError(what, found.explanation or "not found")

    def close(self) -> None:
        """End the interactions of this client, and close what `from_...` opened. Idempotent."""
        self.stop_all_interactions()
        if self._owned is not None:
            self._owned.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.client.address}: {self.client.status.state}>"

    # frames ---------------------------------------------------------------------------

    @property
    def current_frame(self) -> FrameData:
        """The merged current frame, empty before the first."""
        return FrameData(self.client.frame)

    @property
    def frames(self) -> list[FrameData]:
        """The last 50 frames as they were received, not merged, the oldest first."""
        return [FrameData(frame) for frame in self.client.recent_frames()]

    @property
    def has_minimum_usable_frame(self) -> bool:
        """Whether the current frame has the number of atoms, elements, bonds, and more."""
        frame = self.client.frame
        return frame is not None and frame.keys() > _MINIMUM_KEYS

    def wait_until_first_frame(
        self, check_interval: float = 0.01, timeout: float | None = 1
    ) -> FrameData:
        """Like `wait_until_minimum_usable_frame`."""
        return self.wait_until_minimum_usable_frame(check_interval, timeout)

    def wait_until_minimum_usable_frame(
        self,
        check_interval: float = 0.01,  # noqa: ARG002 - waits for the frame itself
        timeout: float | None = 1,
    ) -> FrameData:
        """Wait until `has_minimum_usable_frame`, and return the current frame.

        Args:
            check_interval: Unused.
            timeout: Seconds to wait; None for no limit.

        Raises:
            WaitTimedOut: (a TimeoutError) There is no such frame.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        frame = None
        while not self.has_minimum_usable_frame:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise WaitTimedOut(_USABLE, timeout or 0.0)
            frame = self.client.wait_for_frame(left, after=frame)
        return self.current_frame

    def publish_frame(self, frame: Any, *, frame_index: int | None = None) -> None:
        """Send a frame to the server, which passes it on to all clients.

        Args:
            frame: A `FrameData`, NanoVer's or ours, or a mapping.
            frame_index: Replaces the index of the frame; 0 discards the earlier frames.

        Raises:
            NotSupported: It is a gRPC server.
            InvalidValue: A value cannot be sent.
        """
        content = frame_content(frame)
        if frame_index is not None:
            content["frame.index"] = frame_index
        self.client.publish_frame(content)

    @property
    def frame_publisher(self) -> FramePublisher:
        """Publishes frames with their numbers."""
        return self._frame_publisher

    # interactions ---------------------------------------------------------------------

    @property
    def interactions(self) -> dict[str, ParticleInteraction]:
        """The interactions of all clients by their keys, without malformed ones."""
        return interactions_of(self.client)

    @property
    def imd(self) -> ImdInteractions:
        """The interactions of all clients, as on a server."""
        return ImdInteractions(self.client)

    def start_interaction(self, interaction: Any = None) -> str:
        """Start an interaction and return its id. Without a value, nothing is sent yet."""
        key = self.client.new_interaction_key()
        self._local_interactions[key] = None
        if interaction is not None:
            self.update_interaction(key, interaction)
        return key

    def update_interaction(self, interaction_id: str, interaction: Any) -> None:
        """Replace the settings of an interaction of this client.

        Args:
            interaction_id: From `start_interaction`.
            interaction: A `ParticleInteraction`, NanoVer's or ours.

        Raises:
            KeyError: The id is unknown, or the interaction was stopped.
            InvalidArgument: (a ValueError) Its type is unknown; NanoVer's server would pause
                the simulation of all users.
            TypeError: It is not an interaction.
        """
        known = self._local_interactions[interaction_id]
        value = value_of_interaction(interaction)
        check_kind(value["interaction_type"])
        if known is not None and known.active:
            known.replace(value)
        else:
            started = self.client.interact_with_value(value, interaction_id)
            self._local_interactions[interaction_id] = started

    def stop_interaction(self, interaction_id: str) -> None:
        """End an interaction of this client. Raises KeyError if the id is unknown."""
        interaction = self._local_interactions.pop(interaction_id)
        if interaction is not None:
            interaction.end()

    def stop_all_interactions(self) -> None:
        """End all interactions of this client."""
        for interaction_id in list(self._local_interactions):
            self.stop_interaction(interaction_id)

    # selections -----------------------------------------------------------------------

    @property
    def selections(self) -> Iterator[RenderingSelection]:
        """The selections of the session."""
        return (self.get_selection(key) for key in self.client.selections)

    @property
    def root_selection(self) -> RenderingSelection:
        """The selection of all atoms. It is created when it is written."""
        try:
            root = self.get_selection(ROOT_SELECTION)
        except KeyError:
            root = self._selection(ROOT_SELECTION, "Root Selection")
        root.clear_particles()
        return root

    def create_selection(
        self, name: str, particle_ids: Iterable[int] | None = None
    ) -> RenderingSelection:
        """Create a selection and write it."""
        key = f"{SELECTION_PREFIX}{self._player_id}.{self._next_selection}"
        self._next_selection += 1
        selection = self._selection(key, name)
        selection.set_particles(particle_ids)
        self.update_selection(selection)
        return selection

    def get_selection(self, selection_id: str) -> RenderingSelection:
        """Return a copy of a selection. Raises KeyError if it does not exist."""
        value = self.client.peek(selection_id)
        if not isinstance(value, dict):
            raise KeyError(selection_id)
        selection = self._selection(selection_id, "")
        selection.read_from_dictionary(copy_value(value))  # type: ignore[arg-type]
        return selection

    def update_selection(self, selection: Any) -> None:
        """Write a selection."""
        self.set_shared_value(selection.selection_id, selection.to_dictionary())

    def remove_selection(self, selection: Any) -> None:
        """Remove a selection."""
        self.remove_shared_value(selection.selection_id)

    def clear_selections(self) -> None:
        """Remove all selections."""
        self.client.selections.clear()

    def _selection(self, key: str, name: str) -> RenderingSelection:
        return RenderingSelection(
            key, name, update=self.update_selection, remove=self.remove_selection
        )


def _is_wanted(server: DiscoveredServer, name: str | None) -> bool:
    return server.address in _LOCAL_HOSTS if name is None else server.name == name
