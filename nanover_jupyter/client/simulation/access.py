"""The methods of a client for interactions."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from nanover_jupyter.client.frames.subscription import FrameSubscription
from nanover_jupyter.client.listeners import WeakCallback
from nanover_jupyter.client.simulation.interaction_registry import (
    INTERACTION_PREFIX,
    OWNER,
    OWNER_PREFIX,
    REFRESH_SECONDS,
    InteractionRegistry,
)
from nanover_jupyter.client.simulation.interactions import (
    DEFAULT_MAX_FORCE,
    Interaction,
    interaction_value,
)
from nanover_jupyter.client.state.subscription import StateSubscription
from nanover_jupyter.errors import InvalidArgument, UpdateRefused
from nanover_jupyter.transport.base import Transport
from nanover_jupyter.wire.lazy import read
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import Value, copy_value

__all__ = ["InteractionAccess"]

_AVATAR: Final = "avatar."


class InteractionAccess:
    """The interactions of a client, which also has frames.

    Args:
        transport: The transport of the client.
        stream: The subscription to the shared state.
        call_timeout: Returns the timeout of writes in seconds; None for no limit.
    """

    _frames: FrameSubscription

    def __init__(
        self,
        transport: Transport,
        stream: StateSubscription,
        call_timeout: Callable[[], float | None],
    ) -> None:
        self._stream = stream
        # Weak: the thread of the registry must not keep the client alive.
        stream_of = weakref.ref(stream)

        def is_lost() -> bool:
            known = stream_of()
            return known is None or known.status.state == "lost"

        self._interactions = InteractionRegistry(transport, stream.mirror, is_lost, call_timeout)
        self._watches_removals = False

    def interact(  # noqa: PLR0913 - the settings of an interaction
        self,
        particles: Iterable[int],
        position: Iterable[float],
        *,
        kind: str = "spring",
        scale: float = 100.0,
        mass_weighted: bool = True,
        reset_velocities: bool = False,
        max_force: float = DEFAULT_MAX_FORCE,
        label: str | None = None,
    ) -> Interaction:
        """Start to pull atoms to a position, and return the interaction.

            with client.interact([60], client.frame.positions[60]) as pull:
                pull.move([1.0, 0.5, 2.0])

        Waits until the server has the interaction (WebSocket: until it is sent). The caller
        keeps the interaction: it ends when nothing refers to it any more.

        Args:
            particles: The indices of the atoms. Several are pulled at their center of mass.
            position: Where to, three coordinates in nm.
            kind: "spring" pulls harder with distance, "gaussian" only nearby, "constant"
                always the same.
            scale: The factor of the force; a negative one repels.
            mass_weighted: Whether heavier atoms get more of the force.
            reset_velocities: Whether the server resets the velocities of the atoms at the end.
            max_force: The largest total force in kJ/mol/nm.
            label: A name for other clients, such as "hand.right".

        Raises:
            InvalidArgument: (a ValueError) An argument is invalid.
            UpdateRefused: Another client holds a lock on the key.
            NanoverJupyterError: ConnectError, ConnectionLost, TimedOut or ClosedError.
        """
        value = interaction_value(
            particles,
            position,
            kind=kind,
            scale=scale,
            mass_weighted=mass_weighted,
            reset_velocities=reset_velocities,
            max_force=max_force,
            label=label,
        )
        frame = self._frames.mirror.current()
        count = None if frame is None else frame.particle_count
        if count is not None and max(value["particles"]) >= count:
            # NanoVer's server would remove the interactions of all users.
            reason = f"{max(value['particles'])} is out of range; there are {count} atoms"
            raise InvalidArgument("particles", reason)
        return self.interact_with_value(value)

    def interact_with_value(self, value: dict[str, Any], key: str | None = None) -> Interaction:
        """Start an interaction with a value that is not checked, like `interact`.

        Args:
            value: The value of its key in the shared state.
            key: The key; a new one by default.
        """
        self._stream.start()
        if not self._watches_removals:
            self._watches_removals = True
            self._stream.feed.subscribe(WeakCallback(self._interactions.on_change))
        return Interaction(self._interactions, value, owner=self, key=key)

    def new_interaction_key(self) -> str:
        """Return a key for an interaction that is started later."""
        return self._interactions.new_key()

    @property
    def interactions(self) -> dict[str, dict[str, Value]]:
        """Copies of the values of all clients' interactions, by their keys."""
        self._stream.start()
        received = self._stream.mirror.received()
        values = {key: read(received[key]) for key in received if _is_interaction(key)}
        return {key: copy_value(each) for key, each in values.items() if isinstance(each, dict)}  # type: ignore[misc]

    @property
    def own_interactions(self) -> list[str]:
        """The keys of the active interactions of this client."""
        return self._interactions.keys

    def find_stale_interactions(self, seconds: float = 3 * REFRESH_SECONDS) -> list[str]:
        """Return the keys of interactions whose clients seem to be gone.

            client.remove_interactions(client.find_stale_interactions())

        Watches the interactions for some seconds. Clients of this package send theirs once a
        second, and headsets many times. An interaction without a change is stale if it is of
        this package, or if its owner has no avatar. An interaction without an owner, as of
        NanoVer's Python client, is never in the list.

        Args:
            seconds: How long to watch.

        Raises:
            NanoverJupyterError: ConnectError, ConnectionLost, TimedOut or ClosedError.
        """
        self._stream.catch_up(seconds + 20.0)
        before = self.interactions
        changed: set[str] = set()

        def on_change(change: DictionaryChange) -> None:
            changed.update(change.lazy_updates)

        stop = self._stream.feed.subscribe(on_change)
        try:
            threading.Event().wait(seconds)
        finally:
            stop()
        keys = set(self._stream.mirror.keys())
        own = set(self._interactions.keys)
        silent = (before.keys() & keys) - changed - own
        return sorted(key for key in silent if _owner_is_gone(before[key], keys))

    def remove_interactions(self, keys: Iterable[str]) -> None:
        """Remove interactions of any client from the shared state.

        Args:
            keys: Their keys. Those of other things are ignored.

        Raises:
            UpdateRefused: Another client holds a lock on one of the keys.
            NanoverJupyterError: ConnectError, ConnectionLost, TimedOut or ClosedError.
        """
        removals = {key for key in keys if _is_interaction(key)}
        for key in removals & set(self._interactions.keys):
            self._interactions.end(key)
        if removals and not self._stream.write(DictionaryChange(removals=removals), 20.0):
            raise UpdateRefused(sorted(removals))


def _is_interaction(key: str) -> bool:
    return key.startswith(INTERACTION_PREFIX)


def _owner_is_gone(value: Mapping[str, Any], keys: set[str]) -> bool:
    """Return whether an interaction that did not change has an owner who seems to be gone."""
    owner = value.get(OWNER)
    if not isinstance(owner, str) or not owner:
        return False
    return owner.startswith(OWNER_PREFIX) or f"{_AVATAR}{owner}" not in keys
