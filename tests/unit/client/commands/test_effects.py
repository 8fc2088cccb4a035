"""Which keys changed during a run."""

from __future__ import annotations

from nanover_jupyter.client.commands.effects import SETTLE_SECONDS, EffectTracker
from nanover_jupyter.client.locks.table import LeaseTable
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.clock import FakeClock


def make_tracker(*before: str) -> tuple[EffectTracker, FakeClock]:
    clock = FakeClock()
    return EffectTracker(frozenset(before), clock, LeaseTable(clock)), clock


def test_keys_are_grouped_by_their_change() -> None:
    tracker, _ = make_tracker("old", "gone", "back")

    tracker.record(DictionaryChange({"new": 1, "old": 2, "brief": 3}, {"gone", "back"}))
    tracker.record(DictionaryChange({"back": 1}, {"brief"}))

    effects = tracker.effects()
    assert effects.added == ("new",)
    assert effects.changed == ("back", "old")
    assert effects.removed == ("gone",)
    assert effects.count == 4


def test_keys_that_change_all_the_time_are_only_counted() -> None:
    tracker, _ = make_tracker("avatar.a", "scene")
    for turn in range(30):
        tracker.record(DictionaryChange({"avatar.a": turn}))
    tracker.record(DictionaryChange({"scene": 1}))

    assert tracker.effects().changed == ("scene",)
    assert tracker.effects().moving == 1


def test_changes_count_until_a_second_after_the_end() -> None:
    tracker, clock = make_tracker()
    tracker.on_run_ended()
    clock.pass_seconds(SETTLE_SECONDS * 0.9)
    tracker.record(DictionaryChange({"soon": 1}))
    assert not tracker.is_over
    clock.pass_seconds(SETTLE_SECONDS)
    tracker.record(DictionaryChange({"late": 1}))

    assert tracker.is_over
    assert tracker.effects().added == ("soon",)


def test_names_of_many_keys_are_bounded_and_the_count_is_not() -> None:
    tracker, _ = make_tracker()
    tracker.record(DictionaryChange({f"k{number:05}": 1 for number in range(5_000)}))

    assert len(tracker.effects().added) == 100
    assert tracker.effects().count == 5_000


def test_locks_lost_or_granted_again_during_the_run_are_named() -> None:
    clock = FakeClock()
    leases = LeaseTable(clock)
    leases.record_granted({"before": 60.0, "gone": 60.0, "kept": 60.0, "quiet": 60.0}, clock())
    leases.record_lost(["before"], "somebody took it")
    clock.pass_seconds(1.0)
    tracker = EffectTracker(frozenset(), clock, leases)

    leases.record_interrupted(["gone", "kept"], "the simulation was switched")
    leases.record_lost(["gone"], "somebody else was first")

    told = [(event.key, event.kind, event.note) for event in tracker.effects().locks]
    assert told == [
        ("gone", "lost", "somebody else was first"),
        ("kept", "reacquired", "the simulation was switched"),
    ]


def test_it_is_not_over_until_our_locks_are_confirmed() -> None:
    clock = FakeClock()
    leases = LeaseTable(clock)
    tracker = EffectTracker(frozenset(), clock, leases)
    leases.begin_revalidation()
    leases.begin_revalidation()
    tracker.on_run_ended()

    clock.pass_seconds(SETTLE_SECONDS + 1.0)
    leases.end_revalidation()
    assert not tracker.is_over
    leases.end_revalidation()
    assert tracker.is_over

    leases.begin_revalidation()
    clock.pass_seconds(8.0)
    assert not tracker.is_over
    clock.pass_seconds(1.5)
    assert tracker.is_over
