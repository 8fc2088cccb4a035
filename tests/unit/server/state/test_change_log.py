"""How deltas merge recorded changes, and what the log retains."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.server.state import change_log as module
from nanover_jupyter.server.state.change_log import ChangeLog
from nanover_jupyter.wire.messages import DictionaryChange


@pytest.fixture
def log() -> ChangeLog:
    return ChangeLog()


def taken(log, cursor) -> DictionaryChange | None:
    delta = log.take(cursor)
    return None if delta is None else delta.change


def test_a_delta_has_the_latest_entry_of_a_key(log):
    cursor = log.open()
    log.record(DictionaryChange({"a": 1, "b": 1, "c": 1}))
    log.record(DictionaryChange({"a": 2}, {"b", "d"}))
    log.record(DictionaryChange({"d": 3}))

    assert taken(log, cursor) == DictionaryChange({"a": 2, "c": 1, "d": 3}, {"b"})
    assert taken(log, cursor) is None


def test_a_key_added_and_removed_between_deltas_is_removed(log):
    cursor = log.open()
    log.record(DictionaryChange({"a": 1}))
    log.record(DictionaryChange(removals={"a"}))

    assert taken(log, cursor) == DictionaryChange(removals={"a"})


def test_entries_are_in_the_order_of_change(log):
    log.record(DictionaryChange({"a": 1, "b": 1}))
    log.record(DictionaryChange({"c": 1, "a": 2}))

    assert list(log.take(log.open()).entries) == ["b", "c", "a"]


def test_the_first_delta_has_no_removals_from_before(log):
    log.record(DictionaryChange({"a": 1, "b": 1}))
    log.record(DictionaryChange(removals={"a"}))

    delta = log.take(log.open())

    assert delta.is_first
    assert delta.change == DictionaryChange({"b": 1})


def test_subscribers_at_the_same_revision_share_a_delta(log):
    first, second = log.open(), log.open()
    log.record(DictionaryChange({"a": 1}))

    assert log.take(first) is log.take(second)


def test_a_late_subscriber_shares_entries_with_others(log):
    early = log.open()
    log.record(DictionaryChange({"a": 1}))
    known = log.take(early)
    log.record(DictionaryChange({"b": 1}))

    assert log.take(log.open()).entries["a"] is known.entries["a"]


def test_removals_that_all_subscribers_received_are_dropped(log):
    cursor = log.open()
    for number in range(1000):
        log.record(DictionaryChange(removals={str(number)}))
        log.take(cursor)

    assert len(log._entries) < 100


def test_removals_that_a_subscriber_did_not_receive_are_kept(log):
    slow, quick = log.open(), log.open()
    for number in range(1000):
        log.record(DictionaryChange(removals={str(number)}))
        log.take(quick)

    assert taken(log, slow) == DictionaryChange(removals=set(map(str, range(1000))))


def test_a_subscriber_that_never_reads_uses_no_memory(log):
    log.open()
    for number in range(1000):
        log.record(DictionaryChange({"a": number}))

    assert len(log._entries) == 1


def test_a_subscriber_with_too_many_removals_pending_is_ended_and_no_other(log, monkeypatch):
    monkeypatch.setattr(module, "_MIN_PRUNE_THRESHOLD", 0)
    monkeypatch.setattr(module, "PENDING_REMOVALS_LIMIT", 3)
    log = ChangeLog()
    slow, quick = log.open(), log.open()
    for number in range(4):
        assert not slow.lagging
        log.record(DictionaryChange(removals={str(number)}))
        assert taken(log, quick) == DictionaryChange(removals={str(number)})

    assert slow.lagging
    assert slow.ended.is_set()
    assert taken(log, slow) is None
    assert not quick.ended.is_set()
    assert log.subscribers == 1


keys = st.sampled_from("abcdef")
changes = st.builds(
    lambda updates, removals: DictionaryChange(updates, removals - updates.keys()),
    st.dictionaries(keys, st.integers()),
    st.sets(keys),
)


@given(st.lists(st.tuples(changes, st.sets(st.integers(0, 3)), st.booleans())))
def test_every_subscriber_converges_to_the_state(steps):
    log, state = ChangeLog(), {}
    mirrors = [(log.open(), {})]

    def catch_up(index):
        cursor, mirror = mirrors[index]
        if (delta := log.take(cursor)) is not None:
            mirror.update(delta.change.updates)
            for key in delta.change.removals:
                mirror.pop(key, None)

    for change, takers, joins in steps:
        log.record(change)
        state.update(change.updates)
        for key in change.removals:
            state.pop(key, None)
        if joins:
            mirrors.append((log.open(), {}))
        for index in takers:
            if index < len(mirrors):
                catch_up(index)
    for index in range(len(mirrors)):
        catch_up(index)

    assert [mirror for _, mirror in mirrors] == [state] * len(mirrors)


def test_one_change_may_remove_any_number_of_keys(log, monkeypatch):
    monkeypatch.setattr(module, "PENDING_REMOVALS_LIMIT", 10)
    keys = {f"key.{number}" for number in range(30)}
    log.record(DictionaryChange(dict.fromkeys(keys, 1)))
    cursor = log.open()
    log.take(cursor)

    log.record(DictionaryChange(removals=keys))

    assert not cursor.ended.is_set()
    assert taken(log, cursor) == DictionaryChange(removals=keys)
