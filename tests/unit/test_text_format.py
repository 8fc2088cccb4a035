"""Values, text and tables as plain text and HTML."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.text_format import html_table, preview, visible
from tests.support.html_tags import HOSTILE, Tags
from tests.support.values import values


def test_texts_in_a_table_never_become_elements() -> None:
    parsed = Tags(html_table((HOSTILE,), [(HOSTILE, HOSTILE)]))

    assert parsed.tags == ["table", "tr", "th", "tr", "td", "code", "td"]
    assert parsed.text == HOSTILE * 3


def test_a_table_is_one_line_so_that_notebook_outputs_can_be_compared() -> None:
    assert "\n" not in html_table(("a",), [(visible("c\nd"), "")])


def test_a_table_has_a_heading_row_only_if_headings_are_given() -> None:
    assert Tags(html_table(("Key",), [("a",)])).tags == ["table", "tr", "th", "tr", "td", "code"]
    assert Tags(html_table((), [("a",)])).tags == ["table", "tr", "td", "code"]


def test_one_column_is_code_and_not_wrapped_if_it_is_short() -> None:
    html = html_table((), [("*", "short"), ("", "longer than that"), ("", "")], code=1, unbroken=5)

    assert html.count("<code>") == 2
    assert html.count("nowrap") == 1


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("text", '"text"'),
        (1, "1"),
        (1.0, "1"),
        (0.1 + 0.2, "0.3"),
        (True, "true"),
        (None, "null"),
        (math.nan, "nan"),
        (-math.inf, "-inf"),
        ([], "[]"),
        ({}, "{}"),
        ([1.5, [False, {"a": "b"}]], '[1.5, [false, {a: "b"}]]'),
        ("a\nb\u202ec", '"a⏎b\\u202ec"'),
    ],
)
def test_small_values_are_shown_in_full(value: Any, shown: str) -> None:
    assert preview(value) == shown


@given(values, st.integers(1, 200))
def test_a_preview_keeps_its_length(value: Any, limit: int) -> None:
    assert len(preview(value, limit)) <= limit + 1


def test_a_preview_reads_only_the_shown_part() -> None:
    class Counting(list[Any]):
        seen = 0

        def __iter__(self) -> Any:
            for item in super().__iter__():
                Counting.seen += 1
                yield item

    assert preview(Counting([1.0] * 1_000_000)).startswith("[1, 1, ")
    assert Counting.seen < 200


def test_invisible_characters_are_replaced_by_symbols() -> None:
    assert visible("a\0b\x1bc\u200b\ud800") == "a␀b␛c\\u200b\\ud800"
    assert visible("long" * 100, 5) == "longl…"
