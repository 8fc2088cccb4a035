"""The static face of a widget: bounded, escaped, and readable without a stylesheet."""

from __future__ import annotations

import pytest

from nanover_jupyter.widgets.static_html import dim, note, page
from tests.support.html_tags import HOSTILE, Tags


@pytest.mark.parametrize(
    "html",
    [
        dim(HOSTILE),
        note(HOSTILE),
        page(HOSTILE, HOSTILE, [(HOSTILE, ""), (HOSTILE, "")]),
    ],
    ids=["dim", "note", "page"],
)
def test_texts_never_become_elements(html: str) -> None:
    parsed = Tags(html)

    assert not {"img", "script"} & set(parsed.tags)
    assert "<img src=x" in parsed.text


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
    assert "\n" not in page("a\nb", "now", [("Inspector", "state")])
