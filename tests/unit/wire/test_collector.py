"""The collector passes seldom while values are made, and only then."""

from __future__ import annotations

import gc
import threading

import pytest

from nanover_jupyter.wire.collector import collector_eased


@pytest.fixture(autouse=True)
def usual():
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield gc.get_threshold()
    gc.set_threshold(*before)


def rounds_of_the_collector(make):
    """How often it looked through the young and the older ones while `make` ran."""
    counts = [0, 0, 0]

    def note(phase, info):
        if phase == "start":
            counts[info["generation"]] += 1

    gc.collect()
    gc.callbacks.append(note)
    try:
        kept = make()
    finally:
        gc.callbacks.remove(note)
    del kept
    return counts


def make_lists(count):
    return [[number] for number in range(count)]


def test_while_many_values_are_made_it_passes_a_few_times_over_the_young_ones_only():
    def make():
        with collector_eased(10_000):
            return make_lists(100_000)

    young, *older = rounds_of_the_collector(make)

    assert 0 < young <= 6
    assert older == [0, 0]
    assert sum(rounds_of_the_collector(lambda: make_lists(100_000))) > 100


def test_all_is_as_before_when_one_leaves(usual):
    with collector_eased(1000):
        assert gc.get_threshold() != usual

    assert gc.get_threshold() == usual


def test_an_error_inside_changes_nothing_about_that(usual):
    with pytest.raises(ZeroDivisionError), collector_eased(1000):
        raise ZeroDivisionError

    assert gc.get_threshold() == usual


def test_it_is_as_before_when_the_last_one_leaves(usual):
    with collector_eased(10):
        with collector_eased(1000):
            many = gc.get_threshold()
        with collector_eased(10):
            assert gc.get_threshold() == many

    assert gc.get_threshold() == usual


def test_a_collector_that_was_off_stays_off():
    gc.set_threshold(0)

    with collector_eased(1000):
        assert gc.get_threshold()[0] == 0

    assert gc.get_threshold()[0] == 0


def test_threads_do_not_change_it_under_each_other(usual):
    wrong = []

    def work():
        for _ in range(2000):
            with collector_eased(1000):
                if gc.get_threshold()[0] <= usual[0]:
                    wrong.append(True)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not wrong
    assert gc.get_threshold() == usual
