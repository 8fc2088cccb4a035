"""Completion of `%nanover` lines, independent of IPython."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from nanover_jupyter.magics.errors import MagicError
from nanover_jupyter.magics.line.subcommands import SUBCOMMANDS, CompletionKind, Subcommand
from nanover_jupyter.magics.line.tokenizer import Token, UnfinishedToken, quote, tokenize

__all__ = ["Completion", "LiveNames", "complete", "complete_key"]

# Longer lists of keys are shortened to their prefixes up to the next dot.
_MAX_OFFERS: Final = 100
_MAX_OFFER_LENGTH: Final = 200


@dataclass(frozen=True, slots=True)
class Completion:
    """Offers for the end of a line.

    Attributes:
        fragment: The end of the line that an offer replaces.
        offers: The replacements, the best first.
        kind: What they are, for the list of the editor.
    """

    fragment: str
    offers: tuple[str, ...]
    kind: str


class LiveNames(Protocol):
    """Names and values that exist now. Implementations never ask a server."""

    def names(
        self, kind: CompletionKind, line: Sequence[Token], connection: str | None
    ) -> Iterable[str]:
        """Return the names of a kind.

        Args:
            kind: The kind.
            line: The tokens before the name, from the subcommand on and without options.
            connection: The name of the connection that the line selects.
        """

    def value(self, kind: CompletionKind, line: Sequence[Token], connection: str | None) -> Any:
        """Return the default of the argument, or the value of the key, that ends `line`.

        Raises:
            LookupError: It has none.
        """


@dataclass(frozen=True, slots=True)
class _Line:
    """The line before the token that is being typed."""

    subcommand: Subcommand
    positionals: tuple[Token, ...]
    used_options: frozenset[str]
    connection: str | None
    # The option whose value comes next.
    pending: argparse.Action | None

    @property
    def kind(self) -> CompletionKind | None:
        """What to complete in the next token that does not begin with a dash."""
        action = self.pending or self._next_positional()
        return None if action is None else self.subcommand.completions.get(action.dest)

    def _next_positional(self) -> argparse.Action | None:
        position = len(self.positionals) - 1
        for action in self.subcommand.positionals:
            if position == 0 or action.nargs in {"*", "+"}:
                return action
            position -= 1
        return None


def complete(text: str, live: LiveNames) -> Completion:
    """Complete `text`, which is the line after `%nanover` up to the cursor."""
    before, fragment = _split_fragment(text)
    if not before:
        return _offer(fragment, live.names("subcommand", (), None), "subcommand")
    subcommand = SUBCOMMANDS.get(before[0])
    if subcommand is None:
        return Completion(fragment, (), "")
    line = _read(subcommand, before)
    if line.pending is not None:
        return _complete_kind(line.kind, fragment, line, live)
    if fragment.startswith("-") and "=" not in fragment:
        return _complete_option(fragment, line)
    found = _complete_kind(line.kind, fragment, line, live)
    return found if found.offers or fragment else _complete_option(fragment, line)


def complete_key(text: str, live: LiveNames) -> Completion:
    """Complete a key in a line of the body of a `%%nanover update` cell."""
    if "=" in text or text.lstrip().startswith(("#", "{")):
        return Completion(text, (), "")
    fragment = text.lstrip()
    return _offer(fragment, live.names("key", (), None), "key", suffix=" = ")


def _split_fragment(text: str) -> tuple[list[Token], str]:
    """Return the finished tokens, and the token that is being typed."""
    try:
        tokens = tokenize(text)
    except UnfinishedToken as error:
        return tokenize(text[: error.start]), text[error.start :]
    if not tokens or text[-1:].isspace():
        return tokens, ""
    return tokens[:-1], tokens[-1].raw


def _read(subcommand: Subcommand, before: Sequence[Token]) -> _Line:
    options = {name: action for action in subcommand.options for name in action.option_strings}
    positionals: list[Token] = []
    used: set[str] = set()
    pending: argparse.Action | None = None
    connection: str | None = None
    for token in before:
        if pending is not None:
            connection = str(token) if pending.dest == "name" else connection
            pending = None
            continue
        option = None if token.is_quoted else options.get(token.name or token)
        if option is None:
            positionals.append(token)
            continue
        if not isinstance(option.default, list):  # a list: the option may be repeated
            used.add(option.dest)
        if token.name is None and option.nargs != 0:
            pending = option
        elif token.name is not None and option.dest == "name":
            connection = token.partition("=")[2]
    return _Line(subcommand, tuple(positionals), frozenset(used), connection, pending)


def _complete_option(fragment: str, line: _Line) -> Completion:
    names = [
        action.option_strings[-1]
        for action in line.subcommand.options
        if action.dest not in line.used_options
    ]
    return Completion(fragment, tuple(_matches(fragment, names)), "option")


def _complete_kind(
    kind: CompletionKind | None, fragment: str, line: _Line, live: LiveNames
) -> Completion:
    if kind is None:
        return Completion(fragment, (), "")
    if kind == "value":
        return _complete_value(kind, fragment, line, live)
    if kind in {"argument", "assignment"}:
        return _complete_assignment(kind, fragment, line, live)
    names = live.names(kind, line.positionals, line.connection)
    if kind in {"key", "pattern", "held"}:
        typed = set(line.positionals[1:])
        names = [name for name in names if name not in typed]
    if kind == "pattern":
        return _complete_pattern(fragment, names)
    return _offer(fragment, names, kind)


def _complete_assignment(
    kind: CompletionKind, fragment: str, line: _Line, live: LiveNames
) -> Completion:
    """Complete a name and its `=`, or the current value after the `=`."""
    head, equals, _ = fragment.partition("=")
    if equals:
        name = Token(quote(_unquote(head)))
        return _complete_value(kind, fragment, line, live, head=f"{head}=", assigned=(name,))
    typed = {token.name for token in line.positionals[1:]}
    names = live.names(kind, line.positionals, line.connection)
    return _offer(fragment, [name for name in names if name not in typed], kind, suffix="=")


def _complete_value(  # noqa: PLR0913 - one for each part of the line
    kind: CompletionKind,
    fragment: str,
    line: _Line,
    live: LiveNames,
    *,
    head: str = "",
    assigned: tuple[Token, ...] = (),
) -> Completion:
    """Offer the current value, if what is typed after `head` is its beginning."""
    try:
        value = live.value(kind, (*line.positionals, *assigned), line.connection)
        # NaN and Infinity are not JSON, and would be read as text.
        encoded = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (LookupError, TypeError, ValueError):
        return Completion(fragment, (), "value")
    matches = (
        encoded.startswith(fragment.removeprefix(head))
        and len(encoded) <= _MAX_OFFER_LENGTH
        and encoded.isprintable()
    )
    return Completion(fragment, (f"{head}{encoded}",) if matches else (), "value")


def _complete_pattern(fragment: str, keys: Iterable[str]) -> Completion:
    """Offer keys, and before them a `PREFIX.*` for each prefix that several keys share."""
    prefix = _unquote(fragment)
    found = _matches(prefix, keys)
    branches: dict[str, int] = {}
    for key in found:
        end = key.find(".", len(prefix))
        if end > 0:
            branch = f"{key[: end + 1]}*"
            branches[branch] = branches.get(branch, 0) + 1
    several = [branch for branch, count in branches.items() if count > 1]
    offers = map(quote, [*several, *_shorten(found, prefix)])
    return Completion(fragment, tuple(offers)[:_MAX_OFFERS], "key")


def _offer(fragment: str, names: Iterable[str], kind: str, *, suffix: str = "") -> Completion:
    prefix = _unquote(fragment)
    found = _shorten(_matches(prefix, names), prefix)
    return Completion(fragment, tuple(f"{quote(name)}{suffix}" for name in found), kind)


def _matches(prefix: str, names: Iterable[str]) -> list[str]:
    """Return names that begin with `prefix`; if none do, ignore case; else those that contain it.

    Names come from servers: very long names and those with invisible characters are left out.
    """
    usable = [name for name in names if len(name) <= _MAX_OFFER_LENGTH and name.isprintable()]
    folded = prefix.casefold()
    tests = (
        lambda name: name.startswith(prefix),
        lambda name: name.casefold().startswith(folded),
        lambda name: folded in name.casefold(),
    )
    for test in tests:
        found = [name for name in usable if test(name)]
        if found:
            return found
    return []


def _shorten(names: list[str], prefix: str) -> list[str]:
    """Return the names or, if there are too many, their beginnings up to the next dot."""
    if len(names) <= _MAX_OFFERS:
        return names
    stems: dict[str, None] = {}
    for name in names:
        end = name.find(".", len(prefix))
        stems[name if end < 0 else name[: end + 1]] = None
    return list(stems)[:_MAX_OFFERS]


def _unquote(fragment: str) -> str:
    """Return the text of a token that may be unfinished."""
    try:
        tokens = tokenize(fragment)
    except MagicError:
        return fragment[1:]
    return str(tokens[0]) if tokens else ""
