"""The collector rests while values are made, and only then."""

from __future__ import annotations

import gc
import threading

import pytest

from nanover_jupyter.wire.collector import collector_paused


@pytest.fixture(autouse=True)
def collecting():
    gc.enable()
    yield
    gc.enable()


def test_the_collector_is_off_inside_and_on_after():
    with collector_paused():
        assert not gc.isenabled()

    assert gc.isenabled()


def test_an_error_inside_does_not_leave_it_off():
    with pytest.raises(ZeroDivisionError), collector_paused():
        raise ZeroDivisionError

    assert gc.isenabled()


def test_it_comes_back_with_the_last_to_leave():
    with collector_paused():
        with collector_paused():
            pass
        assert not gc.isenabled()

    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off():
    gc.disable()

    with collector_paused():
        pass

    assert not gc.isenabled()


def test_threads_do_not_switch_it_on_under_each_other():
    wrong = []

    def work():
        for _ in range(2000):
            with collector_paused():
                if gc.isenabled():
                    wrong.append(True)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not wrong
    assert gc.isenabled()
