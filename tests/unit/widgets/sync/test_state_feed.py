"""What the page is told of the state: a page that takes every message has the state."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from nanover_jupyter.widgets.sync.state_feed import StateFeed, StateMessage
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.page_model import PageModel


class Source:
    """A state that is changed by hand."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}

    def keys(self) -> list[str]:
        return list(self.state)

    def peek(self, key: str, default: Any = None) -> Any:
        return self.state.get(key, default)

    def apply(self, change: DictionaryChange) -> DictionaryChange:
        self.state.update(change.updates)
        for key in change.removals:
            self.state.pop(key, None)
        return change


def feed_of(**state: Any) -> tuple[Source, StateFeed]:
    source = Source()
    source.state = state
    return source, StateFeed(source)


def snapshot(feed: StateFeed) -> list[StateMessage]:
    cursor = feed.begin_snapshot()
    parts = []
    while not cursor.done:
        parts.append(feed.next_part(cursor))
    return parts


def page_with(feed: StateFeed) -> PageModel:
    page = PageModel()
    for part in snapshot(feed):
        page.take(part)
    return page


def test_an_empty_state_is_one_last_part() -> None:
    _, feed = feed_of()

    (part,) = snapshot(feed)

    assert part.body["last"]
    assert page_with(feed).values == {}


def test_the_first_part_is_a_screenful_and_the_rest_follows() -> None:
    _, feed = feed_of(**{f"k{n:04}": n for n in range(1_000)})

    first, *rest = snapshot(feed)

    assert len(json.loads(first.buffers[1])["keys"]) == 200
    assert not first.body["last"]
    assert rest[-1].body["last"]
    assert len(page_with(feed).values) == 1_000


def test_of_very_many_keys_the_first_come_first_and_none_is_left_out() -> None:
    numbers = [(n * 7_919) % 120_000 for n in range(120_000)]
    _, feed = feed_of(**{f"k{n:06}": n for n in numbers})

    first, *rest = snapshot(feed)

    assert json.loads(first.buffers[1])["keys"] == [f"k{n:06}" for n in range(200)]
    assert sum(len(json.loads(part.buffers[1])["keys"]) for part in rest) == 119_800


def test_parts_stay_near_a_megabyte() -> None:
    _, feed = feed_of(**{f"k{n}": "x" * 10_000 for n in range(1_000)})

    assert max(part.size for part in snapshot(feed)) < 1_100_000


def test_the_size_is_that_of_all_values_however_they_change() -> None:
    source, feed = feed_of(a="four", b=[1, 2], c="x" * 50_000)
    page = page_with(feed)
    assert feed.size == len('"four"[1,2]') + 50_002

    feed.changed(source.apply(DictionaryChange({"a": 7, "d": None}, {"c"})))
    page.take(feed.next_delta())  # type: ignore[arg-type]

    assert feed.size == len("7[1,2]null")
    # Of another view's snapshot nothing is counted twice.
    page_with(feed)
    assert feed.size == len("7[1,2]null")


def test_a_key_that_changes_often_is_told_once_with_its_last_value() -> None:
    source, feed = feed_of(a=0)
    page = page_with(feed)
    for number in range(50):
        feed.changed(source.apply(DictionaryChange({"a": number})))

    bulk = feed.next_delta()

    assert bulk is not None
    page.take(bulk)
    assert page.values == {"a": 49}
    assert feed.next_delta() is None
    assert page.rev == feed.rev


def test_a_key_removed_and_added_again_within_a_tick_is_an_update() -> None:
    source, feed = feed_of(a=1)
    page = page_with(feed)
    feed.changed(source.apply(DictionaryChange(removals={"a"})))
    feed.changed(source.apply(DictionaryChange({"a": 2})))

    page.take(feed.next_delta())  # type: ignore[arg-type]

    assert page.values == {"a": 2}


