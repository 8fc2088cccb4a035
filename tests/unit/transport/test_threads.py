"""Daemon threads that start once, even if the start is interrupted."""

from __future__ import annotations

import threading

import pytest

from nanover_jupyter.transport.threads import Daemon
from tests.support.eventually import eventually


def test_it_runs_once_on_a_daemon_thread_of_that_name():
    seen = []

    def run():
        seen.append((threading.current_thread().name, threading.current_thread().daemon))

    daemon = Daemon("nanover-test", run)
    daemon.start()
    daemon.start()
    daemon.join(10)
    daemon.start()

    assert seen == [("nanover-test", True)]


def test_it_can_be_joined_before_it_started_and_from_within():
    daemon = Daemon("nanover-test", lambda: daemon.join(10))
    daemon.join(10)
    assert not daemon.is_here
    daemon.start()

    daemon.join(10)

    eventually(lambda: "nanover-test" not in {thread.name for thread in threading.enumerate()})


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_interrupted_start_runs_nothing_and_can_be_repeated(monkeypatch, when):
    ran, begin = threading.Semaphore(0), threading.Thread.start

    def interrupted(thread):
        if when == "after":
            begin(thread)
        raise KeyboardInterrupt

    daemon = Daemon("nanover-test", ran.release)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            daemon.start()
    eventually(lambda: "nanover-test" not in {thread.name for thread in threading.enumerate()})
    daemon.join(10)
    assert not ran.acquire(blocking=False)

    daemon.start()

    assert ran.acquire(timeout=10)
    daemon.join(10)
    assert not ran.acquire(blocking=False)
