"""Secrets of nanover.toml: read from where they are, and never repeated."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from nanover_jupyter.magics.line.tokenizer import MagicSyntaxError
from nanover_jupyter.magics.secrets import Secret


def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAB_TOKEN", raising=False)

    with pytest.raises(MagicSyntaxError, match="the environment variable LAB_TOKEN is not set"):
        Secret(env="LAB_TOKEN").read()


def test_a_secret_in_the_keyring_is_read_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {("lab", "me"): "hush-hush"}
    fake = SimpleNamespace(get_password=lambda service, user: held.get((service, user)))
    monkeypatch.setitem(sys.modules, "keyring", fake)

    assert Secret(keyring="lab", user="me").read() == "hush-hush"
    with pytest.raises(MagicSyntaxError, match="keyring set lab you stores one"):
        Secret(keyring="lab", user="you").read()


def test_a_keyring_that_is_missing_or_fails_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(MagicSyntaxError, match="not installed here: pip install"):
        Secret(keyring="lab", user="me").read()

    def fail(*_: str) -> str:
        raise OSError("backend says hush-hush")

    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=fail))
    with pytest.raises(MagicSyntaxError, match=r"could not be read \(OSError\)") as caught:
        Secret(keyring="lab", user="me").read()
    assert "hush" not in str(caught.value)
