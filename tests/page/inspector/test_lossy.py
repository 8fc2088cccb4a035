"""Lost, late and duplicated messages between kernel and page.

The page must always reach exactly the server's state.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from nanover_jupyter import DictionaryChange, NanoverServer, StateInspector
from nanover_jupyter.widgets.sync import state_feed
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
    """A server, and an inspector of it in a page with ten times faster clocks."""

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
        """Change the server's state, and wait until the kernel has received it."""
        self.server.update_state("test", DictionaryChange({**updates}, removals or set()))
        client = self.widget.connection.client
        eventually(lambda: client.copy_state() == self.server.copy_state())

    def expect_consistent(self) -> None:
        """Wait until the page has exactly the server's state and shows no error."""
        inspector = Inspector(self.page)
        state = {key: f"{value:g}" for key, value in self.server.copy_state().items()}
        with suppress(AssertionError):
            eventually(lambda: inspector.root.evaluate(_SHOWN) == state)
        assert inspector.root.evaluate(_SHOWN) == state
        expect(inspector.header).to_contain_text("Updated")
        expect(inspector.header.locator(".nvj-status")).to_be_hidden()
        expect(inspector.root.locator(".nvj-footer")).to_contain_text("live")


OpenScene = Callable[..., Scene]


@pytest.fixture
def make_scene(
    page: WidgetPage, connect_to: Connect, server: NanoverServer, monkeypatch: pytest.MonkeyPatch
) -> OpenScene:
    """Create an inspector of a state that is not shown yet."""
    use_faster_time(page, monkeypatch)

    def make(**state: float) -> Scene:
        server.update_state("test", DictionaryChange({**state}))
        return Scene(page, server, StateInspector(connect_to(server), height=1200))

    return make


@pytest.fixture
def scene(make_scene: OpenScene) -> Scene:
    """An inspector that shows `STATE`, without pending messages."""
    scene = make_scene(**STATE)
    scene.show()
    scene.expect_consistent()
    eventually(lambda: "ack" in scene.to_kernel.passed)
    return scene


# changes ------------------------------------------------------------------------------

CHANGES = pytest.mark.parametrize(
    ("updates", "removals"),
    [({"changes": 1.0}, set()), ({"new": 1.0}, set()), ({}, {"goes"})],
    ids=["value", "new key", "removal"],
)


@CHANGES
def test_lost_delta_is_detected_by_the_next_one(
    scene: Scene, updates: dict[str, float], removals: set[str]
) -> None:
    scene.to_page.drop(kind="delta")
    scene.change(removals, **updates)
    eventually(lambda: scene.to_page.lost)

    scene.change({"stays"}, changes=2.0)

    scene.expect_consistent()


@CHANGES
def test_lost_delta_is_detected_by_a_heartbeat(
    scene: Scene, updates: dict[str, float], removals: set[str]
) -> None:
    scene.to_page.drop(kind="delta")

    scene.change(removals, **updates)
    eventually(lambda: scene.to_page.lost)

    scene.expect_consistent()


@CHANGES
def test_duplicated_delta_is_ignored(
    scene: Scene, updates: dict[str, float], removals: set[str]
) -> None:
    scene.to_page.duplicate(kind="delta")
    scene.change(removals, **updates)
    eventually(lambda: not scene.to_page.has_faults_left)
    scene.expect_consistent()

    scene.change(changes=3.0, last=4.0)

    scene.expect_consistent()


def test_lost_reply_to_a_repeated_hello_is_requested_again(scene: Scene) -> None:
    scene.to_page.drop(2, kind="delta")
    scene.change(changes=1.0)

    scene.expect_consistent()
    assert scene.to_page.lost == ["delta", "delta"]


# the first state ----------------------------------------------------------------------


