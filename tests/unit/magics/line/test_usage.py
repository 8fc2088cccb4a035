"""Help and the documentation's table, held against the grammar that they are made from."""

from __future__ import annotations

import pytest

from nanover_jupyter.magics.line.grammar import SUBCOMMANDS
from nanover_jupyter.magics.line.usage import explained, listed, markdown, subcommands


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_each_explanation_names_all_that_can_stand_in_the_line(name: str) -> None:
    subcommand = SUBCOMMANDS[name]
    text = explained(subcommand)

    assert text.startswith(f"usage: {subcommand.usage} [options]")
    assert subcommand.about in text
    for parameter in (*subcommand.words, *subcommand.options):
        assert f"  {parameter.usage} " in text
        assert parameter.about in text


def test_every_subcommand_is_listed_once_under_its_group() -> None:
    rows = listed()

    assert [line.split()[0] for _, line, _ in rows] == list(SUBCOMMANDS)
    assert [group for group, *_ in rows if group][:2] == ["Connections", "Servers"]
    assert list(subcommands()) == list(SUBCOMMANDS)


def test_the_documentations_tables_say_the_same_as_the_grammar() -> None:
    lines = markdown().splitlines()

    for subcommand in SUBCOMMANDS.values():
        (row,) = [line for line in lines if line.startswith(f"| `{subcommand.usage}` |")]
        assert row.count(" | ") - row.count("\\|") == 2
        assert subcommand.about in row
        for option in subcommand.options:
            everywhere = option in SUBCOMMANDS["help"].options
            assert (f"`{option.usage}`" in row) is not everywhere
    assert "`--timeout SECONDS` (how long to wait for the server (20))" in lines[-1]
