"""What becomes of locks with time: count-downs, renewal, loss, and servers that go away."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from nanover_jupyter import Connection, LockManager, LockRefused, NanoverServer
from tests.page.conftest import Connect
from tests.page.locks.conftest import LONG, STRANGER, SkippingClock, lets_write, show_manager
from tests.page.widget_page import WidgetPage
from tests.support.eventually import eventually
from tests.support.panels import Locks
from tests.support.relay import relay_to


def seconds_left(locks: Locks, key: str) -> float:
    """What a count-down of less than a minute says."""
    return float(locks.left(key).inner_text().removesuffix(" s"))


def test_count_downs_move_while_no_message_arrives(locks: Locks, page: WidgetPage) -> None:
    locks.take("scene", 50)
    expect(locks.state("scene")).to_have_text("Held")
    to_page = page.bridge.to_page

    # Not even heartbeats arrive, as when the kernel is stopped.
    with to_page.held():
        passed = len(to_page.passed)
        left, ring = seconds_left(locks, "scene"), locks.ring("scene")
        arc = ring.get_attribute("stroke-dashoffset")
        eventually(lambda: seconds_left(locks, "scene") <= left - 0.3)
        assert ring.get_attribute("stroke-dashoffset") != arc
        assert len(to_page.passed) == passed


def test_kept_lock_outlives_its_duration(
    locks: Locks, connection: Connection, clock: SkippingClock
) -> None:
    locks.take("scene", 50)
    expect(locks.state("scene")).to_have_text("Held")

    for _ in range(2):
        clock.pass_seconds(30)
        # Its time left counts from the renewal.
        eventually(lambda: connection.client.leases.rows()[0].ends_at - clock() > 40)

    held = locks.row("scene").locator(".nvj-held")
    expect(held).to_have_text(re.compile(r"^held 1 min( \d+ s)? of 10 min at most$"))
    expect(locks.state("scene")).to_have_text("Held")
    expect(locks.keep("scene")).to_be_checked()
    expect(locks.button("Renew scene")).to_be_hidden()


def test_lock_that_is_kept_no_longer_runs_out_and_can_be_taken_again(
    locks: Locks, clock: SkippingClock
) -> None:
    locks.take("scene", 50)
    expect(locks.state("scene")).to_have_text("Held")
    locks.keep("scene").uncheck()
    expect(locks.button("Renew scene")).to_be_visible()

    clock.pass_seconds(51)

    expect(locks.state("scene")).to_have_text("Lost")
    locks.button("Retry scene").click()
    expect(locks.state("scene")).to_have_text("Held")
    locks.button("Release all").click()
    expect(locks.state("scene")).to_have_text("Released")
    locks.button("Dismiss scene").click()
    expect(locks.row("scene")).to_have_count(0)


def test_lost_lock_is_reported_and_takes_no_focus(
    locks: Locks, connection: Connection, clock: SkippingClock
) -> None:
    connection.client.lock("scene", duration=50, auto_renew=False)
    expect(locks.state("scene")).to_have_text("Held")

    clock.pass_seconds(51)

    expect(locks.state("scene")).to_have_text("Lost")
    expect(locks.notice).to_have_text("Lost scene: expired")
    # Polite: it is read out, and takes no focus.
    expect(locks.notice).to_have_role("status")
    assert locks.page.evaluate("document.activeElement.tagName") != "DIALOG"
    locks.screenshot("locks-lost")
    locks.require_accessible()


def test_lock_that_is_not_kept_can_be_renewed_and_its_cap_be_moved(
    locks: Locks, connection: Connection, clock: SkippingClock
) -> None:
    locks.root.get_by_role("switch", name="Auto-renew", exact=True).uncheck()
    locks.take("scene", 50, cap="5 min")
    expect(locks.row("scene")).to_contain_text("of 5 min at most")
    expect(locks.keep("scene")).not_to_be_checked()
    clock.pass_seconds(20)
    eventually(lambda: seconds_left(locks, "scene") <= 30)

    locks.button("Renew scene").click()

    eventually(lambda: seconds_left(locks, "scene") > 30)
    locks.button("Extend by 10 min: scene").click()
    expect(locks.row("scene")).to_contain_text("of 15 min at most")
    locks.keep("scene").check()
    expect(locks.button("Renew scene")).to_be_hidden()
    row = connection.client.leases.get("scene")
    assert row is not None
    assert row.auto_renew


def test_history_lists_what_was_taken_refused_lost_and_released(
    locks: Locks, server: NanoverServer, connection: Connection, clock: SkippingClock
) -> None:
    client = connection.client
    server.update_locks(STRANGER, {"theirs": LONG})
    locks.button("History").click()
    expect(locks.history).to_have_text("No events yet.")

    with pytest.raises(LockRefused):
        client.lock("theirs")
    client.lock("mine", duration=LONG).release()
    client.lock("brief", duration=10, auto_renew=False)
    clock.pass_seconds(11)

    expect(locks.history).to_have_count(5)
    events = [
        ("Lost", "brief", "expired"),
        ("Acquired", "brief", ""),
        ("Released", "mine", "released"),
        ("Acquired", "mine", ""),
        ("Refused", "theirs", "held by another client"),
    ]
    for index, parts in enumerate(events):
        expect(locks.history.nth(index)).to_contain_text(re.compile(r"\d+ s ago"))
        for part in parts:
            expect(locks.history.nth(index)).to_contain_text(part)
    locks.screenshot("locks-history")
    locks.require_accessible()


# tests/unit/client/test_switches.py has the other commands and what a switch looks like.
def test_switched_simulation_takes_locks_again_and_reports_those_that_are_lost(
    locks: Locks, server: NanoverServer, connection: Connection
) -> None:
    def switch(**_: object) -> None:
        """Clears all locks, and another client is quicker than we are."""
        with server.lock_state():
            server.clear_locks()
            server.update_locks(STRANGER, {"title": LONG})

    server.register_command("playback/load", switch)
    locks.take("scene", LONG, "title")
    expect(locks.state("title")).to_have_text("Held")

    connection.client.run_command("playback/load", index=1)

    expect(locks.row("scene")).to_contain_text(
        "acquired again: playback/load switched the simulation"
    )
    expect(locks.state("scene")).to_have_text("Held")
    expect(locks.state("title")).to_have_text("Lost")
    expect(locks.notice).to_contain_text("Lost title: playback/load switched the simulation")
    expect(locks.notice).to_contain_text("now held by another client")
    assert not lets_write(server, "scene")


def test_locks_are_in_doubt_while_the_server_is_away_and_lost_when_their_time_is_over(
    connect_to: Connect, page: WidgetPage, server: NanoverServer, clock: SkippingClock
) -> None:
    with relay_to(server.port) as relay:
        connection = connect_to(f"127.0.0.1:{relay.port}")
        locks = show_manager(page, LockManager(connection, height=460))
        connection.client.lock("long", duration=LONG)
        connection.client.lock("short", duration=50)
        expect(locks.state("long")).to_have_text("Held")
        expect(locks.state("short")).to_have_text("Held")

        relay.cut()

        expect(locks.state("long")).to_have_text("Held?")
        expect(locks.state("short")).to_have_text("Held?")
        expect(locks.button("Release long")).to_be_disabled()
        clock.pass_seconds(51)
        expect(locks.state("short")).to_have_text("Lost")
        expect(locks.state("long")).to_have_text("Held?")
        expect(locks.notice).to_contain_text("Lost short: expired")
        locks.screenshot("locks-server-gone")
        locks.require_accessible()
