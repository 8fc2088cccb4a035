"""The inspector shows the state of a server, and all of it as text."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from nanover_jupyter import DemoWorld, DictionaryChange, NanoverServer, StateInspector
from tests.page.conftest import Connect
from tests.page.inspector.shown_inspector import show_inspector
from tests.page.widget_page import WidgetPage
from tests.support.golden import golden_final_state, needs_golden
from tests.support.panels import Inspector
from tests.support.replay_server import ReplayServer

HTML = '<img src=x onerror="window.wasHurt = 1"><script>window.wasHurt = 1</script>'
HOSTILE = {
    "__proto__": {"polluted": True},
    "constructor.prototype": "polluted",
    f"html.{HTML}": HTML,
    "nested": {"__proto__": {"polluted": HTML}, "toString": None},
}


def test_change_on_the_server_is_shown(
    page: WidgetPage, connect_to: Connect, server: NanoverServer
) -> None:
    server.update_state("test", DictionaryChange({"temperature": 300.0}))
    _, inspector = show_inspector(page, connect_to, server)
    expect(inspector.row("temperature")).to_contain_text("300")

    server.update_state("test", DictionaryChange({"temperature": 310.5}))

    expect(inspector.row("temperature")).to_contain_text("310.5")


def test_removed_key_leaves_the_page(
    page: WidgetPage, connect_to: Connect, server: NanoverServer
) -> None:
    server.update_state("test", DictionaryChange({"stays": 1.0, "goes": 2.0}))
    _, inspector = show_inspector(page, connect_to, server)
    expect(inspector.row("goes")).to_be_visible()

    server.update_state("test", DictionaryChange(removals={"goes"}))

    expect(inspector.row("goes")).to_have_count(0)
    expect(inspector.row("stays")).to_be_visible()


def test_filter_finds_one_key_among_many(
    page: WidgetPage, connect_to: Connect, server: NanoverServer
) -> None:
    keys = {f"particle.{number:03}": float(number) for number in range(400)}
    server.update_state("test", DictionaryChange({**keys, "needle.in.there": "found"}))
    _, inspector = show_inspector(page, connect_to, server)

    inspector.search("needle")

    expect(inspector.rows).to_have_count(1)
    expect(inspector.row("needle.in.there")).to_contain_text("found")


def test_filter_without_a_match_is_cleared_by_a_click_while_the_state_changes(
    page: WidgetPage, connect_to: Connect, server: NanoverServer
) -> None:
    with DemoWorld(server):
        _, inspector = show_inspector(page, connect_to, server)
        inspector.search("nobody")
        expect(inspector.rows).to_have_count(0)

        inspector.root.get_by_text("Clear filter").click()

        expect(inspector.row("scene")).to_be_visible()


def test_hostile_keys_and_values_are_shown_as_text(
    page: WidgetPage, connect_to: Connect, server: NanoverServer
) -> None:
    server.update_state("test", DictionaryChange(HOSTILE))
    _, inspector = show_inspector(page, connect_to, server)

    for key, value in HOSTILE.items():
        inspector.open(key, query=f"{key.partition('.')[0]}*", rows=[key])
        assert inspector.copied_value() == value

    inspector.search("")
    inspector.screenshot("inspector-hostile")
    damage = "[window.wasHurt, {}.polluted, Object.prototype.polluted]"
    assert page.page.evaluate(damage) == [None] * 3
    assert inspector.root.locator("img, script").count() == 0


def short(name: str) -> str:
    """Return the shortened form of a long random name."""
    return f"{name[:4]}…{name[-2:]}"


@needs_golden
@pytest.mark.parametrize("stream", ["vr_recording_state_first60", "vr_avatar_stream"])
def test_recorded_session_is_shown_like_its_decoded_json(
    page: WidgetPage, connect_to: Connect, stream: str
) -> None:
    expected = golden_final_state(stream)
    with ReplayServer(stream) as server:
        page.show(StateInspector(connect_to(f"127.0.0.1:{server.port}")))
        inspector = Inspector(page)

        for key, value in expected.items():
            branch, _, person = key.rpartition(".")
            inspector.open(key, query=f"{key}*", rows=[branch, short(person)])
            assert inspector.copied_value() == value
        inspector.search("")
        inspector.screenshot(f"inspector-{stream}")
