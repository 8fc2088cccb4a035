"""The static HTML of a widget: bounded, escaped, and readable without a stylesheet."""

from __future__ import annotations

import pytest

from nanover_jupyter.widgets.static_html import dim, note, panel_html
from tests.support.html_tags import HOSTILE, Tags


@pytest.mark.parametrize(
    "html",
    [
        dim(HOSTILE),
        note(HOSTILE),
        panel_html(HOSTILE, HOSTILE, [(HOSTILE, ""), (HOSTILE, "")]),
    ],
    ids=["dim", "note", "panel"],
)
def test_texts_never_become_elements(html: str) -> None:
    parsed = Tags(html)

    assert not {"img", "script"} & set(parsed.tags)
    assert "<img src=x" in parsed.text


def test_several_tools_get_headings() -> None:
    one = panel_html("lab", "now", [("Inspector", "<p>state</p>")])
    two = panel_html("lab", "now", [("Inspector", "<p>state</p>"), ("Locks", "<p>none</p>")])

    assert Tags(one).text == "lab nowstate"
    assert Tags(two).text == "lab nowInspectorstateLocksnone"


def test_too_large_html_of_a_tool_is_replaced_by_a_note() -> None:
    html = panel_html("lab", "now", [("Inspector", "x" * 1_000_000)])

    assert len(html) < 2_000
    assert "Too large to display (1000000 characters)." in html


def test_the_html_is_one_line_for_notebook_diffs() -> None:
    assert "\n" not in panel_html("a\nb", "now", [("Inspector", "state")])
