"""A page that handles all messages of the feed has the state."""

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
    """A state for tests."""

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


def test_the_first_of_very_many_keys_are_sent_first() -> None:
    numbers = [(n * 7_919) % 120_000 for n in range(120_000)]
    _, feed = feed_of(**{f"k{n:06}": n for n in numbers})

    first, *rest = snapshot(feed)

    assert json.loads(first.buffers[1])["keys"] == [f"k{n:06}" for n in range(200)]
    assert sum(len(json.loads(part.buffers[1])["keys"]) for part in rest) == 119_800


def test_parts_stay_near_a_megabyte() -> None:
    _, feed = feed_of(**{f"k{n}": "x" * 10_000 for n in range(1_000)})

    assert max(part.size for part in snapshot(feed)) < 1_100_000


def test_the_size_follows_changes_of_values() -> None:
    source, feed = feed_of(a="four", b=[1, 2], c="x" * 50_000)
    page = page_with(feed)
    assert feed.size == len('"four"[1,2]') + 50_002

    feed.record_change(source.apply(DictionaryChange({"a": 7, "d": None}, {"c"})))
    page.take(feed.next_delta())  # type: ignore[arg-type]

    assert feed.size == len("7[1,2]null")
    # The snapshot of another view does not change the size.
    page_with(feed)
    assert feed.size == len("7[1,2]null")


def test_a_delta_contains_only_the_last_value_of_a_key() -> None:
    source, feed = feed_of(a=0)
    page = page_with(feed)
    for number in range(50):
        feed.record_change(source.apply(DictionaryChange({"a": number})))

    message = feed.next_delta()

    assert message is not None
    page.take(message)
    assert page.values == {"a": 49}
    assert feed.next_delta() is None
    assert page.rev == feed.rev


def test_a_key_that_is_removed_and_added_again_is_updated() -> None:
    source, feed = feed_of(a=1)
    page = page_with(feed)
    feed.record_change(source.apply(DictionaryChange(removals={"a"})))
    feed.record_change(source.apply(DictionaryChange({"a": 2})))

    page.take(feed.next_delta())  # type: ignore[arg-type]

    assert page.values == {"a": 2}


def test_many_changes_are_sent_in_parts_of_one_revision() -> None:
    source, feed = feed_of()
    page = page_with(feed)
    feed.record_change(source.apply(DictionaryChange({f"k{n}": n for n in range(7_000)})))

    deltas = []
    while (message := feed.next_delta()) is not None:
        deltas.append(message)
        page.take(message)

    assert [message.body["from"] == message.body["to"] for message in deltas] == [True, True, False]  # type: ignore[typeddict-item]
    assert len(page.values) == 7_000


def test_a_view_that_missed_changes_gets_only_those() -> None:
    source, feed = feed_of(a=1, b=1, c=1)
    page = page_with(feed)
    feed.record_change(source.apply(DictionaryChange({"a": 2})))
    feed.next_delta()
    feed.record_change(source.apply(DictionaryChange({"d": 3}, {"b"})))
    feed.next_delta()
    assert page.rev is not None

    message = feed.catch_up(page.rev)

    assert message is not None
    assert len(json.loads(message.buffers[1])["values"]) == 2
    page.seq = None
    page.take(message)
    assert page.values == {"a": 2, "c": 1, "d": 3}


def test_a_view_that_missed_too_much_needs_a_snapshot() -> None:
    source, feed = feed_of()
    feed.record_change(source.apply(DictionaryChange({f"k{n}": n for n in range(5_000)})))
    feed.skip()

    assert feed.catch_up(0) is None
    assert feed.catch_up(99) is None


def test_too_many_removals_require_a_snapshot() -> None:
    source, feed = feed_of()
    for start in range(0, 20_000, 1_000):
        keys = {f"k{n}" for n in range(start, start + 1_000)}
        feed.record_change(source.apply(DictionaryChange(dict.fromkeys(keys, 1))))
        feed.record_change(source.apply(DictionaryChange(removals=keys)))
        feed.skip()

    assert feed.catch_up(1) is None
    assert feed.catch_up(feed.rev - 1) is not None


def test_removed_keys_leave_nothing_behind() -> None:
    source, feed = feed_of()
    for number in range(500):
        feed.record_change(source.apply(DictionaryChange({f"k{number}": 1})))
        feed.next_delta()
        feed.record_change(source.apply(DictionaryChange(removals={f"k{number}"})))
        feed.next_delta()

    assert feed._ids == {}
    assert feed._announced == set()
    assert feed._changed_at == {}


KEYS = st.sampled_from(["a", "b", "c", "d", "__proto__", ""])


class LossyPage(RuleBasedStateMachine):
    """Changes, deltas, lost deltas, late notifications and snapshots in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.source, self.feed = feed_of(a=0)
        self.page = page_with(self.feed)
        self.unrecorded: list[DictionaryChange] = []
        self.count = 0

    @rule(updates=st.sets(KEYS), removals=st.sets(KEYS))
    def the_state_changes(self, updates: set[str], removals: set[str]) -> None:
        self.count += 1
        change = DictionaryChange(dict.fromkeys(updates - removals, self.count), removals)
        self.unrecorded.append(self.source.apply(change))

    @rule()
    def the_feed_records_the_changes(self) -> None:
        for change in self.unrecorded:
            self.feed.record_change(change)
        self.unrecorded.clear()

    @rule(lost=st.booleans())
    def a_delta_is_sent(self, *, lost: bool) -> None:
        message = self.feed.next_delta()
        if message is not None and not lost:
            self.page.take(message)

    @rule()
    def no_view_is_visible(self) -> None:
        self.feed.skip()

    @rule()
    def the_view_sends_hello(self) -> None:
        missed = self.feed.catch_up(self.page.rev or 0)
        self.page.seq = None
        self.page.is_stale = False
        if missed is not None:
            self.page.take(missed)
            return
        for part in snapshot(self.feed):
            self.page.take(part)

    @invariant()
    def an_up_to_date_view_has_the_state(self) -> None:
        waiting = self.feed.has_changes or self.unrecorded
        lost = self.page.seq is not None and self.page.seq != self.feed.seq
        if not (waiting or lost or self.page.is_stale or self.page.rev != self.feed.rev):
            assert self.page.values == self.source.state


TestLossyPage = LossyPage.TestCase
TestLossyPage.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
