"""Patterns for keys."""

from __future__ import annotations

import fnmatch
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.client.state.key_pattern import key_pattern


@pytest.mark.parametrize(
    ("pattern", "fitting", "other"),
    [
        ("*", ["", "a", "a\nb"], []),
        (
            "avatar.*",
            ["avatar.", "avatar.6f1c", "avatar.a\nb"],
            ["avatar", "Avatar.x", "xavatar.y"],
        ),
        ("scene", ["scene"], ["scenes", "my scene", "scene\n"]),
        ("*.scale", ["suggested.scale"], ["scale", "x.scales"]),
        ("a[1].*", ["a[1].b"], ["a1.b"]),
        ("a?b", ["a.b", "a\nb", "a?b"], ["ab", "a..b", "xa.b"]),
        ("a*b?c*", ["abbc", "a.b.c."], ["abc"]),
        ("", [""], ["a"]),
    ],
)
def test_only_stars_and_question_marks_stand_for_something_else(
    pattern: str, fitting: list[str], other: list[str]
) -> None:
    fits = key_pattern(pattern)

    assert [key for key in fitting if not fits(key)] == []
    assert [key for key in other if fits(key)] == []


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=10))
def test_it_means_what_shells_mean(pattern: str, key: str) -> None:
    assert key_pattern(pattern)(key) == fnmatch.fnmatchcase(key, pattern)


def test_a_part_is_found_in_whichever_case() -> None:
    fits = key_pattern("Scale", part=True)

    assert fits("suggested.SCALE.x")
    assert not fits("sca.le")
    assert not key_pattern("Scale*", part=True)("suggested.scale")


@pytest.mark.parametrize(
    ("pattern", "key"),
    [
        ("*" * 1_000 + "b", "a" * 10_000),
        ("*a*b", "a" * 2_000),
        ("*a" * 5 + "*b", "a" * 120),
        ("*a?" * 20 + "*b", "a" * 2_000),
        ("*" + "a" * 100 + "b", "a" * 10_000),
    ],
)
def test_a_hostile_pattern_takes_no_wild_time(pattern: str, key: str) -> None:
    begun = time.perf_counter()

    assert not key_pattern(pattern)(key)

    assert time.perf_counter() - begun < 20  # where a wild one takes for ever
