"""Output of the magics, as plain text and as HTML."""

from __future__ import annotations

import pytest

from nanover_jupyter.magics.output import Line, Table, TextBlock, count, duration

HOSTILE = "<script>alert(1)</script>\n\u202etxt\x1b[31m"


def test_columns_are_aligned_between_the_lines_above_and_below() -> None:
    table = Table("Above:", ("key", "value"), [("a", "1"), ("longer", "2")], below="Below.")

    assert repr(table) == "Above:\n  key     value\n  a       1\n  longer  2\nBelow."


def test_an_empty_first_column_takes_no_space() -> None:
    assert repr(Table("Above:", ("", "name"), [("", "x"), ("*", "y")])) == (
        "Above:\n     name\n     x\n  *  y"
    )


def test_text_of_a_server_is_plain_text_on_one_line_in_both_forms() -> None:
    table = Table("Above:", ("key", "value"), [(HOSTILE, HOSTILE)])

    assert len(repr(table).splitlines()) == 3
    assert "\x1b" not in repr(table)
    assert "\u202e" not in repr(table)
    html = table._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "\x1b" not in html


def test_one_column_is_set_as_code_unless_a_cell_is_empty() -> None:
    html = Table("Above:", ("", "name"), [("*", "a"), ("", "")], code=1)._repr_html_()

    assert "<code>a</code>" in html
    assert html.count("<code>") == 1


def test_a_long_cell_is_cut_off_with_an_ellipsis() -> None:
    assert repr(Table("Above:", ("key",), [("x" * 1000,)])).endswith("x…")


def test_a_line_is_plain_text_in_both_forms() -> None:
    line = Line("<script>alert(1)</script> & co")

    assert repr(line) == "<script>alert(1)</script> & co"
    assert line._repr_html_() == ("<div>&lt;script&gt;alert(1)&lt;/script&gt; &amp; co</div>")


def test_a_block_keeps_its_lines_in_both_forms() -> None:
    block = TextBlock("one\n  <two>")

    assert repr(block) == "one\n  <two>"
    assert "one\n  &lt;two&gt;</pre>" in block._repr_html_()


def test_control_and_invisible_characters_are_replaced_by_symbols() -> None:
    line = Line("server says:\n\x1b[2J\u202eevil\x07")

    assert repr(line) == "server says:⏎␛[2J\\u202eevil␇"
    assert "\x1b" not in line._repr_html_()
    assert len(repr(Line("x" * 100_000))) == 2001


@pytest.mark.parametrize(
    ("seconds", "expected"),
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
def test_a_duration_is_rounded(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected


def test_a_count_has_its_noun_in_the_singular_or_plural() -> None:
    assert [count(0, "key"), count(1, "key"), count(2, "key")] == ["0 keys", "1 key", "2 keys"]
