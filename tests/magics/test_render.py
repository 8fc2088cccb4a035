"""Both faces of what the magics answer."""

from __future__ import annotations

from nanover_jupyter.magics._render import Listing, Notice


def test_a_notice_is_plain_words_in_both_faces() -> None:
    notice = Notice("<script>alert(1)</script> & co")

    assert repr(notice) == "<script>alert(1)</script> & co"
    assert notice._repr_html_() == ("<div>&lt;script&gt;alert(1)&lt;/script&gt; &amp; co</div>")


def test_a_listing_lines_up_and_escapes() -> None:
    listing = Listing("Above:", (("a", "one"), ("long <b>", "two")), "Below.")

    assert repr(listing) == "Above:\n  a         one\n  long <b>  two\nBelow."
    assert "<code>long &lt;b&gt;</code>" in listing._repr_html_()
    assert "<b>" not in listing._repr_html_()


def test_a_listing_may_end_without_a_word() -> None:
    assert repr(Listing("Above:", (("a", "one"),))) == "Above:\n  a  one"
