"""The table of subcommands."""

from __future__ import annotations

import pytest

from nanover_jupyter.magics.line.parser import parse
from nanover_jupyter.magics.line.subcommands import SUBCOMMANDS, Subcommand, syntax

ALL = pytest.mark.parametrize("subcommand", SUBCOMMANDS.values(), ids=list(SUBCOMMANDS))


@ALL
def test_every_subcommand_has_the_common_options(subcommand: Subcommand) -> None:
    names = [option.option_strings[-1] for option in subcommand.options]

    assert {"--name", "--timeout", "--quiet"} <= set(names)
    assert len(names) == len(set(names))


@ALL
def test_every_argument_has_a_phrase_of_help(subcommand: Subcommand) -> None:
    for about in (subcommand.summary, *(argument.help for argument in subcommand.arguments)):
        assert about
        assert not about.endswith(".")
        assert "\n" not in about


@ALL
def test_examples_are_valid(subcommand: Subcommand) -> None:
    if subcommand.example:
        assert parse(subcommand.example.removeprefix("%nanover ")).subcommand is subcommand


def test_the_syntax_follows_the_usual_notation() -> None:
    run, connect = SUBCOMMANDS["run"], SUBCOMMANDS["connect"]

    assert run.syntax == "%nanover run COMMAND [NAME=VALUE...]"
    assert connect.syntax == "%nanover connect [SERVER]"
    assert [syntax(option) for option in run.options] == [
        "-o, --output VARIABLE",
        "--name NAME",
        "--timeout SECONDS",
        "--quiet",
    ]
