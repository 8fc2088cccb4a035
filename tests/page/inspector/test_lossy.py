"""Messages between kernel and page that are lost, late or doubled, made on purpose.

Whatever happens to one message, the page shows exactly the server's state in the end.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from nanover_jupyter import DictionaryChange, NanoverServer, StateInspector
from nanover_jupyter.widgets.sync import state_feed as _state_feed
from tests.page.bridge import Direction, Message
from tests.page.conftest import Connect
from tests.page.inspector.faster_time import use_faster_time
from tests.page.widget_page import WidgetPage
from tests.support.eventually import eventually
from tests.support.panels import Inspector

STATE = {"changes": 0.0, "goes": 1.0, "stays": 2.0}
_SHOWN = """root => Object.fromEntries(
    [...root.querySelectorAll(".nvj-row[data-kind=node]")]
        .filter(row => row.checkVisibility())
        .map(row => [".nvj-key", ".nvj-preview"].map(part => row.querySelector(part).textContent)),
)"""


@dataclass
class Scene:
    """A server, and an inspector of it in a page whose time passes ten times as fast."""

    page: WidgetPage
    server: NanoverServer
    widget: StateInspector

    @property
    def to_page(self) -> Direction:
        return self.page.bridge.to_page

    @property
    def to_kernel(self) -> Direction:
        return self.page.bridge.to_kernel

    def show(self) -> Inspector:
        self.page.show(self.widget)
        return Inspector(self.page)

    def change(self, removals: set[str] | None = None, **updates: float) -> None:
        """Change the server's state, and wait until the kernel has heard of it."""
        self.server.update_state("test", DictionaryChange({**updates}, removals or set()))
        client = self.widget.connection.client
        eventually(lambda: client.copy_state() == self.server.copy_state())

    def expect_all_right(self) -> None:
        """Wait until the page has exactly the server's state, and nothing to complain about."""
        inspector = Inspector(self.page)
        state = {key: f"{value:g}" for key, value in self.server.copy_state().items()}
        with suppress(AssertionError):
            eventually(lambda: inspector.root.evaluate(_SHOWN) == state)
        assert inspector.root.evaluate(_SHOWN) == state
        expect(inspector.header).to_contain_text("updated")
        expect(inspector.header.locator(".nvj-status")).to_be_hidden()
        expect(inspector.root.locator(".nvj-footer")).to_contain_text("live")


OpenScene = Callable[..., Scene]


@pytest.fixture
def make_scene(
    page: WidgetPage, connect_to: Connect, server: NanoverServer, monkeypatch: pytest.MonkeyPatch
) -> OpenScene:
    """Makes an inspector of a state, which is not shown yet."""
    use_faster_time(page, monkeypatch)

    def make(**state: float) -> Scene:
        server.update_state("test", DictionaryChange({**state}))
        return Scene(page, server, StateInspector(connect_to(server), height=1200))

    return make


@pytest.fixture
def scene(make_scene: OpenScene) -> Scene:
    """An inspector that shows `STATE`, with no message on its way."""
    scene = make_scene(**STATE)
    scene.show()
    scene.expect_all_right()
    eventually(lambda: "ack" in scene.to_kernel.passed)
    return scene


# changes ------------------------------------------------------------------------------

CHANGES = pytest.mark.parametrize(
    ("updates", "removals"),
    [({"changes": 1.0}, set()), ({"new": 1.0}, set()), ({}, {"goes"})],
    ids=["value", "new key", "removal"],
)


@CHANGES
def test_lost_delta_is_noticed_by_the_one_after_it(
    scene: Scene, updates: dict[str, float], removals: set[str]
) -> None:
    scene.to_page.drop(kind="delta")
    scene.change(removals, **updates)
    eventually(lambda: scene.to_page.lost)

    scene.change({"stays"}, changes=2.0)

    scene.expect_all_right()


@CHANGES
def test_lost_delta_is_noticed_when_nothing_comes_after_it(
    scene: Scene, updates: dict[str, float], removals: set[str]
) -> None:
    scene.to_page.drop(kind="delta")

    scene.change(removals, **updates)
    eventually(lambda: scene.to_page.lost)

    scene.expect_all_right()


@CHANGES
def test_doubled_delta_does_no_harm(
    scene: Scene, updates: dict[str, float], removals: set[str]
) -> None:
    scene.to_page.duplicate(kind="delta")
    scene.change(removals, **updates)
    eventually(lambda: not scene.to_page.has_faults_left)
    scene.expect_all_right()

    scene.change(changes=3.0, last=4.0)

    scene.expect_all_right()


def test_lost_answer_to_a_doubt_is_asked_for_again(scene: Scene) -> None:
    scene.to_page.drop(2, kind="delta")
    scene.change(changes=1.0)

    scene.expect_all_right()
    assert scene.to_page.lost == ["delta", "delta"]


# the first state ----------------------------------------------------------------------


def show_with_parts(make_scene: OpenScene, monkeypatch: pytest.MonkeyPatch, lost: int) -> Scene:
    """Show twelve keys that travel in four parts, one of which is lost."""
    monkeypatch.setattr(_state_feed, "_FIRST_PART", 3)
    monkeypatch.setattr(_state_feed, "_PART_BYTES", 15)
    scene = make_scene(**{f"k{number:02}": number + 0.5 for number in range(12)})
    with ExitStack() as hello:
        hello.enter_context(scene.to_kernel.held())
        scene.show()
        with scene.to_page.held() as kept:
            hello.close()

            def parts() -> list[Message]:
                return [message for message in kept if message.kind == "snapshot"]

            eventually(lambda: len(parts()) >= 4)
            kept.remove(parts()[lost])
    return scene


