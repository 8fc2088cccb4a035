"""The %nanover line, read."""

from __future__ import annotations

import pytest

from nanover_jupyter.magics.line.grammar import SUBCOMMANDS
from nanover_jupyter.magics.line.parser import MagicSyntaxError, nearest, parse


def test_options_are_read_wherever_they_stand() -> None:
    order = parse("connect --name lab 10.0.0.1:4000 --timeout 2 -o client")

    assert order.subcommand == "connect"
    assert vars(order.options) == {
        "server": "10.0.0.1:4000",
        "find": None,
        "name": "lab",
        "timeout": 2.0,
        "output": "client",
        "quiet": False,
    }


def test_options_may_stand_between_the_words_of_a_list() -> None:
    options = parse("run user/say a=1 --quiet -o reply b=[2, 3]").options

    assert options.arguments == ["a=1", "b=[2, 3]"]
    assert [word.value for word in options.arguments] == ["1", "[2, 3]"]
    assert (options.output, options.quiet) == ("reply", True)


@pytest.mark.parametrize("value", ["-1", "-1.5", "-1e-3", "-.5"])
def test_a_negative_number_is_a_value_and_no_option(value: str) -> None:
    assert parse(f"set k {value} --quiet").options.value.raw == value


def test_a_word_in_quotes_is_no_option_whatever_it_looks_like() -> None:
    options = parse("set '--name' '-x' --name '--lab'").options

    assert (options.key, options.value.raw, options.name) == ("--name", "'-x'", "--lab")
    assert parse("get '--help'").options.key == "--help"
    with pytest.raises(MagicSyntaxError, match="'--b' is one word too many"):
        parse("get '--a' '--b'")


def test_an_option_may_come_again_where_it_says_so() -> None:
    assert parse("update a=1 --unset b --unset 'c d'").options.unset == ["b", "c d"]
    assert parse("update a=1").options.unset == []


def test_servers_are_listened_for_where_nanover_announces_them() -> None:
    assert parse("servers").options.port == 54545
    assert parse("servers --timeout 3 --port 5").options.port == 5


def test_a_quoted_name_is_one_word() -> None:
    assert parse("connect --name 'my lab'").options.name == "my lab"
    assert parse('connect --name="my lab"').options.name == "my lab"


def test_an_empty_line_asks_for_help() -> None:
    assert parse("").subcommand == "help"


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_every_subcommand_explains_itself_when_asked(name: str) -> None:
    order = parse(f"{name} --help")

    assert (order.subcommand, order.options.subcommand) == ("help", name)


def test_a_body_is_for_those_that_take_one() -> None:
    assert parse("update", "a = 1").body == "a = 1"
    with pytest.raises(MagicSyntaxError, match="write %nanover status"):
        parse("status", "a = 1")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("conect", "there is no %nanover conect; did you mean %nanover connect?"),
        ("xyzzy", "there is no %nanover xyzzy; %nanover help lists what there is."),
        (
            "connect --nme lab",
            "%nanover connect: there is no --nme here; did you mean --name?",
        ),
        ("status --zzz", "%nanover status: there is no --zzz here (see %nanover help status)"),
        (
            "connect a b",
            (
                "%nanover connect: 'b' is one word too many; one with blanks goes in quotes "
                "(see %nanover help connect)"
            ),
        ),
        ("set title hello world", "%nanover set: 'world' is one word too many; one with"),
        (
            "connect --timeout soon",
            (
                "%nanover connect: argument --timeout: 'soon' is no number of seconds, such as 5 "
                "or 0.5 (see %nanover help connect)"
            ),
        ),
        ("connect --timeout -1", "'-1' is no number of seconds"),
        ("connect --timeout nan", "'nan' is no number of seconds"),
        ("serve --port 70000", "'70000' is no port between 0 and 65535"),
        ("panel --height big", "'big' is no height between 160 and 4000 pixels"),
        ("connect -o 1x", "'1x' is no name for a Python variable (see %nanover help connect)"),
        ("connect 'open", "%nanover: the quotation mark ' is never closed in \"'open\""),
        ("get", "%nanover get: the following arguments are required: KEY"),
        ("connect --name", "%nanover connect: argument --name: expected one argument"),
    ],
)
def test_wrong_words_get_one_clear_line(line: str, said: str) -> None:
    with pytest.raises(MagicSyntaxError) as caught:
        parse(line)

    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_was_probably_meant() -> None:
    assert nearest("scen", ["scene", "other"]) == "scene"
    assert nearest("qqq", ["scene", "other"]) is None
