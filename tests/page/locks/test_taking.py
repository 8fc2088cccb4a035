"""Taking locks with the form of the lock manager, and giving them back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from nanover_jupyter import DictionaryChange, LockManager, NanoverServer
from tests.page.conftest import Connect
from tests.page.locks.conftest import LONG, STRANGER, another_client, lets_write, show_manager
from tests.page.widget_page import WidgetPage
from tests.support.eventually import eventually
from tests.support.golden import needs_golden
from tests.support.panels import Locks
from tests.support.replay_server import ReplayServer


def test_manager_without_locks_explains_what_they_are(locks: Locks) -> None:
    expect(locks.root).to_contain_text("No locks yet.")
    expect(locks.root).to_contain_text("Enter a key above and select Acquire.")
    expect(locks.root).to_contain_text("No locks held")
    locks.screenshot("locks-empty")
    locks.require_accessible()


def test_taken_lock_keeps_others_out_until_it_is_released(
    locks: Locks, server: NanoverServer
) -> None:
    change = DictionaryChange({"scene": 2.0})
    server.update_state("test", DictionaryChange({"scene": 1.0}))

    locks.take("scene", 50)

    row = locks.row("scene")
    expect(locks.state("scene")).to_have_text("Held")
    expect(locks.left("scene")).to_have_text(re.compile(r"^\d\d\.\d s$"))
    expect(locks.keep("scene")).to_be_checked()
    expect(row).to_contain_text("of 10 min at most")
    expect(locks.root).to_contain_text("1 lock held")
    locks.screenshot("locks")
    with another_client(server) as other:
        assert not other.attempt_update_state(change)
        assert not other.attempt_update_locks({"scene": 10})
        locks.release("scene")
        expect(locks.state("scene")).to_have_text("Released")
        assert other.attempt_update_state(change)
    expect(locks.root).to_contain_text("No locks held")


def test_keys_of_the_live_state_are_suggested(locks: Locks, server: NanoverServer) -> None:
    box = locks.root.get_by_label("Key to lock")

    def suggested_for(typed: str) -> list[str]:
        box.fill(typed)
        options = locks.root.locator("datalist option").all()
        return [option.get_attribute("value") or "" for option in options]

    server.update_state("test", DictionaryChange({"scene": 1.0, "selection.root": 2.0}))
    eventually(lambda: suggested_for("se") == ["selection.root"])

    server.update_state("test", DictionaryChange({"secret": 3.0}, ["selection.root"]))

    eventually(lambda: suggested_for("se") == ["secret"])
    locks.name("scene", "not.there", "scene")
    chips = locks.root.locator(".nvj-key-chip")
    expect(chips).to_have_count(2)
    expect(chips.nth(0)).not_to_contain_text("new key")
    expect(chips.nth(1)).to_contain_text("new key")


def test_several_keys_are_taken_all_or_none(locks: Locks, server: NanoverServer) -> None:
    chips = locks.root.locator(".nvj-key-chip")
    server.update_locks(STRANGER, {"secret": LONG})
    locks.name("scene", "secret", "not.there")
    locks.button("Remove not.there").click()
    expect(chips).to_have_count(2)

    locks.button("Acquire").click()

    expect(locks.problem).to_contain_text(
        "Refused: at least one of scene, secret is held by another client. None was acquired."
    )
    assert lets_write(server, "scene")
    locks.button("Which keys?").click()
    expect(locks.problem).to_contain_text("Held by another client: secret.")

    server.update_locks(STRANGER, release=["secret"])
    locks.button("Acquire").click()

    expect(locks.state("scene")).to_have_text("Held")
    expect(locks.state("secret")).to_have_text("Held")
    expect(chips).to_have_count(0)
    expect(locks.root).to_contain_text("2 locks held")
    locks.button("Release all").click()
    expect(locks.state("scene")).to_have_text("Released")
    expect(locks.state("secret")).to_have_text("Released")
    expect(locks.button("Release all")).to_be_hidden()


def test_waiting_for_a_lock_ends_when_it_is_free_or_when_the_user_stops_it(
    locks: Locks, server: NanoverServer
) -> None:
    server.update_locks(STRANGER, {"scene": LONG})

    locks.take("scene", 10, wait="1 min")
    expect(locks.state("scene")).to_have_text("Waiting")
    expect(locks.owner("scene")).to_have_text("Held by another client")
    locks.screenshot("locks-waiting")
    locks.button("Cancel waiting for scene").click()
    expect(locks.announcement).to_have_text("Stopped waiting for scene.")
    expect(locks.problem).to_be_hidden()

    locks.button("Acquire").click()
    expect(locks.state("scene")).to_have_text("Waiting")
    server.update_locks(STRANGER, release=["scene"])

    expect(locks.state("scene")).to_have_text("Held")


@pytest.mark.parametrize(
    ("seconds", "problem"),
    [
        ("0", "The duration must be more than 0 seconds."),
        ("soon", "Enter a duration such as 10 s, 2 min or 1 h."),
    ],
)
def test_invalid_time_is_explained_at_the_form(locks: Locks, seconds: str, problem: str) -> None:
    locks.button("Acquire").click()
    expect(locks.problem).to_contain_text("Enter at least one key to lock.")
    locks.name("scene")
    locks.root.get_by_label("Duration").fill(seconds)

    locks.button("Acquire").click()

    expect(locks.problem).to_contain_text(problem)
    expect(locks.rows).to_have_count(0)


def test_everything_can_be_done_without_the_mouse(locks: Locks) -> None:
    locks.root.get_by_label("Key to lock").focus()

    locks.page.keyboard.type("scene,title")
    locks.press("Enter")
    locks.press("Backspace")
    expect(locks.root.locator(".nvj-key-chip")).to_contain_text(["scene"])
    locks.press("Enter")  # with nothing typed, it takes

    expect(locks.state("scene")).to_have_text("Held")
    focused = locks.page.locator(":focus")
    expect(focused).to_have_attribute("aria-label", "Key to lock")

    def tab_to(name: str) -> None:
        for _ in range(12):
            locks.press("Tab")
            if focused.get_attribute("aria-label") == name:
                return
        pytest.fail(f"Tab does not come to {name!r}")

    tab_to("Auto-renew scene")
    locks.press("Space")
    expect(locks.keep("scene")).not_to_be_checked()
    expect(locks.button("Renew scene")).to_be_visible()
    tab_to("Renew scene")
    locks.press("Enter")
    expect(locks.root.locator("[aria-live]").first).to_contain_text("Renewed: scene.")
    tab_to("Release scene")
    locks.press("Enter")
    expect(locks.state("scene")).to_have_text("Released")
    # The button that had the focus is gone; one beside it has it now.
    expect(focused).to_have_attribute("aria-label", "Dismiss scene")
    locks.press("Enter")
    expect(locks.rows).to_have_count(0)
    expect(focused).to_have_attribute("aria-label", "Key to lock")


@needs_golden
def test_lock_on_a_recorded_server_is_held(connect_to: Connect, page: WidgetPage) -> None:
    with ReplayServer("vr_recording_state_first60") as server:
        locks = show_manager(page, LockManager(connect_to(f"127.0.0.1:{server.port}"), height=460))

        locks.take("scene", 60)

        expect(locks.row("scene")).to_contain_text("Held")
