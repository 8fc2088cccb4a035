"""The %nanover line, read."""

from __future__ import annotations

import pytest

from nanover_jupyter.magics._parse import MistakenLine, help_text, parse, subcommands


def test_options_are_read_wherever_they_stand() -> None:
    order = parse("connect --name lab 10.0.0.1:4000 --timeout 2 -o client")

    assert order.subcommand == "connect"
    assert vars(order.options) == {
        "address": "10.0.0.1:4000",
        "find": None,
        "name": "lab",
        "timeout": 2.0,
        "output": "client",
        "quiet": False,
    }


def test_servers_are_listened_for_where_nanover_announces_them() -> None:
    assert vars(parse("servers").options) == {"timeout": 1.5, "port": 54545}
    assert vars(parse("servers --timeout 3 --port 5").options) == {"timeout": 3.0, "port": 5}


def test_a_quoted_name_is_one_word() -> None:
    assert parse("connect --name 'my lab'").options.name == "my lab"


def test_an_empty_line_asks_for_help() -> None:
    assert parse("").subcommand == "help"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("conect", "there is no %nanover conect; did you mean %nanover connect?"),
        ("lock", "there is no %nanover lock; did you mean %nanover locks?"),
        ("xyzzy", "there is no %nanover xyzzy; %nanover help lists what there is."),
        (
            "connect --nme lab",
            "%nanover connect: unrecognized arguments: --nme (see %nanover help connect)",
        ),
        ("connect a b", "%nanover connect: unrecognized arguments: b (see %nanover help connect)"),
        (
            "connect --timeout soon",
            (
                "%nanover connect: argument --timeout: invalid _seconds value: 'soon' "
                "(see %nanover help connect)"
            ),
        ),
        (
            "connect --timeout -1",
            (
                "%nanover connect: argument --timeout: '-1' is no number of seconds between 0 and "
                "3600 (see %nanover help connect)"
            ),
        ),
        (
            "serve --port 70000",
            (
                "%nanover serve: argument --port: '70000' is no port between 0 and 65535 "
                "(see %nanover help serve)"
            ),
        ),
        (
            "connect -o 1x",
            (
                "%nanover connect: argument -o/--output: '1x' is no name for a Python variable "
                "(see %nanover help connect)"
            ),
        ),
        ("connect 'open", '%nanover: no closing quotation in "connect \'open"'),
        ("status now", "%nanover status: unrecognized arguments: now (see %nanover help status)"),
    ],
)
def test_wrong_words_get_one_clear_line(line: str, said: str) -> None:
    with pytest.raises(MistakenLine) as caught:
        parse(line)

    assert str(caught.value) == said


@pytest.mark.parametrize("name", subcommands())
def test_every_subcommand_explains_itself(name: str) -> None:
    assert help_text(name).startswith(f"usage: %nanover {name}")
    assert subcommands()[name][:20] in help_text(name)
