"""Which names a pattern means."""

from __future__ import annotations

import pytest

from nanover_jupyter.magics.line.patterns import matching

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
