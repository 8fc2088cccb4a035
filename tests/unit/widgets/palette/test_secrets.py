"""Detection of secret arguments."""

from __future__ import annotations

import json
from pathlib import Path

from nanover_jupyter.client.commands.arguments import Text
from nanover_jupyter.client.commands.docs import Description
from nanover_jupyter.widgets.palette.secrets import hide_secrets, is_secret, without_secrets

NAMES = json.loads(
    (Path(__file__).parents[3] / "fixtures" / "secret_names.json").read_text("utf-8")
)


def test_secrets_are_recognized_by_name() -> None:
    assert [name for name in NAMES["secret"] if not is_secret(name, "x")] == []
    assert [name for name in NAMES["plain"] if is_secret(name, "x")] == []


def test_a_documented_secret_is_secret() -> None:
    description = Description("user/x", arguments={"pin": Text("", secret=True), "n": Text("")})

    assert without_secrets({"pin": "4711", "n": "a"}, description) == {"n": "a"}
    assert without_secrets({"pin": "4711"}) == {"pin": "4711"}


def test_a_value_that_contains_a_secret_is_secret() -> None:
    arguments = {"login": {"who": "Anna", "keys": [{"api_token": "x"}]}, "n": 1}

    assert hide_secrets(arguments) == {"login": "•••", "n": 1}


def test_deep_values_are_searched_to_a_limit() -> None:
    deep: dict[str, object] = {}
    deep["in"] = deep

    assert not is_secret("n", deep)
