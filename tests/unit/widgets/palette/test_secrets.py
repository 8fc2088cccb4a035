"""What is taken for a secret."""

from __future__ import annotations

import json
from pathlib import Path

from nanover_jupyter.client.commands.arguments import Text
from nanover_jupyter.client.commands.docs import Description
from nanover_jupyter.widgets.palette.secrets import hide_secrets, is_secret, without_secrets

NAMES = json.loads(
    (Path(__file__).parents[3] / "fixtures" / "secret_names.json").read_text("utf-8")
)


def test_secrets_are_known_by_their_names() -> None:
    assert [name for name in NAMES["secret"] if not is_secret(name, "x")] == []
    assert [name for name in NAMES["plain"] if is_secret(name, "x")] == []


def test_an_argument_that_was_described_as_one_is_one() -> None:
    description = Description("user/x", arguments={"pin": Text("", secret=True), "n": Text("")})

    assert without_secrets({"pin": "4711", "n": "a"}, description) == {"n": "a"}
    assert without_secrets({"pin": "4711"}) == {"pin": "4711"}


def test_a_secret_anywhere_in_a_value_makes_it_one() -> None:
    arguments = {"login": {"who": "Anna", "keys": [{"api_token": "x"}]}, "n": 1}

    assert hide_secrets(arguments) == {"login": "•••", "n": 1}


def test_a_value_without_an_end_is_looked_through_so_far() -> None:
    deep: dict[str, object] = {}
    deep["in"] = deep

    assert not is_secret("n", deep)
