"""What both kinds of locks do with claims in the same way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from nanover_jupyter.client.locks.claims.board import ClaimBoard
from nanover_jupyter.client.locks.claims.view import describe_holder
from nanover_jupyter.transport.base import Transport

__all__ = ["HAND_OVER_TIMEOUT", "ClaimBackend"]

HAND_OVER_TIMEOUT: Final = 20.0
"""Seconds to wait for each reply while keys are handed over."""


class ClaimBackend:
    """Base class of implementations of `LockBackend` that show claims. Thread-safe.

    Args:
        transport: Connects to the server.
        board: Our claims and those of other clients.
    """

    def __init__(self, transport: Transport, board: ClaimBoard) -> None:
        self._transport = transport
        self._board = board

    @property
    def address(self) -> str:
        """See `LockBackend.address`."""
        return self._transport.address

    @property
    def transport_name(self) -> str:
        """See `LockBackend.transport_name`."""
        return self._transport.capabilities.transport

    def begin_waiting(self, keys: Iterable[str], note: str) -> None:
        """See `LockBackend.begin_waiting`."""
        self._board.begin_waiting(keys, note)

    def end_waiting(self, keys: Iterable[str]) -> None:
        """See `LockBackend.end_waiting`."""
        self._board.end_waiting(keys)

    def describe_holder(self, keys: Iterable[str]) -> str:
        """See `LockBackend.describe_holder`."""
        return describe_holder(self._board, keys)

    def interrupt(self) -> None:
        """See `LockBackend.interrupt`."""
        self._board.interrupt()

    def close(self, *, reachable: bool) -> None:
        """See `LockBackend.close`."""
        self._board.close(reachable=reachable)
