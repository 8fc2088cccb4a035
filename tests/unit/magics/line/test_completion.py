"""Completion of a line, without IPython."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.magics.line.completion import complete, complete_key
from nanover_jupyter.magics.line.subcommands import SUBCOMMANDS, CompletionKind
from nanover_jupyter.magics.line.tokenizer import Token, tokenize


class Lab:
    """Names of every kind, or those that a test gives."""

    def __init__(self, **names: Sequence[str]) -> None:
        self.given: dict[str, Sequence[str]] = {
            "subcommand": list(SUBCOMMANDS),
            "connection": ["lab", "my office"],
            "server": ["lab", "grpc://127.0.0.1:38801"],
            "announced": ["Helicene demo"],
            "command": ["playback/load", "playback/play", "user/say"],
            "argument": ["index", "name"],
            "key": ["avatar.anna", "avatar.ben", "scene", "Suggested.scale", "it's", "a=b"],
            "held": ["scene"],
            **names,
        }
        self.connections: list[str | None] = []
        self.values: dict[str, Any] = {"index": 2, "scene": [0, 1], "name": "x y"}

    def names(
        self, kind: CompletionKind, line: Sequence[Token], connection: str | None
    ) -> Iterable[str]:
        self.connections.append(connection)
        return self.given["key" if kind in {"pattern", "assignment"} else kind]

    def value(self, kind: CompletionKind, line: Sequence[Token], connection: str | None) -> Any:
        return self.values[line[-1]]


def offers(line: str, lab: Lab | None = None) -> tuple[str, ...]:
    return complete(line, lab or Lab()).offers


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("co", ("connect", "commands")),
        ("zz", ()),
        ("conect ", ()),
        ("get sc", ("scene",)),
        ("get sug", ("Suggested.scale",)),
        ("get ben", ("avatar.ben",)),
        ("get 'avatar.a", ("avatar.anna",)),
        ("get it", ("it's",)),
        ("get a=", ("'a=b'",)),
        ("get scene --ti", ("--timeout",)),
        ("get scene ", ("--output", "--name", "--timeout", "--quiet")),
        ("get scene --quiet --name lab -o x ", ("--timeout",)),
        ("get --name ", ("lab", "'my office'")),
        ("get --name=m", ()),
        ("get --timeout ", ()),
        ("use m", ("'my office'",)),
        ("connect l", ("lab",)),
        ("connect --find ", ("'Helicene demo'",)),
        ("run play", ("playback/load", "playback/play")),
        ("run playback/load ", ("index=", "name=")),
        ("run playback/load index=1 ", ("name=",)),
        ("run playback/load index=", ("index=2",)),
        ("run playback/load name=", ('name="x y"',)),
        ("run playback/load name=z", ()),
        ("state ", ("avatar.*", "avatar.anna", "avatar.ben", "scene", "Suggested.scale")),
        ("state avatar.a", ("avatar.anna",)),
        ("set scene ", ("[0, 1]",)),
        ("set scene [", ("[0, 1]",)),
        ("set other ", ("--name", "--timeout", "--quiet")),
        ("unset scene ", ("avatar.anna", "avatar.ben", "Suggested.scale")),
        ("update sc", ("scene=",)),
        ("update scene=", ("scene=[0, 1]",)),
        ("update scene=1 --unset av", ("avatar.anna", "avatar.ben")),
        ("unlock ", ("scene",)),
        ("unlock scene ", ("--name", "--timeout", "--quiet")),
        ("help st", ("status", "state")),
        ("panel ", ("--height", "--name", "--timeout", "--quiet")),
        ("run playback/load x=[1, ", ()),
    ],
)
def test_matching_names_are_offered(line: str, wanted: tuple[str, ...]) -> None:
    found = offers(line)

    assert found[: len(wanted)] == wanted
    assert wanted or not found


def test_a_completion_has_the_fragment_that_it_replaces() -> None:
    assert complete("get 'avatar.a", Lab()).fragment == "'avatar.a"
    assert complete("run x index=", Lab()).fragment == "index="
    assert complete("get ", Lab()).fragment == ""


def test_keys_are_those_of_the_selected_connection() -> None:
    lab = Lab()
    offers("get --name 'my office' sc", lab)
    offers("get --name=lab sc", lab)
    offers("get sc", lab)

    assert lab.connections == ["my office", "lab", None]


def test_very_many_keys_are_shortened_to_prefixes() -> None:
    keys = [f"avatar.{n // 1000}.{n}" for n in range(20_000)]
    lab = Lab(key=[*keys, "scene"])

    assert offers("get ", lab) == ("avatar.", "scene")
    assert offers("get avatar.", lab) == tuple(f"avatar.{n}." for n in range(20))
    assert offers("get avatar.7.7999", lab) == ("avatar.7.7999",)


def test_names_with_invisible_characters_are_not_offered() -> None:
    lab = Lab(key=["a\nb", "a\u202eb", "a\x1b[2J", "a\ud800", "a" * 5000, "a fine"])

    assert offers("get a", lab) == ("'a fine'",)


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30))
def test_an_offer_is_parsed_as_its_name(key: str) -> None:
    for offer in offers("get ", Lab(key=[key])):
        if not offer.startswith("--"):
            assert tokenize(f"get {offer}") == ["get", key]


@given(st.text())
def test_any_line_can_be_completed(text: str) -> None:
    found = complete(text, Lab())

    assert text.endswith(found.fragment)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("av", ("avatar.anna = ", "avatar.ben = ")),
        ("  sc", ("scene = ",)),
        ("a=", ()),
        ("scene = ", ()),
        ("# sc", ()),
        ('{"sc', ()),
    ],
)
def test_a_line_of_a_cell_body_is_completed_with_keys(line: str, wanted: tuple[str, ...]) -> None:
    assert complete_key(line, Lab()).offers == wanted


def test_a_value_without_a_json_form_is_not_offered() -> None:
    """It would be read as the string "NaN"."""
    lab = Lab()
    lab.values["scene"] = float("nan")

    assert offers("set scene ", lab) == offers("set scene 5 ", lab)
