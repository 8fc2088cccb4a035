"""Parsing of %nanover lines."""

from __future__ import annotations

import pytest

from nanover_jupyter.magics.errors import MagicError, did_you_mean
from nanover_jupyter.magics.line.parser import parse
from nanover_jupyter.magics.line.subcommands import SUBCOMMANDS


def test_options_may_be_anywhere_in_the_line() -> None:
    parsed = parse("connect --name lab 10.0.0.1:4000 --timeout 2 -o client")

    assert parsed.subcommand.name == "connect"
    assert vars(parsed.options) == {
        "server": "10.0.0.1:4000",
        "find": None,
        "name": "lab",
        "timeout": 2.0,
        "output": "client",
        "quiet": False,
    }


def test_options_may_be_among_repeated_arguments() -> None:
    options = parse("run user/say a=1 --quiet -o reply b=[2, 3]").options

    assert options.arguments == ["a=1", "b=[2, 3]"]
    assert [word.value for word in options.arguments] == ["1", "[2, 3]"]
    assert (options.output, options.quiet) == ("reply", True)


@pytest.mark.parametrize("value", ["-1", "-1.5", "-1e-3", "-.5"])
def test_a_negative_number_is_a_value_and_not_an_option(value: str) -> None:
    assert parse(f"set k {value} --quiet").options.value.raw == value


def test_a_quoted_token_is_never_an_option() -> None:
    options = parse("set '--name' '-x' --name '--lab'").options

    assert (options.key, options.value.raw, options.name) == ("--name", "'-x'", "--lab")
    assert parse("get '--help'").options.key == "--help"
    with pytest.raises(MagicError, match="unexpected argument '--b'"):
        parse("get '--a' '--b'")


def test_some_options_may_be_repeated() -> None:
    assert parse("update a=1 --unset b --unset 'c d'").options.unset == ["b", "c d"]
    assert parse("update a=1").options.unset == []


def test_the_default_port_is_that_of_the_announcements() -> None:
    assert parse("servers").options.port == 54545
    assert parse("servers --timeout 3 --port 5").options.port == 5


def test_a_quoted_name_is_one_token() -> None:
    assert parse("connect --name 'my lab'").options.name == "my lab"
    assert parse('connect --name="my lab"').options.name == "my lab"


def test_an_empty_line_shows_help() -> None:
    assert parse("").subcommand.name == "help"


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_every_subcommand_has_help(name: str) -> None:
    parsed = parse(f"{name} --help")

    assert (parsed.subcommand.name, parsed.options.subcommand) == ("help", name)


def test_only_some_subcommands_take_a_body() -> None:
    assert parse("update", "a = 1").body == "a = 1"
    with pytest.raises(MagicError, match="write %nanover status"):
        parse("status", "a = 1")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("conect", "Unknown subcommand 'conect'. Did you mean 'connect'?"),
        ("xyzzy", "Unknown subcommand 'xyzzy'. Run %nanover help for a list."),
        (
            "connect --nme lab",
            "%nanover connect: unknown option '--nme'. Did you mean '--name'?",
        ),
        ("status --zzz", "%nanover status: unknown option '--zzz' (see %nanover help status)"),
        (
            "connect a b",
            (
                "%nanover connect: unexpected argument 'b'. Quote values that contain spaces "
                "(see %nanover help connect)"
            ),
        ),
        ("set title hello world", "%nanover set: unexpected argument 'world'. Quote values"),
        (
            "connect --timeout soon",
            (
                "%nanover connect: argument --timeout: 'soon' is not a number of seconds, such as "
                "5 or 0.5 (see %nanover help connect)"
            ),
        ),
        ("connect --timeout -1", "'-1' is not a number of seconds"),
        ("connect --timeout nan", "'nan' is not a number of seconds"),
        ("serve --port 70000", "'70000' is not a port between 0 and 65535"),
        ("panel --height big", "'big' is not a height between 160 and 4000 pixels"),
        (
            "connect -o 1x",
            "'1x' is not a valid name for a Python variable (see %nanover help connect)",
        ),
        ("connect 'open", "The quotation mark ' is never closed in \"'open\""),
        ("get", "%nanover get: the following arguments are required: KEY"),
        ("connect --name", "%nanover connect: argument --name: expected one argument"),
    ],
)
def test_an_invalid_line_is_reported_in_one_line(line: str, message: str) -> None:
    with pytest.raises(MagicError) as caught:
        parse(line)

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_closest_name_is_suggested() -> None:
    assert did_you_mean("scen", ["scene", "other"]) == " Did you mean 'scene'?"
    assert did_you_mean("qqq", ["scene", "other"]) == ""
    assert did_you_mean("qqq", ["scene", "other"], "Run x.") == " Run x."