@pytest.mark.parametrize("part", [0, 1, 3])
def test_lost_part_of_the_first_state_is_asked_for_again(
    make_scene: OpenScene, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    scene = show_with_parts(make_scene, monkeypatch, lost=part)

    scene.expect_all_right()


def test_lost_first_state_is_asked_for_again(make_scene: OpenScene) -> None:
    scene = make_scene(**STATE)
    scene.to_page.drop(kind="snapshot")
    scene.show()

    scene.expect_all_right()
    assert scene.to_page.lost == ["snapshot"]


def test_doubled_first_state_does_no_harm(make_scene: OpenScene) -> None:
    scene = make_scene(**STATE)
    scene.to_page.duplicate(kind="snapshot")
    scene.show()
    scene.expect_all_right()

    scene.change(changes=1.0)

    scene.expect_all_right()


# hello and its reply ------------------------------------------------------------------


def test_late_hello_is_answered_with_the_state_of_then(make_scene: OpenScene) -> None:
    scene = make_scene(**STATE)
    with scene.to_kernel.held() as kept:
        inspector = scene.show()
        expect(inspector.header).to_contain_text("kernel busy")
        scene.change({"goes"}, changes=1.0, new=2.0)
        assert [message.kind for message in kept][:1] == ["hello"]
        assert "snapshot" not in scene.to_page.passed

    scene.expect_all_right()


def test_lost_hello_is_said_again(make_scene: OpenScene) -> None:
    scene = make_scene(**STATE)
    scene.to_kernel.drop(kind="hello")
    scene.show()

    scene.expect_all_right()
    assert scene.to_kernel.lost == ["hello"]


def test_doubled_hello_does_no_harm(make_scene: OpenScene) -> None:
    scene = make_scene(**STATE)
    scene.to_kernel.duplicate(kind="hello")
    scene.show()
    scene.expect_all_right()

    scene.change(changes=1.0)

    scene.expect_all_right()


def test_lost_reply_does_not_leave_the_kernel_busy(make_scene: OpenScene) -> None:
    scene = make_scene(**STATE)
    scene.to_page.drop(kind="reply")
    scene.show()
    # It cannot tell a lost reply from a busy kernel, so it asks something else after a while.
    eventually(lambda: "ping" in scene.to_kernel.passed)

    scene.expect_all_right()
    assert scene.to_page.lost == ["reply"]


@pytest.mark.parametrize("kind", ["status", "heartbeat"])
def test_lost_word_to_a_new_view_is_made_up_for(make_scene: OpenScene, kind: str) -> None:
    scene = make_scene(**STATE)
    scene.to_page.drop(kind=kind)
    scene.show()

    scene.expect_all_right()
    assert scene.to_page.lost == [kind]


@pytest.mark.parametrize("kind", ["reply", "status", "heartbeat"])
def test_doubled_word_to_a_new_view_does_no_harm(make_scene: OpenScene, kind: str) -> None:
    scene = make_scene(**STATE)
    scene.to_page.duplicate(kind=kind)
    scene.show()
    scene.expect_all_right()

    scene.change(changes=1.0)

    scene.expect_all_right()


def test_lost_hello_of_a_view_that_comes_back_into_sight_is_said_again(scene: Scene) -> None:
    root = Inspector(scene.page).root
    root.evaluate("root => { root.style.display = 'none'; }")
    eventually(lambda: "hide" in scene.to_kernel.passed)
    scene.change({"goes"}, changes=1.0)
    scene.to_kernel.drop(kind="hello")

    root.evaluate("root => { root.style.display = ''; }")

    scene.expect_all_right()
    assert scene.to_kernel.lost == ["hello"]


# acknowledgements ---------------------------------------------------------------------


def test_lost_acknowledgement_stops_nothing(scene: Scene) -> None:
    scene.to_kernel.drop(kind="ack")
    scene.change(changes=1.0)
    scene.expect_all_right()
    eventually(lambda: scene.to_kernel.lost)

    scene.change(changes=2.0)

    scene.expect_all_right()


def test_without_acknowledgements_the_flow_stops_and_goes_on_with_the_next_one(
    scene: Scene,
) -> None:
    before = scene.to_page.passed.count("delta")
    scene.to_kernel.drop(1000, kind="ack")
    for number in range(20):
        scene.change(changes=float(number))
    # A view that acknowledges nothing for a while is taken to be stuck.
    assert scene.to_page.passed.count("delta") - before < 20

    scene.to_kernel.reset()

    scene.expect_all_right()


# everything at once -------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_state_is_right_after_faults_of_all_kinds(make_scene: OpenScene, seed: int) -> None:
    chance = random.Random(seed)
    scene = make_scene(**STATE)
    scene.show()
    for number in range(20):
        direction = chance.choice([scene.to_page, scene.to_kernel])
        fault = chance.choice([direction.drop, direction.duplicate])
        if chance.random() < 0.3:
            fault()
        removed, updated = chance.sample("abcdefgh", 2)
        scene.change({removed}, **{updated: float(number)})
    for direction in (scene.to_page, scene.to_kernel):
        direction.reset()

    scene.expect_all_right()
