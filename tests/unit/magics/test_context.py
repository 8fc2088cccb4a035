"""Arguments and output of subcommands."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from nanover_jupyter.magics.connection_registry import ConnectionRegistry
from nanover_jupyter.magics.context import MagicContext, matching
from nanover_jupyter.magics.errors import MagicError
from nanover_jupyter.magics.line.parser import parse
from nanover_jupyter.magics.line.tokenizer import Token, tokenize


@pytest.fixture
def context() -> MagicContext:
    variables: dict[str, Any] = {"port": 4000, "items": [1, 2]}
    return MagicContext(SimpleNamespace(user_ns=variables), ConnectionRegistry())


def token(written: str) -> Token:
    return tokenize(written)[0]


def test_a_variable_in_a_token_is_expanded_unless_quoted(context: MagicContext) -> None:
    assert context.expand(token("host:$port")) == "host:4000"
    assert context.expand(token("'host:$port'")) == "host:$port"
    assert context.expand(token("$unknown.x")) == "$unknown.x"


def test_a_token_that_is_a_variable_is_the_object(context: MagicContext) -> None:
    assert context.resolve(token("$items")) is context.variables["items"]
    assert context.value("$items") is context.variables["items"]
    assert context.resolve(token("'$items'")) == "$items"
    assert context.value("'$items'") == "$items"
    with pytest.raises(MagicError, match=r"Variable 'other' is not defined.*write '\$other'"):
        context.value("$other")


def test_assignments_are_read_by_name(context: MagicContext) -> None:
    assert context.assignments(tokenize("a=1 'b c'=x d=")) == {"a": 1, "b c": "x", "d": ""}


@pytest.mark.parametrize("written", ["a", "=1", "a=1 a=2"])
def test_an_assignment_needs_a_name_and_a_value_once(context: MagicContext, written: str) -> None:
    with pytest.raises(MagicError):
        context.assignments(tokenize(written))


def test_a_value_is_stored_in_the_output_variable(context: MagicContext) -> None:
    assert context.store(parse("get x -o found"), 5)
    assert context.variables["found"] == 5
    assert not context.store(parse("get x"), 5)


def test_only_a_kernel_has_a_frontend() -> None:
    assert MagicContext(SimpleNamespace(kernel=object()), ConnectionRegistry()).has_frontend
    assert not MagicContext(SimpleNamespace(), ConnectionRegistry()).has_frontend


NAMES = ["avatar.anna", "avatar.ben", "scene", "Suggested.scale", "x[1]", "a\nb"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        (None, NAMES),
        ("avatar.*", ["avatar.anna", "avatar.ben"]),
        ("*scale", ["Suggested.scale"]),
        ("suggested", ["Suggested.scale"]),
        ("scen?", ["scene"]),
        ("x[1]", ["x[1]"]),
        ("a?b", ["a\nb"]),
        ("avatar", ["avatar.anna", "avatar.ben"]),
        ("nothing", []),
        ("", NAMES),
    ],
)
def test_a_pattern_matches_a_part_or_the_full_name(pattern: str | None, found: list[str]) -> None:
    assert matching(NAMES, pattern) == found
