"""The static face of a widget: bounded, escaped, and readable without a stylesheet."""

from __future__ import annotations

import math
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.widgets._picture import dim, note, page, preview, table, visible
from tests.support.values import values

HOSTILE = '<img src=x onerror="alert(1)"></td><script>alert(2)</script>'


class Tags(HTMLParser):
    """Collects what a browser would make elements of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(
    "html",
    [
        dim(HOSTILE),
        note(HOSTILE),
        table((HOSTILE,), [(HOSTILE, HOSTILE)]),
        page(HOSTILE, HOSTILE, [(HOSTILE, ""), (HOSTILE, "")]),
    ],
    ids=["dim", "note", "table", "page"],
)
def test_texts_never_become_elements(html: str) -> None:
    parsed = Tags(html)

    assert not {"img", "script"} & set(parsed.tags)
    assert "<img src=x" in parsed.text


def test_a_table_has_a_head_only_where_names_are_given() -> None:
    assert Tags(table(("Key",), [("a",)])).tags == ["table", "tr", "th", "tr", "td", "code"]
    assert Tags(table((), [("a",)])).tags == ["table", "tr", "td", "code"]


def test_a_page_names_its_tools_where_there_are_several() -> None:
    one = page("lab", "now", [("Inspector", "<p>state</p>")])
    two = page("lab", "now", [("Inspector", "<p>state</p>"), ("Locks", "<p>none</p>")])

    assert Tags(one).text == "lab nowstate"
    assert Tags(two).text == "lab nowInspectorstateLocksnone"


def test_a_tool_that_writes_too_much_is_left_out_with_a_word() -> None:
    html = page("lab", "now", [("Inspector", "x" * 1_000_000)])

    assert len(html) < 2_000
    assert "Too long for a picture (1000000 characters)." in html


def test_a_page_is_one_line_so_that_notebooks_can_be_compared() -> None:
    assert "\n" not in page("a\nb", "now", [("Inspector", table((), [(visible("c\nd"), "")]))])


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
def test_small_values_are_shown_whole(value: Any, shown: str) -> None:
    assert preview(value) == shown


@given(values, st.integers(1, 200))
def test_a_preview_keeps_its_length(value: Any, limit: int) -> None:
    assert len(preview(value, limit)) <= limit + 1


def test_a_preview_of_much_looks_at_little() -> None:
    class Counting(list[Any]):
        seen = 0

        def __iter__(self) -> Any:
            for item in super().__iter__():
                Counting.seen += 1
                yield item

    assert preview(Counting([1.0] * 1_000_000)).startswith("[1, 1, ")
    assert Counting.seen < 200


def test_what_hides_is_shown_as_a_sign() -> None:
    assert visible("a\0b\x1bc\u200b\ud800") == "a␀b␛c\\u200b\\ud800"
    assert visible("long" * 100, 5) == "longl…"
