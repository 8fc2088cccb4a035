"""The lease clock."""

from __future__ import annotations

import sys
import time

import pytest

from nanover_jupyter.client.locks.clock import lease_clock


def test_it_goes_forward():
    first = lease_clock()

    assert lease_clock() >= first


@pytest.mark.skipif(sys.platform != "linux", reason="sleep is counted in another way elsewhere")
def test_it_counts_the_time_that_the_machine_slept():
    assert abs(lease_clock() - time.clock_gettime(time.CLOCK_BOOTTIME)) < 5


def test_it_does_not_follow_the_wall_clock(monkeypatch):
    before = lease_clock()
    monkeypatch.setattr(time, "time", lambda: 0.0)

    assert 0 <= lease_clock() - before < 5
