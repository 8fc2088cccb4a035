"""%nanover help, and the tables of the documentation."""

from __future__ import annotations

import re

import pytest

from nanover_jupyter.magics.commands.help import help_rows, help_text, markdown_reference
from nanover_jupyter.magics.line.subcommands import SUBCOMMANDS, syntax
from tests.unit.magics.conftest import Shell


@pytest.mark.parametrize("line", ["", "help", "--help", "-h"])
def test_help_lists_every_subcommand(shell: Shell, line: str) -> None:
    listing = shell.run(f"%nanover {line}").text

    for name in SUBCOMMANDS:
        assert re.search(rf"(?m)^  (Shared state|[A-Z][a-z]+)? +{name} ", listing)


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_help_shows_the_usage_of_each_subcommand(shell: Shell, name: str) -> None:
    text = shell.run(f"%nanover help {name}").text

    assert text.startswith(f"usage: %nanover {name}")
    assert shell.run(f"%nanover {name} --help").text == text


def test_the_docstring_of_the_magic_mentions_help(shell: Shell) -> None:
    assert "%nanover help" in shell.magics.nanover.__doc__


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_the_help_of_a_subcommand_contains_all_its_arguments(name: str) -> None:
    subcommand = SUBCOMMANDS[name]
    text = help_text(subcommand)

    assert text.startswith(f"usage: {subcommand.syntax} [options]")
    assert subcommand.summary in text
    for argument in subcommand.arguments:
        row = rf"(?m)^  {re.escape(syntax(argument))} +{re.escape(str(argument.help))}$"
        assert re.search(row, text)


def test_every_subcommand_is_listed_once_in_its_group() -> None:
    rows = help_rows()

    assert [line.split()[0] for _, line, _ in rows] == list(SUBCOMMANDS)
    assert [group for group, *_ in rows if group][:2] == ["Connections", "Servers"]


def test_the_tables_of_the_documentation_contain_the_same() -> None:
    lines = markdown_reference().splitlines()
    common = [syntax(option) for option in SUBCOMMANDS["help"].options]

    for subcommand in SUBCOMMANDS.values():
        (row,) = [line for line in lines if line.startswith(f"| `{subcommand.syntax}` |")]
        assert row.count(" | ") - row.count("\\|") == 2
        assert subcommand.summary in row
        for option in subcommand.options:
            is_common = option.dest in {"name", "timeout", "quiet"} and option.help in lines[-1]
            assert (f"`{syntax(option)}`" in row) is not is_common
    assert all(f"`{written}`" in lines[-1] for written in common)
    assert "`--timeout SECONDS` (seconds to wait for the server (20))" in lines[-1]
