"""The table that everything about %nanover is made from."""

from __future__ import annotations

import pytest

from nanover_jupyter.magics.line.grammar import GROUPS, SUBCOMMANDS, Subcommand
from nanover_jupyter.magics.line.parser import parse

ALL = pytest.mark.parametrize("subcommand", SUBCOMMANDS.values(), ids=list(SUBCOMMANDS))


@ALL
def test_the_same_options_are_everywhere(subcommand: Subcommand) -> None:
    names = [option.name for option in subcommand.options]

    assert {"--name", "--timeout", "--quiet"} <= set(names)
    assert len(names) == len(set(names))


@ALL
def test_everything_is_explained_in_a_phrase(subcommand: Subcommand) -> None:
    assert subcommand.group in GROUPS
    for about in (
        subcommand.about,
        *(parameter.about for parameter in (*subcommand.words, *subcommand.options)),
    ):
        assert about
        assert not about.endswith(".")
        assert "\n" not in about


@ALL
def test_examples_make_sense(subcommand: Subcommand) -> None:
    if subcommand.example:
        assert parse(subcommand.example.removeprefix("%nanover ")).subcommand == subcommand.name


def test_a_parameter_is_written_as_people_know_it_from_elsewhere() -> None:
    run, connect = SUBCOMMANDS["run"], SUBCOMMANDS["connect"]

    assert run.usage == "%nanover run COMMAND [NAME=VALUE...]"
    assert connect.usage == "%nanover connect [SERVER]"
    assert [option.usage for option in run.options] == [
        "-o, --output VARIABLE",
        "--timeout SECONDS",
        "--name NAME",
        "--quiet",
    ]
