"""Both faces of a table."""

from __future__ import annotations

from nanover_jupyter.magics.tables import Table

HOSTILE = "<script>alert(1)</script>\n\u202etxt\x1b[31m"


def test_columns_line_up_and_lines_stand_around_them() -> None:
    table = Table("Above:", ("key", "value"), [("a", "1"), ("longer", "2")], below="Below.")

    assert repr(table) == "Above:\n  key     value\n  a       1\n  longer  2\nBelow."


def test_an_empty_first_column_needs_no_place() -> None:
    assert repr(Table("Above:", ("", "name"), [("", "x"), ("*", "y")])) == (
        "Above:\n     name\n     x\n  *  y"
    )


def test_what_a_server_says_is_mere_text_on_one_line_in_both_faces() -> None:
    table = Table("Above:", ("key", "value"), [(HOSTILE, HOSTILE)])

    assert len(repr(table).splitlines()) == 3
    assert "\x1b" not in repr(table)
    assert "\u202e" not in repr(table)
    html = table._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "\x1b" not in html


def test_one_column_is_code_where_it_holds_anything() -> None:
    html = Table("Above:", ("", "name"), [("*", "a"), ("", "")], code=1)._repr_html_()

    assert "<code>a</code>" in html
    assert html.count("<code>") == 1


def test_a_cell_is_cut_and_says_so() -> None:
    assert repr(Table("Above:", ("key",), [("x" * 1000,)])).endswith("x…")
