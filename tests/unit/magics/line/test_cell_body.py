"""The body of a %%nanover update cell."""

from __future__ import annotations

import pytest

from nanover_jupyter.magics.line.cell_body import read_body
from nanover_jupyter.magics.line.tokenizer import MagicSyntaxError, read_value


def test_one_key_and_value_a_line() -> None:
    body = "a = 1\n\n  # not this\nb.c = [1, 2]\n'my = key' = some text here\nd = \"5\"\n"

    assert read_body(body, read_value) == {
        "a": 1,
        "b.c": [1, 2],
        "my = key": "some text here",
        "d": "5",
    }


def test_a_json_object_over_several_lines() -> None:
    assert read_body('\n{"a": 1,\n "b": {"c": null}}\n', read_value) == {"a": 1, "b": {"c": None}}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("a = 1\nb", "line 2: write KEY = VALUE, not 'b'"),
        ("a =", "line 1: write KEY = VALUE, not 'a ='"),
        ("= 5", "line 1: write KEY = VALUE, not '= 5'"),
        ("a = 1\n\na = 2", "'a' stands in line 1 and in line 3"),
        ("a = [1,", "line 1: [1, begins like JSON, but is none"),
        ("'a = 1", "line 1: the quotation mark ' is never closed"),
        ('{"a": 1,}', "the body begins as a JSON object, but is none"),
        ('{"a": 1, "a": 2}', "'a' stands twice in one object of the body"),
        ('{"a": ' + "[" * 100_000, "the body is nested too deep"),
    ],
)
def test_what_is_neither_is_refused_with_its_place(body: str, said: str) -> None:
    with pytest.raises(MagicSyntaxError) as caught:
        read_body(body, read_value)

    assert str(caught.value).startswith(said)


def test_signs_that_break_lines_elsewhere_stay_in_a_text() -> None:
    assert read_body('a = "x\u2028y"\nb = 1', read_value) == {"a": "x\u2028y", "b": 1}


@pytest.mark.parametrize("number", ["NaN", "1" * 5000])
def test_a_body_with_what_is_no_number_of_json_is_refused(number: str) -> None:
    with pytest.raises(MagicSyntaxError, match="begins as a JSON object, but is none"):
        read_body(f'{{"a": {number}}}', read_value)
