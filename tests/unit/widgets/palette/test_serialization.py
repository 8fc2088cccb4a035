"""Conversion of commands and runs to message bodies."""

from __future__ import annotations

import pytest

from nanover_jupyter.client.commands.arguments import (
    Bool,
    Choice,
    ChoicesFrom,
    CommandDoc,
    Float,
    Int,
)
from nanover_jupyter.client.commands.docs import Description
from nanover_jupyter.client.commands.runs import Run
from nanover_jupyter.widgets.palette.messages import ArgumentBody, CommandBody, RunStateBody
from nanover_jupyter.widgets.palette.serialization import choice_bodies, command_body, run_body
from nanover_jupyter.widgets.sync.requests import BadRequest
from nanover_jupyter.wire.command_info import CommandInfo
from tests.support.typed import misfit


def test_documentation_is_added_to_the_command_of_the_server() -> None:
    command = CommandInfo.labeled("x", {"n": 1.0}, label="Theirs")
    description = Description(
        "x", CommandDoc("Does x.", label="Ours", icon="X"), {"n": Int(2, min=0)}
    )

    body = command_body(command, description)

    assert misfit(body, CommandBody) is None
    assert (body["label"], body["icon"], body["sentence"]) == ("Theirs", "X", "Does x.")
    assert body["arguments"] == {"n": 1.0}
    assert body["known"][0]["default"] == 2


def test_every_type_of_argument_is_converted() -> None:
    source = ChoicesFrom(command="list", field="items")
    kinds = {
        "a": Float(1.0, max=2, unit="m"),
        "b": Bool(),
        "c": Choice(options={"one": 1.0}),
        "d": Choice(options=source),
        "e": Float(object()),
    }

    known = command_body(CommandInfo("x"), Description("x", CommandDoc(), kinds))["known"]

    assert all(misfit(argument, ArgumentBody) is None for argument in known)
    assert known[0]["default"] == {"$nvj": "float", "text": "1.0"}
    assert known[1]["required"]
    assert known[2]["options"] == [{"label": "one", "value": {"$nvj": "float", "text": "1.0"}}]
    assert (known[3]["options"], known[3]["asks"]) == ([], True)
    assert known[4]["default"] is None


def test_choices_are_items_or_their_indices() -> None:
    items = ChoicesFrom(command="list", field="items")
    places = ChoicesFrom(command="list", field="items", send="index")
    result = {"items": ["a", 2.0, None]}

    assert [c["value"] for c in choice_bodies(items, result)] == [
        "a",
        {"$nvj": "float", "text": "2.0"},
        None,
    ]
    assert [c["label"] for c in choice_bodies(places, result)] == ["0 · a", "1 · 2.0", "2 · None"]
    with pytest.raises(BadRequest, match="'items' in the result of 'list' is not a list"):
        choice_bodies(items, {"other": []})


def test_arguments_of_a_run_distinguish_integers_and_floats() -> None:
    run = Run(
        id="r",
        name="x",
        arguments={"n": 1.0, "m": [2.0, 2]},
        state="running",
        began=1e9,
        error=None,
    )

    body = run_body(run)

    assert misfit(body, RunStateBody) is None
    assert body["arguments"]["m"] == [{"$nvj": "float", "text": "2.0"}, 2]
    assert body["seconds"] > 0
