"""Which names a pattern means."""

from __future__ import annotations

import time

import pytest

from nanover_jupyter.magics._patterns import is_whole, matching

NAMES = ["avatar.anna", "avatar.ben", "scene", "Suggested.scale", "x[1]", "a\nb"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        (None, NAMES),
        ("avatar.*", ["avatar.anna", "avatar.ben"]),
        ("*scale", ["Suggested.scale"]),
        ("suggested", ["Suggested.scale"]),
        ("scen?", ["scene"]),
        ("x[1]", ["x[1]"]),
        ("a?b", ["a\nb"]),
        ("avatar", ["avatar.anna", "avatar.ben"]),
        ("nothing", []),
        ("", NAMES),
    ],
)
def test_a_pattern_means_a_part_or_the_whole(pattern: str | None, found: list[str]) -> None:
    assert matching(NAMES, pattern) == found


def test_a_pattern_of_many_stars_takes_no_longer() -> None:
    begun = time.monotonic()

    assert matching(["a" * 200], "a*" * 3 + "**" * 50 + "b") == []
    assert time.monotonic() - begun < 2


def test_only_what_holds_a_star_or_a_question_mark_is_a_whole() -> None:
    assert is_whole("a*")
    assert is_whole("?")
    assert not is_whole("a.b[1]")
