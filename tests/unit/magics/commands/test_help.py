"""%nanover help."""

from __future__ import annotations

import re

import pytest

from nanover_jupyter.magics.line.grammar import SUBCOMMANDS
from tests.unit.magics.conftest import Shell


@pytest.mark.parametrize("line", ["", "help", "--help", "-h"])
def test_help_lists_every_subcommand(shell: Shell, line: str) -> None:
    listing = shell.run(f"%nanover {line}").text

    for name in SUBCOMMANDS:
        assert re.search(rf"(?m)^  (Shared state|[A-Z][a-z]+)? +{name} ", listing)


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_help_explains_each(shell: Shell, name: str) -> None:
    told = shell.run(f"%nanover help {name}").text

    assert told.startswith(f"usage: %nanover {name}")
    assert shell.run(f"%nanover {name} --help").text == told


def test_ipythons_own_help_leads_there(shell: Shell) -> None:
    assert "%nanover help" in shell.magics.nanover.__doc__
