"""Secrets of nanover.toml: read by reference, and never shown."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from nanover_jupyter.magics.errors import MagicError
from nanover_jupyter.magics.secrets import Secret


def test_a_missing_environment_variable_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAB_TOKEN", raising=False)

    with pytest.raises(MagicError, match="LAB_TOKEN, which holds the token, is not set"):
        Secret(env="LAB_TOKEN").read()


def test_a_secret_is_read_from_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {("lab", "me"): "hush-hush"}
    fake = SimpleNamespace(get_password=lambda service, user: held.get((service, user)))
    monkeypatch.setitem(sys.modules, "keyring", fake)

    assert Secret(keyring="lab", user="me").read() == "hush-hush"
    with pytest.raises(MagicError, match="Store it with: keyring set lab you"):
        Secret(keyring="lab", user="you").read()


def test_a_keyring_that_is_missing_or_fails_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(MagicError, match="is not installed"):
        Secret(keyring="lab", user="me").read()

    def fail(*_: str) -> str:
        raise OSError("backend says hush-hush")

    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=fail))
    with pytest.raises(MagicError, match=r"Cannot read the keyring \(OSError\)") as caught:
        Secret(keyring="lab", user="me").read()
    assert "hush" not in str(caught.value)
