"""The kinds by which arguments of commands are described."""

from __future__ import annotations

import pytest

from nanover_jupyter import InvalidArgument
from nanover_jupyter.client.commands.arguments import (
    Bool,
    Choice,
    ChoicesFrom,
    Float,
    Int,
    Json,
    Text,
)


@pytest.mark.parametrize("kind", [Float, Int, Bool, Text, Json, Choice])
def test_an_argument_without_a_default_is_required(kind: type) -> None:
    assert kind().is_required
    assert not kind(None).is_required


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(InvalidArgument, match=r"3 is greater than max \(2\)"):
        Float(1.0, min=3, max=2)


def test_options_are_values_or_values_by_label() -> None:
    assert Choice(options=[1, "a"]).pairs() == [("1", 1), ("a", "a")]
    assert Choice(options={"one": 1}).pairs() == [("one", 1)]
    assert Choice(options=ChoicesFrom(command="playback/list", field="simulations")).pairs() == []
