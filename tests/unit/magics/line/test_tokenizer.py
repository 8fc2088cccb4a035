"""Tokens of a line: spaces, quotes and JSON."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.magics.line.tokenizer import (
    UnfinishedToken,
    quote,
    split_assignment,
    tokenize,
)


@pytest.mark.parametrize(
    ("line", "tokens"),
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
def test_a_line_is_split_into_tokens(line: str, tokens: list[str]) -> None:
    assert tokenize(line) == tokens


def test_a_token_has_its_raw_text_and_position() -> None:
    _, token, value = tokenize("run 'my name'=5 '5'")

    assert (token.name, token.value, token.start) == ("my name", "5", 4)
    assert (value.raw, value.is_quoted, value.name) == ("'5'", True, None)


@pytest.mark.parametrize("line", ["get 'open", 'set k "open', "set k [1, {2]", 'set k ["]'])
def test_an_unclosed_quote_or_bracket_is_reported(line: str) -> None:
    with pytest.raises(UnfinishedToken, match="is never closed in") as caught:
        tokenize(line)

    assert caught.value.start == line.rindex(" ", 0, 6) + 1


@given(st.text(min_size=1))
def test_quoted_text_is_read_back_unchanged(text: str) -> None:
    assert tokenize(f"get {quote(text)} -q") == ["get", text, "-q"]


@given(st.text())
def test_any_line_is_split_or_reported_as_unfinished(line: str) -> None:
    try:
        tokens = tokenize(line)
    except UnfinishedToken:
        return
    assert all(line[token.start :].startswith(token.raw) for token in tokens)


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
def test_an_assignment_is_split_into_key_and_raw_value(line: str, found: object) -> None:
    assert split_assignment(line) == found
