"""The test vectors for authors of other clients hold for this one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nanover_jupyter.client.locks.claims.protocol import Attempt, ClaimProtocol
from nanover_jupyter.wire.messages import DictionaryChange

ROOT = Path(__file__).resolve().parents[5]
DOCUMENT = json.loads((ROOT / "docs/reference/cooperative-locks.json").read_text(encoding="utf-8"))


class Client:
    """Carries out the steps of a vector, as docs/reference/cooperative-locks.md describes them."""

    def __init__(self) -> None:
        ids = iter([DOCUMENT["client_id"], "new-id", "another-id"])
        self.protocol = ClaimProtocol(new_id=lambda: next(ids))
        self.attempt: Attempt | None = None
        self.last = DictionaryChange()

    def write(self, now: float, renewals: dict[str, float] | None = None) -> None:
        self.last = self.protocol.write(now, renewals) or self.last

    def carry_out(self, step: dict[str, Any]) -> None:
        now, protocol = step["at"], self.protocol
        if "ask" in step:
            self.attempt = protocol.ask(step["ask"])
            self.write(now)
        if "renew" in step:
            self.write(now, step["renew"])
        if "see" in step:
            assert self.sees(step["see"], now) != step.get("lost", False)
        if "outcome" in step:
            assert self.attempt is not None
            assert protocol.decide(self.attempt, now) == step["outcome"]
            if step["outcome"] in ("refused", "lost"):
                protocol.withdraw(self.attempt)
            if step["outcome"] in ("held", "refused"):
                self.write(now)
        if "publishes" in step:
            claims = self.published()
            assert {key: each["state"] for key, each in claims.items()} == step["publishes"]
        if "ticket" in step:
            assert {each["ticket"] for each in self.published().values()} == {step["ticket"]}
        for key, expected in step.get("believes", {}).items():
            assert protocol.believes(key, now) == expected

    def sees(self, cut: dict[str, Any], now: float) -> bool:
        """Receive a cut; returns False if the own key was lost."""
        updates, removals = dict(cut["updates"]), set(cut["removals"])
        if cut.get("echo"):
            updates |= self.last.updates
            removals |= self.last.removals
        return self.protocol.receive(updates, removals, now) is not None

    def published(self) -> dict[str, dict[str, Any]]:
        value = self.last.updates.get(self.protocol.key, {"claims": {}})
        claims: dict[str, dict[str, Any]] = value["claims"]
        return claims


@pytest.mark.parametrize("vector", DOCUMENT["vectors"], ids=lambda vector: vector["name"])
def test_decisions_follow_the_test_vectors(vector: dict[str, Any]) -> None:
    client = Client()
    for step in vector["steps"]:
        client.carry_out(step)
