"""The lock manager in a real page: take, see, keep, lose, watch, give back."""

from __future__ import annotations

import os
import re
import signal
import time
from inspect import cleandoc

import pytest
from playwright.sync_api import ViewportSize, expect

from nanover_jupyter import DemoWorld, DictionaryChange, NanoverClient, NanoverServer
from tests.support.eventually import TIME_SCALE, eventually
from tests.support.golden import needs_golden
from tests.support.replay_server import ReplayServer
from tests.support.road import road_to
from tests.ui.lab import OpenNotebook
from tests.ui.panels import Locks

pytestmark = pytest.mark.ui

# Long enough for whatever a test does with a lock that is not to end meanwhile.
LONG = 300 * TIME_SCALE
# For locks whose end a test waits for: long enough to see them held first.
SHORT = 5 * TIME_SCALE
STRANGER = "someone else"
# Leaves about 480 pixels for a widget.
NARROW: ViewportSize = {"width": 912, "height": 1200}


def open_manager(notebook: OpenNotebook, port: int | str, show: str = "manager") -> Locks:
    cell = f"""
        from nanover_jupyter import ControlRoom, LockManager, connect
        connection = connect("{port if isinstance(port, str) else f"127.0.0.1:{port}"}", name="lab")
        client = connection.client
        manager = LockManager(connection, height=460)
    """
    return Locks(notebook([cleandoc(cell), show]))


def seconds_of(text: str) -> float:
    """What a count-down of less than a minute says."""
    return float(text.removesuffix(" s"))


# rows -----------------------------------------------------------------------------------


