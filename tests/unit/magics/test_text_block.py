"""Both faces of what the magics say."""

from __future__ import annotations

from nanover_jupyter.magics.text_block import Notice, TextBlock


def test_a_notice_is_plain_words_in_both_faces() -> None:
    notice = Notice("<script>alert(1)</script> & co")

    assert repr(notice) == "<script>alert(1)</script> & co"
    assert notice._repr_html_() == ("<div>&lt;script&gt;alert(1)&lt;/script&gt; &amp; co</div>")


def test_a_passage_keeps_its_lines_in_both_faces() -> None:
    passage = TextBlock("one\n  <two>")

    assert repr(passage) == "one\n  <two>"
    assert "one\n  &lt;two&gt;</pre>" in passage._repr_html_()


def test_what_steers_a_terminal_or_hides_is_shown_as_a_sign() -> None:
    notice = Notice("server says:\n\x1b[2J\u202eevil\x07")

    assert repr(notice) == "server says:⏎␛[2J\\u202eevil␇"
    assert "\x1b" not in notice._repr_html_()
    assert len(repr(Notice("x" * 100_000))) == 2001
