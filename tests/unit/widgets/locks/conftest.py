"""Claims of other clients without other clients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nanover_jupyter import Connection, KeyClaim, ReleaseRequest

UNTIL = 1_790_000_000.0


def claim(key: str, name: str, **change: Any) -> KeyClaim:
    """Return a claim of a client whose id is derived from its name."""
    options = {"state": "held", "since": UNTIL - 60, "until": UNTIL, "note": "", "enforced": False}
    return KeyClaim(key=key, client_id=f"id-{name}", name=name, **(options | change))


class FakeClaims:
    """Stands for `client.claims`; call `notify` after a change of the fields."""

    def __init__(self) -> None:
        self.name = "lab"
        self.held: dict[str, KeyClaim] = {}
        self.waits: dict[str, list[KeyClaim]] = {}
        self.asked: list[ReleaseRequest] = []
        self._callbacks: list[Callable[[], object]] = []

    def holder(self, key: str) -> KeyClaim | None:
        return self.held.get(key)

    def waiting(self, key: str) -> list[KeyClaim]:
        return self.waits.get(key, [])

    def requests(self) -> list[ReleaseRequest]:
        return self.asked

    def subscribe(self, callback: Callable[[], object]) -> Callable[[], None]:
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def notify(self) -> None:
        for callback in self._callbacks:
            callback()


@pytest.fixture
def claims(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> FakeClaims:
    """The claims that the client of `connection` knows."""
    fake = FakeClaims()
    monkeypatch.setattr(type(connection.client), "claims", fake)
    return fake
