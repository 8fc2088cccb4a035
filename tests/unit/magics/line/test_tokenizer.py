"""Words of a line: blanks, quotes and JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.magics.line.tokenizer import (
    MagicSyntaxError,
    UnfinishedToken,
    pair,
    quoted,
    read_value,
    split,
)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        ("  get   scene ", ["get", "scene"]),
        ("set 'my key' 5", ["set", "my key", "5"]),
        ('set "my key" 5', ["set", "my key", "5"]),
        ("set it's fine", ["set", "it's", "fine"]),
        ("run x text='a b' n=[1, 2]", ["run", "x", "text=a b", "n=[1, 2]"]),
        ('set k {"a": ["b c", "}"]} -o x', ["set", "k", '{"a": ["b c", "}"]}', "-o", "x"]),
        ("get avatar[1 x{", ["get", "avatar[1", "x{"]),
        ('--name="my lab"', ["--name=my lab"]),
        (r'set k "a \" b"', ["set", "k", 'a " b']),
        ("x= y", ["x=", "y"]),
    ],
)
def test_a_line_falls_into_words(line: str, words: list[str]) -> None:
    assert split(line) == words


def test_a_word_knows_how_it_was_written_and_where() -> None:
    _, word, value = split("run 'my name'=5 '5'")

    assert (word.name, word.value, word.start) == ("my name", "5", 4)
    assert (value.raw, value.is_quoted, value.name) == ("'5'", True, None)


@pytest.mark.parametrize("line", ["get 'open", 'set k "open', "set k [1, {2]", 'set k ["]'])
def test_what_is_never_closed_is_named(line: str) -> None:
    with pytest.raises(UnfinishedToken, match="is never closed in") as caught:
        split(line)

    assert caught.value.start == line.rindex(" ", 0, 6) + 1


@given(st.text(min_size=1))
def test_whatever_is_quoted_is_read_back_as_it_was(text: str) -> None:
    assert split(f"get {quoted(text)} -q") == ["get", text, "-q"]


@given(st.text())
def test_no_line_does_more_than_fall_into_words_or_miss_an_end(line: str) -> None:
    try:
        words = split(line)
    except UnfinishedToken:
        return
    assert all(line[word.start :].startswith(word.raw) for word in words)


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
def test_a_value_is_json_or_else_text(written: str, value: object) -> None:
    found = read_value(written)

    assert found == value
    assert type(found) is type(value)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_all_json_is_read_as_json(value: object) -> None:
    assert read_value(json.dumps(value)) == value


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("[1,", "[1, begins like JSON, but is none: expecting value at character 4"),
        ("{a: 1}", "{a: 1} begins like JSON, but is none: expecting property name"),
        ("True", "values are JSON: write true for True, or '\"True\"' for the text"),
        ("None", "values are JSON: write null for None"),
        ("[" * 100_000, "it is nested too deep"),
    ],
)
def test_what_only_looks_like_json_is_not_sent_as_text(written: str, said: str) -> None:
    with pytest.raises(MagicSyntaxError) as caught:
        read_value(written)

    assert said in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("a = 5", ("a", "5")),
        ("a=b=c", ("a", "b=c")),
        ("'a=b' = it's", ("a=b", "it's")),
        ('"a b"=[1, 2]', ("a b", "[1, 2]")),
        ("a", None),
        ("'a' b = 5", None),
    ],
)
def test_a_line_of_a_body_is_a_key_and_what_is_written_behind_it(line: str, found: object) -> None:
    assert pair(line) == found


@pytest.mark.parametrize("written", ["1e999", "-1e999", "[1e999]"])
def test_a_number_beyond_a_double_is_refused(written: str) -> None:
    with pytest.raises(MagicSyntaxError, match="beyond the range of a double"):
        read_value(written)
