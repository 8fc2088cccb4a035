"""Locks of other clients: watching keys, and waiting for them."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from nanover_jupyter import LockManager, NanoverServer
from tests.page.locks.conftest import LONG, STRANGER, SkippingClock
from tests.support.eventually import eventually
from tests.support.panels import Locks

# A watched key is looked at so often.
LOOKED_AT_AFTER = 2


def test_refused_key_can_be_watched_until_it_is_free_and_mine(
    locks: Locks, server: NanoverServer, clock: SkippingClock
) -> None:
    server.update_locks(STRANGER, {"scene": LONG})
    locks.take("scene", LONG)
    expect(locks.problem).to_contain_text("Refused: scene is held by another client.")
    expect(locks.state("scene")).to_have_text("Refused")

    locks.button("Watch scene").click()

    watched = locks.watched("scene")
    expect(watched).to_contain_text("Other client")
    clock.pass_seconds(40)
    expect(watched).to_contain_text(re.compile(r"for 4\d s"))
    locks.screenshot("locks-watched")
    locks.require_accessible()

    server.update_locks(STRANGER, release=["scene"])
    clock.pass_seconds(LOOKED_AT_AFTER)
    expect(watched).to_contain_text("Free")
    expect(watched).to_contain_text(re.compile(r"for \d s"))  # it counts anew
    locks.button("Acquire when free: scene").click()
    expect(locks.state("scene")).to_have_text("Held")
    clock.pass_seconds(LOOKED_AT_AFTER)
    expect(watched).to_contain_text("Mine")
    locks.button("Stop watching scene").click()
    expect(watched).to_have_count(0)


def test_traits_follow_what_is_done_in_the_page(locks: Locks, manager: LockManager) -> None:
    seen: list[tuple[str, str, str]] = []
    manager.observe(
        lambda change: seen.extend(("leases", row.key, row.state) for row in change.new), "leases"
    )
    manager.observe(
        lambda change: seen.extend(("watched", row.key, row.whose) for row in change.new),
        "watched",
    )
    manager.watch("title")
    locks.take("scene", LONG)
    expect(locks.state("scene")).to_have_text("Held")
    expect(locks.watched("title")).to_contain_text("Free")

    eventually(lambda: ("leases", "scene", "held") in seen)
    eventually(lambda: ("watched", "title", "free") in seen)
