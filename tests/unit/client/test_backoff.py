"""Exponential backoff with jitter."""

from __future__ import annotations

from itertools import pairwise

from nanover_jupyter.client.backoff import Backoff


def test_delays_double_up_to_the_limit_and_vary() -> None:
    backoff = Backoff(first=0.02, longest=1.0)
    longest = [max(backoff.delay(attempt) for _ in range(50)) for attempt in range(12)]

    assert 0.01 <= longest[0] <= 0.02
    assert all(later > earlier for earlier, later in pairwise(longest[:6]))
    assert 0.5 < longest[-1] <= 1.0
    assert len({backoff.delay(3) for _ in range(20)}) > 1
    assert backoff.delay(10_000) <= 1.0
