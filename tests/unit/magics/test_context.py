"""What a subcommand works with."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from nanover_jupyter.magics.context import MagicContext
from nanover_jupyter.magics.line.parser import parse
from nanover_jupyter.magics.line.tokenizer import MagicSyntaxError, Token, split
from nanover_jupyter.magics.registry import ConnectionRegistry


@pytest.fixture
def desk() -> MagicContext:
    variables: dict[str, Any] = {"port": 4000, "items": [1, 2]}
    return MagicContext(SimpleNamespace(user_ns=variables), ConnectionRegistry())


def word(written: str) -> Token:
    return split(written)[0]


def test_a_variable_in_a_word_stands_for_its_value_but_not_in_quotes(desk: MagicContext) -> None:
    assert desk.text(word("host:$port")) == "host:4000"
    assert desk.text(word("'host:$port'")) == "host:$port"
    assert desk.text(word("$unknown.x")) == "$unknown.x"


def test_a_variable_alone_is_the_object_itself(desk: MagicContext) -> None:
    assert desk.thing(word("$items")) is desk.variables["items"]
    assert desk.value("$items") is desk.variables["items"]
    assert desk.thing(word("'$items'")) == "$items"
    assert desk.value("'$items'") == "$items"
    with pytest.raises(MagicSyntaxError, match=r"no variable 'other'.*'\$other' is a text"):
        desk.value("$other")


def test_values_are_read_by_name(desk: MagicContext) -> None:
    assert desk.values(split("a=1 'b c'=x d=")) == {"a": 1, "b c": "x", "d": ""}


@pytest.mark.parametrize("written", ["a", "=1", "a=1 a=2"])
def test_what_has_no_name_or_value_or_both_twice_is_refused(
    desk: MagicContext, written: str
) -> None:
    with pytest.raises(MagicSyntaxError):
        desk.values(split(written))


def test_a_value_is_kept_under_the_name_that_is_asked_for(desk: MagicContext) -> None:
    assert desk.keep(parse("get x -o found"), 5)
    assert desk.variables["found"] == 5
    assert not desk.keep(parse("get x"), 5)


def test_only_a_kernel_has_a_page() -> None:
    assert MagicContext(SimpleNamespace(kernel=object()), ConnectionRegistry()).has_page
    assert not MagicContext(SimpleNamespace(), ConnectionRegistry()).has_page