def test_taken_lock_keeps_others_out_until_it_is_given_back(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    change = DictionaryChange({"scene": 2.0})
    server.update_state("test", DictionaryChange({"scene": 1.0}))
    locks = open_manager(notebook, server.port)
    expect(locks.root).to_contain_text("No locks taken.")
    locks.screenshot("locks-empty")
    locks.require_accessible()

    locks.take("scene", 50)

    row = locks.row("scene")
    expect(locks.state("scene")).to_have_text("held")
    expect(locks.left("scene")).to_have_text(re.compile(r"^\d\d\.\d s$"))
    expect(locks.keep("scene")).to_be_checked()
    expect(row).to_contain_text("of 10 min at most")
    expect(locks.root).to_contain_text("1 lock held")
    locks.screenshot("locks")
    with NanoverClient.insecure_channel(address=server.address, port=server.port) as other:
        assert not other.attempt_update_state(change)
        assert not other.attempt_update_locks({"scene": 10})
        locks.release("scene")
        expect(locks.state("scene")).to_have_text("released")
        assert other.attempt_update_state(change)
    expect(locks.root).to_contain_text("no locks held")


def test_count_downs_tick_in_the_page_while_no_message_passes(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    locks = open_manager(notebook, server.port)
    page = locks.notebook
    locks.take("scene", 50)
    expect(locks.state("scene")).to_have_text("held")
    kernel = int(page.run("import os; print(os.getpid())"))

    # A kernel that stands still sends nothing, not even a heartbeat.
    os.kill(kernel, signal.SIGSTOP)

    def ticks_without_a_message() -> bool:
        messages = page.comm_messages
        assert messages > 0
        left, ring = locks.left("scene").inner_text(), locks.ring("scene")
        turned = ring.get_attribute("stroke-dashoffset")
        eventually(lambda: seconds_of(locks.left("scene").inner_text()) < seconds_of(left) - 1)
        assert ring.get_attribute("stroke-dashoffset") != turned
        return page.comm_messages == messages

    try:
        # What was sent before may come in meanwhile, once.
        eventually(ticks_without_a_message)
    finally:
        os.kill(kernel, signal.SIGCONT)


def test_a_kept_lock_outlives_its_duration_and_one_that_is_not_is_lost_loudly(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    locks = open_manager(notebook, server.port)
    locks.take("scene", SHORT)
    expect(locks.state("scene")).to_have_text("held")

    held = locks.row("scene").locator(".nvj-held")
    eventually(lambda: int(held.inner_text().split()[0]) >= SHORT + 2, seconds=30)
    expect(locks.keep("scene")).to_be_checked()
    expect(locks.button("Renew scene")).to_be_hidden()
    locks.keep("scene").uncheck()

    expect(locks.state("scene")).to_have_text("lost")
    expect(locks.notice).to_have_text("scene was lost: its time ran out")
    # Polite: it is read out, and takes no focus.
    expect(locks.notice).to_have_role("status")
    assert locks.notebook.page.evaluate("document.activeElement.tagName") != "DIALOG"
    locks.screenshot("locks-lost")
    locks.require_accessible()

    locks.button("Try again scene").click()
    expect(locks.state("scene")).to_have_text("held")
    locks.button("Release all").click()
    expect(locks.state("scene")).to_have_text("released")
    locks.button("Dismiss scene").click()
    expect(locks.row("scene")).to_have_count(0)


def test_a_lock_that_is_not_kept_can_be_renewed_and_its_cap_be_moved(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    locks = open_manager(notebook, server.port)
    locks.root.get_by_role("switch", name="Keep", exact=True).uncheck()
    locks.take("scene", 50, cap="5 min")
    expect(locks.row("scene")).to_contain_text("of 5 min at most")
    expect(locks.keep("scene")).not_to_be_checked()
    eventually(lambda: seconds_of(locks.left("scene").inner_text()) < 45)

    locks.button("Renew scene").click()

    eventually(lambda: seconds_of(locks.left("scene").inner_text()) > 45)
    locks.button("Hold ten minutes longer: scene").click()
    expect(locks.row("scene")).to_contain_text("of 15 min at most")
    locks.keep("scene").check()
    eventually(lambda: locks.notebook.run("print(client.leases.get('scene').keep)") == "True\n")


# taking ---------------------------------------------------------------------------------


def test_several_keys_are_found_in_the_live_state_and_taken_all_or_none(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.update_state("test", DictionaryChange({"scene": 1.0, "selection.root": 2.0}))
    locks = open_manager(notebook, server.port)
    box = locks.root.get_by_label("Key to lock")

    def offered(typed: str) -> list[str]:
        box.fill(typed)
        return [
            option.get_attribute("value") or ""
            for option in locks.root.locator("datalist option").all()
        ]

    eventually(lambda: offered("se") == ["selection.root"])
    server.update_state("test", DictionaryChange({"secret": 3.0}, ["selection.root"]))
    eventually(lambda: offered("se") == ["secret"])

    locks.name("scene", "secret", "not.there", "scene")
    chips = locks.root.locator(".nvj-key-chip")
    expect(chips).to_have_count(3)
    expect(chips.nth(2)).to_contain_text("no such key yet")
    locks.button("Leave out not.there").click()
    server.update_locks(STRANGER, {"secret": LONG})
    locks.button("Take").click()
    expect(locks.problem).to_contain_text(
        "Refused: someone else holds at least one of scene, secret; none was taken."
    )
    assert server_lets_write(server, "scene")
    locks.button("Which one?").click()
    expect(locks.problem).to_contain_text("Someone else holds secret.")

    server.update_locks(STRANGER, release=["secret"])
    locks.button("Take").click()

    expect(locks.state("scene")).to_have_text("held")
    expect(locks.state("secret")).to_have_text("held")
    expect(chips).to_have_count(0)
    expect(locks.root).to_contain_text("2 locks held")
    locks.button("Release all").click()
    expect(locks.state("scene")).to_have_text("released")
    expect(locks.state("secret")).to_have_text("released")
    expect(locks.button("Release all")).to_be_hidden()


def server_lets_write(server: NanoverServer, key: str) -> bool:
    with NanoverClient.insecure_channel(address=server.address, port=server.port) as other:
        return other.attempt_update_state(DictionaryChange({key: 0.0}))


def test_one_can_wait_for_a_lock_and_stop_waiting(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.update_locks(STRANGER, {"scene": LONG})
    locks = open_manager(notebook, server.port)

    locks.take("scene", 10, wait="1 min")
    expect(locks.state("scene")).to_have_text("pending")
    expect(locks.row("scene")).to_contain_text("someone else holds it; trying again")
    locks.screenshot("locks-waiting")
    locks.button("Stop waiting for scene").click()
    expect(locks.problem).to_contain_text("given back while somebody waited")

    locks.button("Take").click()
    expect(locks.state("scene")).to_have_text("pending")
    server.update_locks(STRANGER, release=["scene"])

    expect(locks.state("scene")).to_have_text("held")


@pytest.mark.parametrize(
    ("seconds", "problem"),
    [
        ("0", "The time must be more than 0 seconds."),
        ("-5", "The time must be a number of seconds, such as 10, or 2 min, or 1 h."),
        ("NaN", "The time must be a number of seconds, such as 10, or 2 min, or 1 h."),
        ("soon", "The time must be a number of seconds, such as 10, or 2 min, or 1 h."),
    ],
)
def test_a_time_that_makes_no_sense_is_explained_at_the_form(
    notebook: OpenNotebook, server: NanoverServer, seconds: str, problem: str
) -> None:
    locks = open_manager(notebook, server.port)
    locks.button("Take").click()
    expect(locks.problem).to_have_text(re.compile("Name at least one key to lock."))
    locks.name("scene")
    locks.root.get_by_label("Seconds").fill(seconds)

    locks.button("Take").click()

    expect(locks.problem).to_have_text(re.compile(re.escape(problem)))
    expect(locks.rows).to_have_count(0)


# others ---------------------------------------------------------------------------------


def test_a_refused_key_can_be_watched_until_it_is_free_and_mine(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.update_locks(STRANGER, {"scene": LONG})
    locks = open_manager(notebook, server.port)
    locks.take("scene", LONG)
    expect(locks.problem).to_contain_text("Refused: someone else holds scene.")
    expect(locks.state("scene")).to_have_text("refused")

    locks.button("Watch scene").click()

    watched = locks.watched("scene")
    expect(watched).to_contain_text("someone else's")
    expect(watched).to_contain_text(re.compile(r"for \d+ s"))
    locks.screenshot("locks-watched")
    locks.require_accessible()

    def watched_for() -> int:
        found = re.search(r"for (\d+) s", watched.inner_text())
        assert found is not None
        return int(found.group(1))

    so_far = eventually(lambda: watched_for() if watched_for() >= 8 else None)
    server.update_locks(STRANGER, release=["scene"])
    expect(watched).to_contain_text("free")
    assert watched_for() < so_far  # it counts anew
    locks.button("Try again scene").click()
    expect(watched).to_contain_text("mine")
    locks.button("Watch no longer: scene").click()
    expect(watched).to_have_count(0)


def test_who_tells_others_is_asked_politely_and_may_let_go(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    locks = open_manager(notebook, server.port)
    locks.take("scene", LONG)
    locks.root.get_by_label("Your name, for others to see").fill("Anna")
    locks.button("Tell others").click()
    expect(locks.root).to_contain_text("Others see what you hold, as Anna.")

    with NanoverClient.insecure_channel(address=server.address, port=server.port) as other:
        other.subscribe_all_state_updates()
        eventually(lambda: other.lock_notes.holder_of("scene"))
        other.lock_notes.ask("scene", by="Ben", says="I need it for a minute")
        bar = locks.root.locator(".nvj-requests")
        expect(bar).to_contain_text("Ben asks for scene: I need it for a minute")
        expect(bar).to_have_role("status")
        locks.screenshot("locks-asked")
        locks.require_accessible()

        bar.get_by_role("button", name="Release").click()

        expect(locks.state("scene")).to_have_text("released")
        expect(bar).to_be_hidden()
        assert eventually(lambda: other.attempt_update_locks({"scene": 1}))


def test_the_history_tells_what_was_taken_refused_lost_and_released(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.update_locks(STRANGER, {"theirs": LONG})
    locks = open_manager(notebook, server.port)
    locks.button("History").click()
    expect(locks.history).to_have_text("Nothing yet.")

    locks.take("theirs", 10)
    expect(locks.state("theirs")).to_have_text("refused")
    locks.button("Leave out theirs").click()
    locks.take("mine", LONG)
    locks.release("mine")
    expect(locks.state("mine")).to_have_text("released")
    locks.root.get_by_role("switch", name="Keep", exact=True).uncheck()
    locks.take("brief", SHORT)
    expect(locks.state("brief")).to_have_text("lost")

    expect(locks.history).to_have_count(5)
    told = [
        ("lost", "brief", "its time ran out"),
        ("taken", "brief", ""),
        ("released", "mine", "given back"),
        ("taken", "mine", ""),
        ("refused", "theirs", "someone else holds it"),
    ]
    for index, parts in enumerate(told):
        expect(locks.history.nth(index)).to_contain_text(re.compile(r"\d+ s ago"))
        for part in parts:
            expect(locks.history.nth(index)).to_contain_text(part)
    locks.screenshot("locks-history")
    locks.require_accessible()


# everywhere the same --------------------------------------------------------------------


def test_two_outputs_and_two_tabs_agree(notebook: OpenNotebook, server: NanoverServer) -> None:
    here = open_manager(notebook, server.port)
    here.notebook.run("manager")
    here, below = Locks(here.notebook, 0), Locks(here.notebook, 1)
    there = Locks(here.notebook.another_tab(), 0)
    views = (here, below, there)

    here.take("scene", LONG)
    for view in views:
        expect(view.state("scene")).to_have_text("held")
    there.keep("scene").uncheck()
    for view in views:
        expect(view.keep("scene")).not_to_be_checked()
    below.button("Hold ten minutes longer: scene").click()
    for view in views:
        expect(view.row("scene")).to_contain_text("of 20 min at most")
    there.release("scene")
    for view in views:
        expect(view.state("scene")).to_have_text("released")


def test_all_of_it_can_be_done_without_the_mouse(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    locks = open_manager(notebook, server.port)
    page = locks.notebook.page
    locks.root.get_by_label("Key to lock").focus()

    page.keyboard.type("scene,title")
    locks.press("Enter")
    locks.press("Backspace")
    expect(locks.root.locator(".nvj-key-chip")).to_contain_text(["scene"])
    locks.press("Enter")  # with nothing typed, it takes

    expect(locks.state("scene")).to_have_text("held")
    focused = page.locator(":focus")
    expect(focused).to_have_attribute("aria-label", "Key to lock")

    def tab_to(name: str) -> None:
        for _ in range(12):
            locks.press("Tab")
            if focused.evaluate("node => node.getAttribute('aria-label')") == name:
                return
        pytest.fail(f"Tab does not come to {name!r}")

    tab_to("Keep scene")
    locks.press("Space")
    expect(locks.keep("scene")).not_to_be_checked()
    expect(locks.button("Renew scene")).to_be_visible()
    tab_to("Renew scene")
    locks.press("Enter")
    expect(locks.root.locator("[aria-live]").first).to_contain_text("scene")
    tab_to("Release scene")
    locks.press("Enter")
    expect(locks.state("scene")).to_have_text("released")
    # The button that had the focus is gone; one beside it has it now.
    expect(focused).to_have_attribute("aria-label", "Dismiss scene")
    locks.press("Enter")
    expect(locks.rows).to_have_count(0)
    expect(focused).to_have_attribute("aria-label", "Key to lock")


def test_the_traits_follow(notebook: OpenNotebook, server: NanoverServer) -> None:
    locks = open_manager(notebook, server.port)
    page = locks.notebook
    page.run(
        "seen = []\n"
        "manager.observe(lambda change: seen.append((change.name, change.new)), 'leases')\n"
        "manager.observe(lambda change: seen.append((change.name, change.new)), 'watched')\n"
        "manager.watch('title')"
    )
    locks.take("scene", LONG)
    expect(locks.state("scene")).to_have_text("held")
    expect(locks.watched("title")).to_contain_text("free")

    def told() -> str:
        return page.run(
            "print([(name, row.key, getattr(row, 'state', None) or row.whose)"
            " for name, rows in seen for row in rows])"
        )

    eventually(lambda: "('leases', 'scene', 'held')" in told())
    eventually(lambda: "('watched', 'title', 'free')" in told())


def test_inspector_and_palette_know_the_same_locks(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    with DemoWorld(server):
        locks = open_manager(notebook, server.port, "ControlRoom(connection, tool='locks')")
        locks.take("scene", LONG)
        expect(locks.state("scene")).to_have_text("held")

        locks.tab("Inspector")
        row = locks.root.locator(".nvj-row[data-kind=node]", has_text="scene").first
        badge = row.locator(".nvj-lock-badge")
        expect(badge).to_have_text(re.compile(r"^mine \d"))
        locks.screenshot("locks-in-inspector")

        locks.tab("Commands")
        locks.root.get_by_label("Find a command").fill("playback/next")
        locks.root.get_by_role("option", name="playback/next").first.click()
        locks.root.get_by_role("button", name="Run", exact=True).click()
        confirm = locks.root.get_by_role("alertdialog").get_by_role("button").first
        confirm.or_(locks.root.locator(".nvj-run")).first.wait_for()
        if confirm.is_visible():
            confirm.click()
        locks.tab("Locks")
        expect(locks.state("scene")).to_have_text("held")
        expect(locks.row("scene")).to_contain_text("taken again: the simulation was switched")
        assert not server_lets_write(server, "scene")

        locks.notebook.run("client.lock('title', duration=300)")
        expect(locks.state("title")).to_have_text("held")


# when it goes wrong ---------------------------------------------------------------------


@pytest.mark.parametrize("command", ["playback/load", "playback/next"])
def test_a_switch_takes_locks_again_and_reports_those_that_are_lost(
    notebook: OpenNotebook, server: NanoverServer, command: str
) -> None:
    def switch(**_: object) -> None:
        """Clears all locks, and somebody is quicker than we are."""
        with server.lock_state():
            server.clear_locks()
            server.update_locks(STRANGER, {"title": LONG})

    server.register_command(command, switch)
    locks = open_manager(notebook, server.port)
    locks.take("scene", LONG, "title")
    expect(locks.state("title")).to_have_text("held")

    locks.notebook.run(f"client.run_command({command!r}, index=1)")

    expect(locks.row("scene")).to_contain_text(
        f"taken again: the simulation was switched by {command}"
    )
    expect(locks.state("scene")).to_have_text("held")
    expect(locks.state("title")).to_have_text("lost")
    expect(locks.notice).to_contain_text("title was lost: the simulation was switched")
    expect(locks.notice).to_contain_text("someone else has it")
    assert not server_lets_write(server, "scene")


def test_a_server_without_locks_says_so_and_why(notebook: OpenNotebook) -> None:
    with NanoverServer(websocket_port=0) as server:
        locks = open_manager(notebook, f"ws://127.0.0.1:{server.websocket_port}")

        expect(locks.root).to_contain_text("This server has no locks.")
        expect(locks.root).to_contain_text("every client may write every key")
        expect(locks.root.get_by_label("Key to lock")).to_be_hidden()
        expect(locks.button("Release all")).to_be_hidden()
        locks.screenshot("locks-no-locks")
        locks.require_accessible()


def test_a_server_away_for_longer_than_a_lock_is_told_when_its_time_is_over(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    with road_to(server.port) as road:
        locks = open_manager(notebook, road.port)
        locks.take("long", LONG)
        expect(locks.state("long")).to_have_text("held")
        locks.take("short", 10 * TIME_SCALE)
        expect(locks.state("short")).to_have_text("held")

        road.cut()

        expect(locks.state("long")).to_have_text("held?", timeout=40_000 * TIME_SCALE)
        expect(locks.button("Release long")).to_be_disabled()
        expect(locks.state("short")).to_have_text("lost", timeout=40_000 * TIME_SCALE)
        expect(locks.notice).to_contain_text("short was lost: its time ran out")
        locks.screenshot("locks-server-gone")
        locks.require_accessible()


HOSTILE = ["<img src=x onerror=alert(1)>", "\u202egnihton\u202c שלום", "k" * 10_000, "__proto__"]


def fits(locks: Locks) -> bool:
    """Whether nothing has to be scrolled sideways."""
    scroller = locks.root.locator(".nvj-scroll")
    return bool(scroller.evaluate("node => node.scrollWidth <= node.clientWidth"))


def test_hostile_keys_and_names_are_text(notebook: OpenNotebook, server: NanoverServer) -> None:
    server.update_locks(STRANGER, {HOSTILE[0]: LONG})
    note = {"by": "<b>Eve</b>", "why": "", "until": {HOSTILE[0]: time.time() + LONG}}
    server.update_state("eve", DictionaryChange({"lock-note.eve": note}))
    locks = open_manager(notebook, server.port)
    page = locks.notebook
    page.run(f"client.catch_up()\nfor key in {HOSTILE[1:]!r}: client.lock(key, duration={LONG})")
    locks.take(HOSTILE[0], 10)
    expect(locks.problem).to_contain_text("Refused: <b>Eve</b> (until ")
    locks.button("Watch").click()
    expect(locks.watched("<img")).to_contain_text("<b>Eve</b>")
    locks.button("History").click()

    expect(locks.rows).to_have_count(4)
    assert locks.root.locator("img, b").count() == 0
    locks.screenshot("locks-hostile")
    eventually(lambda: fits(locks))
    locks.require_accessible()
    page.page.set_viewport_size(NARROW)
    locks.screenshot("locks-hostile-narrow")
    eventually(lambda: fits(locks))
    locks.button("Release all").click()
    expect(locks.root).to_contain_text("no locks held")
    locks.take("scene", LONG)
    expect(locks.state("scene")).to_have_text("held")
    locks.screenshot("locks-narrow")


def test_a_thousand_locks_are_counted_and_given_back_and_those_in_view_tick(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    locks = open_manager(notebook, server.port)
    page = locks.notebook
    page.run(
        f"for number in range(1000): client.lock(f'box.{{number}}', duration={LONG})\n"
        "try: manager.watch(*(f'key.{number}' for number in range(10_000)))\n"
        "except Exception as error: refused = error\n"
        "manager.watch(*(f'key.{number}' for number in range(50)))"
    )

    expect(locks.root).to_contain_text(
        re.compile(r"1\s000 locks held"), timeout=60_000 * TIME_SCALE
    )
    expect(locks.root).to_contain_text("… 500 more")
    assert "50 keys are watched at the most" in page.run("print(refused)")
    expect(locks.watched("key.49")).to_contain_text("free")
    left = locks.left("box.0").inner_text()
    expect(locks.left("box.0")).not_to_have_text(left)
    locks.screenshot("locks-huge")
    locks.button("Release all").click()
    expect(locks.root).to_contain_text("no locks held", timeout=60_000 * TIME_SCALE)


@needs_golden
def test_lock_on_a_recorded_server_is_held(notebook: OpenNotebook) -> None:
    with ReplayServer("vr_recording_state_first60") as server:
        locks = open_manager(notebook, server.port)

        locks.take("scene", 60)

        expect(locks.row("scene")).to_contain_text("held")
