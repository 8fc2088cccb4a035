"""Parse the text after `%nanover`."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Final

from nanover_jupyter.magics.errors import MagicError, did_you_mean
from nanover_jupyter.magics.line.subcommands import SUBCOMMANDS, QuotedArgument, Subcommand
from nanover_jupyter.magics.line.tokenizer import Token, tokenize

__all__ = ["ParsedLine", "parse", "subcommand_named"]

_HELP: Final = frozenset({"-h", "--help"})


@dataclass(frozen=True, slots=True)
class ParsedLine:
    """A subcommand with the values of its arguments, and the cell body if there is one."""

    subcommand: Subcommand
    options: argparse.Namespace
    body: str | None = None


def parse(line: str, body: str | None = None) -> ParsedLine:
    """Parse a line; an empty one is parsed as `help`.

    Args:
        line: The text after `%nanover`.
        body: The rest of the cell if it begins with `%%nanover`.

    Raises:
        MagicError: The line is not valid.
    """
    tokens = tokenize(line)
    name, rest = (str(tokens[0]), tokens[1:]) if tokens else ("help", [])
    if name in _HELP:
        name = "help"
    subcommand = subcommand_named(name)
    if any(token in _HELP and not token.is_quoted for token in rest):
        help_ = SUBCOMMANDS["help"]
        return ParsedLine(help_, help_.parse_args([name]))
    if body is not None and not subcommand.takes_body:
        others = ", ".join(
            f"%%nanover {other.name}" for other in SUBCOMMANDS.values() if other.takes_body
        )
        raise MagicError(
            f"%%nanover {name} does not take a cell body: write %nanover {name} "
            f"(only {others} takes one)."
        )
    options, unexpected = subcommand.parse_known_intermixed_args(list(map(_as_argument, rest)))
    if unexpected:
        raise MagicError(f"{subcommand.prog}: {_describe_unexpected(subcommand, unexpected[0])}")
    return ParsedLine(subcommand, options, body)


def subcommand_named(name: str) -> Subcommand:
    """Return the subcommand of a name.

    Raises:
        MagicError: There is none; the message suggests the closest one.
    """
    found = SUBCOMMANDS.get(name)
    if found is None:
        hint = did_you_mean(name, SUBCOMMANDS, "Run %nanover help for a list.")
        raise MagicError(f"Unknown subcommand {name!r}.{hint}")
    return found


def _describe_unexpected(subcommand: Subcommand, argument: str) -> str:
    see = f"(see %nanover help {subcommand.name})"
    if argument.startswith("-"):
        option = argument.partition("=")[0]
        known = [name for action in subcommand.options for name in action.option_strings]
        hint = did_you_mean(option, known)
        return f"unknown option {option!r}{f'.{hint}' if hint else f' {see}'}"
    token = argument.token if isinstance(argument, QuotedArgument) else argument
    return f"unexpected argument {str(token)!r}. Quote values that contain spaces {see}"


def _as_argument(token: Token) -> str:
    return QuotedArgument(token) if token.is_quoted and token.startswith("-") else token
