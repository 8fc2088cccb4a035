"""How long a lock is waited for."""

from __future__ import annotations

from itertools import pairwise

import pytest

from nanover_jupyter.client.backoff import back_off, request_limit


def test_pauses_grow_up_to_a_second_and_are_never_alike() -> None:
    longest = [max(back_off(pauses) for _ in range(50)) for pauses in range(12)]

    assert longest[0] <= 0.02
    assert all(later > earlier for earlier, later in pairwise(longest[:6]))
    assert 0.5 < longest[-1] <= 1.0
    assert len({back_off(3) for _ in range(20)}) > 1
    assert back_off(10_000) <= 1.0


@pytest.mark.parametrize(
    ("timeout", "waited", "limit"),
    [(None, 3.0, None), (5.0, 2.0, 3.0), (5.0, 4.9, 0.5), (0.0, 0.0, 0.5), (1.0, 9.0, 0.5)],
)
def test_a_request_takes_no_longer_than_is_left(
    timeout: float | None, waited: float, limit: float | None
) -> None:
    assert request_limit(timeout, waited) == limit
