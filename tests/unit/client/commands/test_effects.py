"""Which keys changed during a run."""

from __future__ import annotations

from nanover_jupyter.client.commands.effects import AFTERWARDS, EffectWatch
from nanover_jupyter.client.locks.table import LeaseTable
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.clock import FakeClock


def watching(*before: str) -> tuple[EffectWatch, FakeClock]:
    clock = FakeClock()
    return EffectWatch(frozenset(before), clock, LeaseTable(clock)), clock


def test_keys_are_sorted_by_what_became_of_them() -> None:
    watch, _ = watching("old", "gone", "back")

    watch.take(DictionaryChange({"new": 1, "old": 2, "brief": 3}, {"gone", "back"}))
    watch.take(DictionaryChange({"back": 1}, {"brief"}))

    effects = watch.effects()
    assert effects.added == ("new",)
    assert effects.changed == ("back", "old")
    assert effects.removed == ("gone",)
    assert effects.count == 4


def test_what_moves_all_the_time_is_only_counted() -> None:
    watch, _ = watching("avatar.a", "scene")
    for turn in range(30):
        watch.take(DictionaryChange({"avatar.a": turn}))
    watch.take(DictionaryChange({"scene": 1}))

    assert watch.effects().changed == ("scene",)
    assert watch.effects().moving == 1


def test_changes_count_until_a_second_after_the_end() -> None:
    watch, clock = watching()
    watch.run_ended()
    clock.pass_seconds(AFTERWARDS * 0.9)
    watch.take(DictionaryChange({"soon": 1}))
    assert not watch.is_over
    clock.pass_seconds(AFTERWARDS)
    watch.take(DictionaryChange({"late": 1}))

    assert watch.is_over
    assert watch.effects().added == ("soon",)


def test_of_very_many_keys_the_names_are_bounded_and_the_number_is_not() -> None:
    watch, _ = watching()
    watch.take(DictionaryChange({f"k{number:05}": 1 for number in range(5_000)}))

    assert len(watch.effects().added) == 100
    assert watch.effects().count == 5_000


def test_locks_that_were_lost_or_granted_anew_meanwhile_are_named() -> None:
    clock = FakeClock()
    book = LeaseTable(clock)
    book.record_granted({"before": 60.0, "gone": 60.0, "kept": 60.0, "quiet": 60.0}, clock())
    book.record_lost(["before"], "somebody took it")
    clock.pass_seconds(1.0)
    watch = EffectWatch(frozenset(), clock, book)

    book.record_interrupted(["gone", "kept"], "the simulation was switched")
    book.record_lost(["gone"], "somebody else was first")

    told = [(event.key, event.news, event.note) for event in watch.effects().locks]
    assert told == [
        ("gone", "lost", "somebody else was first"),
        ("kept", "doubted", "the simulation was switched"),
    ]


def test_it_is_not_over_before_the_server_was_asked_for_our_locks() -> None:
    clock = FakeClock()
    book = LeaseTable(clock)
    watch = EffectWatch(frozenset(), clock, book)
    book.begin_revalidation()
    book.begin_revalidation()
    watch.run_ended()

    clock.pass_seconds(AFTERWARDS + 1.0)
    book.end_revalidation()
    assert not watch.is_over
    book.end_revalidation()
    assert watch.is_over

    book.begin_revalidation()
    clock.pass_seconds(8.0)
    assert not watch.is_over
    clock.pass_seconds(1.5)
    assert watch.is_over
