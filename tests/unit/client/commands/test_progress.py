"""How far a run is, as commands tell it."""

from __future__ import annotations

import math
from typing import Any

import pytest

from nanover_jupyter.client.commands.progress import progress_key, read_progress


def test_the_key_is_the_name_with_dots() -> None:
    assert progress_key("user/slow-report") == "user.slow-report.progress"


@pytest.mark.parametrize(
    ("told", "progress"),
    [(0, 0.0), (0.25, 0.25), (1, 1.0), (7.0, 1.0), (-1, 0.0), (math.inf, 1.0)],
)
def test_a_number_is_a_progress_between_nothing_and_all(told: float, progress: float) -> None:
    assert read_progress(told) == progress


@pytest.mark.parametrize("told", [None, True, "0.5", math.nan, [0.5], {}])
def test_anything_else_is_none(told: Any) -> None:
    assert read_progress(told) is None
