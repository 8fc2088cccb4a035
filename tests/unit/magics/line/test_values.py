"""Values in lines and in %%nanover update cells."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.magics.errors import MagicError
from nanover_jupyter.magics.line.values import read_body, read_value


def test_a_body_has_one_assignment_per_line() -> None:
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
    ("body", "message"),
    [
        ("a = 1\nb", "Line 2: write KEY = VALUE, not 'b'"),
        ("a =", "Line 1: write KEY = VALUE, not 'a ='"),
        ("= 5", "Line 1: write KEY = VALUE, not '= 5'"),
        ("a = 1\n\na = 2", "Line 3: 'a' is already set in line 1."),
        ("a = [1,", "Line 1: [1, is not valid JSON"),
        ("'a = 1", "Line 1: The quotation mark ' is never closed"),
        ('{"a": 1,}', "The cell body is not a valid JSON object"),
        ('{"a": 1, "a": 2}', "The cell body sets 'a' twice"),
        (
            '{"a": ' + "[" * 100_000,
            "The cell body is not a valid JSON object: it is nested too deeply",
        ),
    ],
)
def test_an_invalid_body_is_reported_with_its_line(body: str, message: str) -> None:
    with pytest.raises(MagicError) as caught:
        read_body(body, read_value)

    assert str(caught.value).startswith(message)


def test_unicode_line_separators_stay_in_a_string() -> None:
    assert read_body('a = "x\u2028y"\nb = 1', read_value) == {"a": "x\u2028y", "b": 1}


@pytest.mark.parametrize("number", ["NaN", "1" * 5000])
def test_a_body_with_an_invalid_number_is_refused(number: str) -> None:
    with pytest.raises(MagicError, match="is not a valid JSON object"):
        read_body(f'{{"a": {number}}}', read_value)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("5", 5),
        ("5.0", 5.0),
        ("-1e-3", -0.001),
        ("true", True),
        ("null", None),
        ('"5"', "5"),
        ('[1, {"a": "b"}]', [1, {"a": "b"}]),
        ("plain", "plain"),
        ("NaN", "NaN"),
        ("__import__('os')", "__import__('os')"),
        ("'a b'", "a b"),
        ("'{\"a\": 1}'", {"a": 1}),
        ("'[x'", "[x"),
        ("", ""),
    ],
)
def test_a_value_is_json_or_text(written: str, value: object) -> None:
    found = read_value(written)

    assert found == value
    assert type(found) is type(value)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_any_json_is_read_as_json(value: object) -> None:
    assert read_value(json.dumps(value)) == value


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("[1,", "[1, is not valid JSON: expecting value at character 4"),
        ("{a: 1}", "{a: 1} is not valid JSON: expecting property name"),
        ("True", "Values are JSON: write true instead of True, or '\"True\"' for the string."),
        ("None", "Values are JSON: write null instead of None"),
        ("[" * 100_000, "it is nested too deeply"),
    ],
)
def test_invalid_json_is_not_sent_as_text(written: str, message: str) -> None:
    with pytest.raises(MagicError) as caught:
        read_value(written)

    assert message in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("written", ["1e999", "-1e999", "[1e999]"])
def test_a_number_beyond_a_double_is_refused(written: str) -> None:
    with pytest.raises(MagicError, match="beyond the range of a double"):
        read_value(written)