def test_a_flood_is_told_in_parts_that_do_not_move_the_revision() -> None:
    source, feed = feed_of()
    page = page_with(feed)
    feed.changed(source.apply(DictionaryChange({f"k{n}": n for n in range(7_000)})))

    deltas = []
    while (bulk := feed.next_delta()) is not None:
        deltas.append(bulk)
        page.take(bulk)

    assert [bulk.body["from"] == bulk.body["to"] for bulk in deltas] == [True, True, False]  # type: ignore[typeddict-item]
    assert len(page.values) == 7_000


def test_a_view_that_missed_changes_gets_only_those() -> None:
    source, feed = feed_of(a=1, b=1, c=1)
    page = page_with(feed)
    feed.changed(source.apply(DictionaryChange({"a": 2})))
    feed.next_delta()
    feed.changed(source.apply(DictionaryChange({"d": 3}, {"b"})))
    feed.next_delta()
    assert page.rev is not None

    bulk = feed.catch_up(page.rev)

    assert bulk is not None
    assert len(json.loads(bulk.buffers[1])["values"]) == 2
    page.seq = None
    page.take(bulk)
    assert page.values == {"a": 2, "c": 1, "d": 3}


def test_a_view_that_missed_too_much_needs_a_snapshot() -> None:
    source, feed = feed_of()
    feed.changed(source.apply(DictionaryChange({f"k{n}": n for n in range(5_000)})))
    feed.skip()

    assert feed.catch_up(0) is None
    assert feed.catch_up(99) is None


def test_more_removals_than_are_remembered_ask_for_a_snapshot() -> None:
    source, feed = feed_of()
    for start in range(0, 20_000, 1_000):
        keys = {f"k{n}" for n in range(start, start + 1_000)}
        feed.changed(source.apply(DictionaryChange(dict.fromkeys(keys, 1))))
        feed.changed(source.apply(DictionaryChange(removals=keys)))
        feed.skip()

    assert feed.catch_up(1) is None
    assert feed.catch_up(feed.rev - 1) is not None


def test_removed_keys_leave_nothing_behind() -> None:
    source, feed = feed_of()
    for number in range(500):
        feed.changed(source.apply(DictionaryChange({f"k{number}": 1})))
        feed.next_delta()
        feed.changed(source.apply(DictionaryChange(removals={f"k{number}"})))
        feed.next_delta()

    assert feed._ids == {}
    assert feed._announced == set()
    assert feed._changed_at == {}


KEYS = st.sampled_from(["a", "b", "c", "d", "__proto__", ""])


class LossyPage(RuleBasedStateMachine):
    """Changes, deltas, lost deltas, late news and snapshots in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.source, self.feed = feed_of(a=0)
        self.page = page_with(self.feed)
        self.untold: list[DictionaryChange] = []
        self.count = 0

    @rule(updates=st.sets(KEYS), removals=st.sets(KEYS))
    def the_state_changes_before_the_feed_hears(
        self, updates: set[str], removals: set[str]
    ) -> None:
        self.count += 1
        change = DictionaryChange(dict.fromkeys(updates - removals, self.count), removals)
        self.untold.append(self.source.apply(change))

    @rule()
    def the_feed_hears(self) -> None:
        for change in self.untold:
            self.feed.changed(change)
        self.untold.clear()

    @rule(lost=st.booleans())
    def a_delta_leaves(self, *, lost: bool) -> None:
        bulk = self.feed.next_delta()
        if bulk is not None and not lost:
            self.page.take(bulk)

    @rule()
    def nobody_looks_for_a_while(self) -> None:
        self.feed.skip()

    @rule()
    def the_view_says_hello(self) -> None:
        missed = self.feed.catch_up(self.page.rev or 0)
        self.page.seq = None
        self.page.doubts = False
        if missed is not None:
            self.page.take(missed)
            return
        for part in snapshot(self.feed):
            self.page.take(part)

    @invariant()
    def a_view_that_doubts_nothing_and_waits_for_nothing_is_right(self) -> None:
        waiting = self.feed.has_changes or self.untold
        lost = self.page.seq is not None and self.page.seq != self.feed.seq
        if not (waiting or lost or self.page.doubts or self.page.rev != self.feed.rev):
            assert self.page.values == self.source.state


TestLossyPage = LossyPage.TestCase
TestLossyPage.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
