"""Blocking calls that somebody else waits for."""

from __future__ import annotations

import logging
import threading

import pytest

from nanover_jupyter.client.background_calls import BoundedExecutor
from tests.support.eventually import eventually


def test_a_call_runs_on_a_daemon_thread_of_that_name():
    seen = []
    done = threading.Event()

    def call():
        thread = threading.current_thread()
        seen.append((thread.name, thread.daemon))
        done.set()

    assert BoundedExecutor().submit(call) is True

    assert done.wait(10)
    assert seen == [("nanover-call", True)]


def test_no_more_calls_run_at_once_than_there_are_slots():
    slots, go_on = BoundedExecutor(2), threading.Event()

    assert slots.submit(go_on.wait)
    assert slots.submit(go_on.wait)
    assert slots.submit(go_on.wait) is False

    go_on.set()
    eventually(lambda: slots.submit(lambda: None))


def test_a_call_that_raises_is_logged_and_frees_its_slot(caplog):
    slots = BoundedExecutor(1)

    with caplog.at_level(logging.ERROR, "nanover_jupyter.client"):
        assert slots.submit(lambda: 1 / 0)
        eventually(lambda: slots.submit(lambda: None))

    assert [record.exc_info[0] for record in caplog.records] == [ZeroDivisionError]


def test_a_thread_that_does_not_start_frees_its_slot(monkeypatch):
    def interrupted(_):
        raise KeyboardInterrupt

    slots = BoundedExecutor(1)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            slots.submit(lambda: None)

    eventually(lambda: slots.submit(lambda: None))
