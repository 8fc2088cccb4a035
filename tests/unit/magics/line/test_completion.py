"""What can stand at the end of a line, without IPython."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.magics.line.completion import complete, complete_key
from nanover_jupyter.magics.line.grammar import SUBCOMMANDS, Live
from nanover_jupyter.magics.line.tokenizer import Token, split


class Lab:
    """A session with some of everything, or with the names that a test gives."""

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
        self.asked: list[str | None] = []
        self.values: dict[str, Any] = {"index": 2, "scene": [0, 1], "name": "x y"}

    def names(self, live: Live, line: Sequence[Token], name: str | None) -> Iterable[str]:
        self.asked.append(name)
        kind = "key" if live in {"pattern", "assignment"} else live
        return self.given[kind]

    def value(self, live: Live, line: Sequence[Token], name: str | None) -> Any:
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
def test_what_fits_is_offered(line: str, wanted: tuple[str, ...]) -> None:
    found = offers(line)

    assert found[: len(wanted)] == wanted
    assert wanted or not found


def test_the_end_of_the_line_that_is_replaced_is_told() -> None:
    assert complete("get 'avatar.a", Lab()).fragment == "'avatar.a"
    assert complete("run x index=", Lab()).fragment == "index="
    assert complete("get ", Lab()).fragment == ""


def test_keys_are_those_of_the_connection_that_the_line_names() -> None:
    lab = Lab()
    offers("get --name 'my office' sc", lab)
    offers("get --name=lab sc", lab)
    offers("get sc", lab)

    assert lab.asked == ["my office", "lab", None]


def test_of_very_many_keys_the_beginnings_are_offered() -> None:
    keys = [f"avatar.{n // 1000}.{n}" for n in range(20_000)]
    lab = Lab(key=[*keys, "scene"])

    assert offers("get ", lab) == ("avatar.", "scene")
    assert offers("get avatar.", lab) == tuple(f"avatar.{n}." for n in range(20))
    assert offers("get avatar.7.7999", lab) == ("avatar.7.7999",)


def test_what_cannot_be_seen_in_a_line_is_not_offered() -> None:
    lab = Lab(key=["a\nb", "a\u202eb", "a\x1b[2J", "a\ud800", "a" * 5000, "a fine"])

    assert offers("get a", lab) == ("'a fine'",)


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30))
def test_whatever_is_offered_is_read_as_what_it_was(key: str) -> None:
    for offer in offers("get ", Lab(key=[key])):
        if not offer.startswith("--"):
            assert split(f"get {offer}") == ["get", key]


@given(st.text())
def test_no_line_makes_it_fail(text: str) -> None:
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
def test_lines_of_a_body_begin_with_a_key(line: str, wanted: tuple[str, ...]) -> None:
    assert complete_key(line, Lab()).offers == wanted


def test_a_value_that_json_cannot_say_is_not_offered() -> None:
    """Read again it would be the text "NaN"."""
    lab = Lab()
    lab.values["scene"] = float("nan")

    assert offers("set scene ", lab) == offers("set scene 5 ", lab)
