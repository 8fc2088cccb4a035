"""The `%nanover` line: from text to an order, without doing anything."""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NoReturn, Self

from nanover_jupyter.magics.line.grammar import SUBCOMMANDS, Subcommand
from nanover_jupyter.magics.line.tokenizer import MagicSyntaxError, Token, split

__all__ = [
    "MagicSyntaxError",
    "ParsedLine",
    "QuotedArgument",
    "nearest",
    "parse",
    "subcommand_named",
]

_COUNTS: Final[dict[str, Any]] = {"one": None, "optional": "?", "any": "*", "some": "+"}
_HELP: Final = frozenset({"-h", "--help"})


class QuotedArgument(str):
    """Stands for a word in quotes, which argparse would take for an option by its dash."""

    __slots__ = ("word",)

    word: Token

    def __new__(cls, word: Token) -> Self:
        """Stand for `word`."""
        veiled = super().__new__(cls, word.raw)
        veiled.word = word
        return veiled


@dataclass(frozen=True, slots=True)
class ParsedLine:
    """A subcommand with the values of its parameters, and the body of its cell if it has one."""

    subcommand: str
    options: argparse.Namespace
    body: str | None = None


class _Parser(argparse.ArgumentParser):
    """An argparse parser that raises instead of leaving the process."""

    def error(self, message: str) -> NoReturn:
        name = self.prog.split()[-1]
        raise MagicSyntaxError(f"{self.prog}: {message} (see %nanover help {name})")


def parse(line: str, body: str | None = None) -> ParsedLine:
    """Read the text behind `%nanover`; an empty line asks for help.

    Args:
        line: The line.
        body: The rest of the cell, where it begins with `%%nanover`.

    Raises:
        MistakenLine: It makes no sense.
    """
    words = split(line)
    name, rest = (str(words[0]), words[1:]) if words else ("help", [])
    if name in _HELP:
        name = "help"
    subcommand = subcommand_named(name)
    if any(word in _HELP and not word.is_quoted for word in rest):
        return ParsedLine("help", _parser(SUBCOMMANDS["help"]).parse_args([name]))
    if body is not None and not subcommand.takes_body:
        able = ", ".join(
            f"%%nanover {other.name}" for other in SUBCOMMANDS.values() if other.takes_body
        )
        raise MagicSyntaxError(
            f"%%nanover {name}: this takes no body, write %nanover {name} ({able} takes one)"
        )
    parser = _parser(subcommand)
    options, left = parser.parse_known_intermixed_args(list(map(_veiled, rest)))
    if left:
        raise MagicSyntaxError(f"{parser.prog}: {_superfluous(subcommand, left)}")
    return ParsedLine(name, options, body)


def subcommand_named(name: str) -> Subcommand:
    """The subcommand of a name.

    Raises:
        MistakenLine: There is none; the message suggests the nearest.
    """
    found = SUBCOMMANDS.get(name)
    if found is None:
        near = nearest(name, SUBCOMMANDS)
        hint = f"did you mean %nanover {near}?" if near else "%nanover help lists what there is."
        raise MagicSyntaxError(f"there is no %nanover {name}; {hint}")
    return found


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Which of `names` was probably meant."""
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return near[0] if near else None


def _superfluous(subcommand: Subcommand, left: list[str]) -> str:
    """What to say to words that have no place."""
    word = _unveiled(left[0])
    see = f"(see %nanover help {subcommand.name})"
    if left[0].startswith("-"):
        name = word.partition("=")[0]
        near = nearest(name, [option.name for option in subcommand.options])
        return f"there is no {name} here" + (f"; did you mean {near}?" if near else f" {see}")
    return f"{str(word)!r} is one word too many; one with blanks goes in quotes {see}"


def _parser(subcommand: Subcommand) -> _Parser:
    parser = _Parser(prog=f"%nanover {subcommand.name}", add_help=False, allow_abbrev=False)
    # Private, and made by argparse to the same end: -1e-3 is a value and not an option.
    parser._negative_number_matcher = re.compile(r"-\.?\d")  # noqa: SLF001
    for parameter in subcommand.words:
        # Converted here and not by argparse, which would lose how a word was written.
        parser.add_argument(
            parameter.destination,
            nargs=_COUNTS[parameter.count],
            type=_unveiled,
            metavar=parameter.metavar or parameter.name.upper(),
        )
    for parameter in subcommand.options:
        names = [name for name in (parameter.short, parameter.name) if name]
        if parameter.count == "flag":
            parser.add_argument(*names, action="store_true")
        else:
            parser.add_argument(
                *names,
                dest=parameter.destination,
                action="append" if parameter.count in {"any", "some"} else "store",
                type=partial(_converted, parameter.kind),
                default=[] if parameter.count == "any" else parameter.default,
            )
    return parser


def _veiled(word: Token) -> str:
    return QuotedArgument(word) if word.is_quoted and word.startswith("-") else word


def _unveiled(word: str) -> str:
    return word.word if isinstance(word, QuotedArgument) else word


def _converted(kind: Callable[[str], Any] | None, word: str) -> Any:
    return kind(_unveiled(word)) if kind is not None else _unveiled(word)
