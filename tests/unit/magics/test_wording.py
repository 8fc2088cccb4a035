"""Amounts and times in words."""

from __future__ import annotations

import pytest

from nanover_jupyter.magics.wording import how_long, many


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.0031, "3 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1 s"),
        (3, "3 s"),
        (3.14, "3.1 s"),
        (9.96, "10 s"),
        (42.4, "42 s"),
        (600, "10 min"),
    ],
)
def test_a_time_is_as_exact_as_it_matters(seconds: float, said: str) -> None:
    assert how_long(seconds) == said


def test_one_thing_is_not_several() -> None:
    assert [many(0, "key"), many(1, "key"), many(2, "key")] == ["0 keys", "1 key", "2 keys"]