def show_with_parts(make_scene: OpenScene, monkeypatch: pytest.MonkeyPatch, lost: int) -> Scene:
    """Show twelve keys that are sent in four parts, one of which is lost."""
    monkeypatch.setattr(state_feed, "_FIRST_PART", 3)
    monkeypatch.setattr(state_feed, "_PART_BYTES", 15)
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
def test_lost_snapshot_part_is_requested_again(
    make_scene: OpenScene, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    scene = show_with_parts(make_scene, monkeypatch, lost=part)

    scene.expect_consistent()


def test_lost_snapshot_is_requested_again(make_scene: OpenScene) -> None:
    scene = make_scene(**STATE)
    scene.to_page.drop(kind="snapshot")
    scene.show()

    scene.expect_consistent()
    assert scene.to_page.lost == ["snapshot"]


def test_duplicated_snapshot_is_ignored(make_scene: OpenScene) -> None:
    scene = make_scene(**STATE)
    scene.to_page.duplicate(kind="snapshot")
    scene.show()
    scene.expect_consistent()

    scene.change(changes=1.0)

    scene.expect_consistent()


# hello and its reply ------------------------------------------------------------------


def test_late_hello_is_answered_with_the_current_state(make_scene: OpenScene) -> None:
    scene = make_scene(**STATE)
    with scene.to_kernel.held() as kept:
        inspector = scene.show()
        expect(inspector.header).to_contain_text("Kernel busy")
        scene.change({"goes"}, changes=1.0, new=2.0)
        assert [message.kind for message in kept][:1] == ["hello"]
        assert "snapshot" not in scene.to_page.passed

    scene.expect_consistent()


def test_lost_hello_is_sent_again(make_scene: OpenScene) -> None:
    scene = make_scene(**STATE)
    scene.to_kernel.drop(kind="hello")
    scene.show()

    scene.expect_consistent()
    assert scene.to_kernel.lost == ["hello"]


def test_duplicated_hello_is_harmless(make_scene: OpenScene) -> None:
    scene = make_scene(**STATE)
    scene.to_kernel.duplicate(kind="hello")
    scene.show()
    scene.expect_consistent()

    scene.change(changes=1.0)

    scene.expect_consistent()


def test_lost_reply_does_not_leave_the_kernel_busy(make_scene: OpenScene) -> None:
    scene = make_scene(**STATE)
    scene.to_page.drop(kind="reply")
    scene.show()
    # A lost reply looks like a busy kernel, so the page sends another request after a while.
    eventually(lambda: "ping" in scene.to_kernel.passed)

    scene.expect_consistent()
    assert scene.to_page.lost == ["reply"]


@pytest.mark.parametrize("kind", ["status", "heartbeat"])
def test_lost_initial_message_is_recovered(make_scene: OpenScene, kind: str) -> None:
    scene = make_scene(**STATE)
    scene.to_page.drop(kind=kind)
    scene.show()

    scene.expect_consistent()
    assert scene.to_page.lost == [kind]


@pytest.mark.parametrize("kind", ["reply", "status", "heartbeat"])
def test_duplicated_initial_message_is_harmless(make_scene: OpenScene, kind: str) -> None:
    scene = make_scene(**STATE)
    scene.to_page.duplicate(kind=kind)
    scene.show()
    scene.expect_consistent()

    scene.change(changes=1.0)

    scene.expect_consistent()


def test_lost_hello_of_a_returning_view_is_sent_again(scene: Scene) -> None:
    root = Inspector(scene.page).root
    root.evaluate("root => { root.style.display = 'none'; }")
    eventually(lambda: "hide" in scene.to_kernel.passed)
    scene.change({"goes"}, changes=1.0)
    scene.to_kernel.drop(kind="hello")

    root.evaluate("root => { root.style.display = ''; }")

    scene.expect_consistent()
    assert scene.to_kernel.lost == ["hello"]


# acknowledgements ---------------------------------------------------------------------


def test_lost_acknowledgement_is_harmless(scene: Scene) -> None:
    scene.to_kernel.drop(kind="ack")
    scene.change(changes=1.0)
    scene.expect_consistent()
    eventually(lambda: scene.to_kernel.lost)

    scene.change(changes=2.0)

    scene.expect_consistent()


def test_deltas_stop_without_acknowledgements_and_continue_with_the_next_one(
    scene: Scene,
) -> None:
    before = scene.to_page.passed.count("delta")
    scene.to_kernel.drop(1000, kind="ack")
    for number in range(20):
        scene.change(changes=float(number))
    # A view without acknowledgements for a while counts as stalled.
    assert scene.to_page.passed.count("delta") - before < 20

    scene.to_kernel.reset()

    scene.expect_consistent()


# everything at once -------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_state_is_correct_after_faults_of_all_kinds(make_scene: OpenScene, seed: int) -> None:
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

    scene.expect_consistent()
