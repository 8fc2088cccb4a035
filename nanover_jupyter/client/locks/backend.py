"""The interface between the lock manager and the two kinds of locks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from nanover_jupyter.wire.messages import LockKind, LockRequest

__all__ = ["LockBackend"]


class LockBackend(Protocol):
    """Acquires and releases locks, by requests to a server or by claims. Thread-safe.

    `LockRequests` calls `update_locks` for one request at a time.
    """

    @property
    def address(self) -> str:
        """The address of the server, for messages."""

    @property
    def transport_name(self) -> str:
        """The name of the protocol, for messages."""

    @property
    def kind(self) -> LockKind:
        """The kind of locks."""

    @property
    def renewed_early(self) -> float:
        """The share of their duration by which leases are renewed early with others."""

    def update_locks(
        self, request: LockRequest, timeout: float | None, until: float | None = None
    ) -> bool:
        """Acquire or renew keys, all of them or none, and release others.

        Args:
            request: Seconds by key, and keys to release. Zero seconds only check whether a key
                is free.
            timeout: Seconds to wait for the server; None for no limit.
            until: When the acquired keys will be released, by the clock of leases; None if
                unknown. For other clients.

        Returns:
            False if another client holds one of the keys to acquire.

        Raises:
            NanoverJupyterError: The request failed; the keys may be locked.
        """

    def holds(self, key: str) -> bool:
        """Return whether we hold a key, as far as other clients can see."""

    def begin_waiting(self, keys: Iterable[str], note: str) -> None:
        """Show other clients that this one waits for keys."""

    def end_waiting(self, keys: Iterable[str]) -> None:
        """End one `begin_waiting`."""

    def wait_until_free(self, keys: Iterable[str], pause: float, left: float) -> None:
        """Wait until an attempt to acquire keys may succeed, or until `close`.

        Args:
            keys: The keys.
            pause: Seconds to wait if that is unknown.
            left: Seconds to wait at most.
        """

    def hand_over(self, keys: Iterable[str], client_id: str) -> None:
        """Release keys and let one client acquire them before all others.

        Raises:
            NanoverJupyterError: The request failed.
        """

    def describe_holder(self, keys: Iterable[str]) -> str:
        """Return who holds one of the keys, as a phrase; empty if unknown."""

    def interrupt(self) -> None:
        """End all waiting, now and in later calls."""

    def close(self, *, reachable: bool) -> None:
        """Remove our claims, after all keys were released. Raises nothing."""
