"""What can stand at the end of a `%nanover` line; knows the grammar, and asks for the rest."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from nanover_jupyter.magics.line.grammar import SUBCOMMANDS, Live, Parameter, Subcommand
from nanover_jupyter.magics.line.tokenizer import (
    MagicSyntaxError,
    Token,
    UnfinishedToken,
    quoted,
    split,
)

__all__ = ["Completion", "Known", "complete", "complete_key"]

# More than anybody reads; keys beyond that are offered up to their next dot.
_OFFERS_LIMIT: Final = 100
_LONGEST_OFFER: Final = 200


@dataclass(frozen=True, slots=True)
class Completion:
    """What may be put in place of the end of a line.

    Attributes:
        fragment: The end of the line that it replaces.
        offers: What may stand there, the best first.
        kind: What they are, in a word.
    """

    fragment: str
    offers: tuple[str, ...]
    kind: str


class Known(Protocol):
    """What there is in the session, without asking anybody for it."""

    def names(self, live: Live, line: Sequence[Token], name: str | None) -> Iterable[str]:
        """What can stand in a place of a kind.

        Args:
            live: The kind.
            line: The words before it, without options, from the subcommand on.
            name: The connection that the line names.
        """

    def value(self, live: Live, line: Sequence[Token], name: str | None) -> Any:
        """The value that such a thing has now: a default, or that of the key before it.

        Raises:
            LookupError: None is known.
        """


@dataclass(frozen=True, slots=True)
class _Line:
    """The line before the word that is being written."""

    subcommand: Subcommand
    words: tuple[Token, ...]
    used: frozenset[str]
    name: str | None
    # The option whose value comes next.
    pending: Parameter | None

    @property
    def place(self) -> Parameter | None:
        """The parameter that the next word without dashes is for."""
        position = len(self.words) - 1
        for parameter in self.subcommand.words:
            if position == 0 or parameter.count in {"any", "some"}:
                return parameter
            position -= 1
        return None


def complete(text: str, known: Known) -> Completion:
    """What can stand at the end of `text`, which is what follows `%nanover` up to the cursor."""
    before, fragment = _parted(text)
    if not before:
        return _offer(fragment, known.names("subcommand", (), None), "subcommand")
    subcommand = SUBCOMMANDS.get(before[0])
    if subcommand is None:
        return Completion(fragment, (), "")
    line = _read(subcommand, before)
    if line.pending is not None:
        return _live(line.pending.live, fragment, line, known)
    if fragment.startswith("-") and "=" not in fragment:
        return _options(fragment, line)
    found = Completion(fragment, (), "")
    if line.place is not None:
        found = _live(line.place.live, fragment, line, known)
    return found if found.offers or fragment else _options(fragment, line)


def complete_key(text: str, known: Known) -> Completion:
    """What can stand at the end of a line of a `%%nanover update` body: a key."""
    if "=" in text or text.lstrip().startswith(("#", "{")):
        return Completion(text, (), "")
    fragment = text.lstrip()
    return _offer(fragment, known.names("key", (), None), "key", after=" = ")


def _parted(text: str) -> tuple[list[Token], str]:
    """The words before the one that is being written, and that one."""
    try:
        words = split(text)
    except UnfinishedToken as error:
        return split(text[: error.start]), text[error.start :]
    if not words or text[-1:].isspace():
        return words, ""
    return words[:-1], words[-1].raw


def _read(subcommand: Subcommand, before: Sequence[Token]) -> _Line:
    options = {
        spelling: option
        for option in subcommand.options
        for spelling in (option.name, option.short)
        if spelling
    }
    words: list[Token] = []
    used: set[str] = set()
    pending: Parameter | None = None
    name: str | None = None
    for word in before:
        if pending is not None:
            name = str(word) if pending.name == "--name" else name
            pending = None
            continue
        option = None if word.is_quoted else options.get(word.name or word)
        if option is None:
            words.append(word)
            continue
        if option.count not in {"any", "some"}:
            used.add(option.name)
        if word.name is None and option.count != "flag":
            pending = option
        elif word.name is not None and option.name == "--name":
            name = word.partition("=")[2]
    return _Line(subcommand, tuple(words), frozenset(used), name, pending)


def _options(fragment: str, line: _Line) -> Completion:
    names = [option.name for option in line.subcommand.options if option.name not in line.used]
    return Completion(fragment, tuple(_fitting(fragment, names)), "option")


def _live(live: Live | None, fragment: str, line: _Line, known: Known) -> Completion:
    if live is None:
        return Completion(fragment, (), "")
    if live == "value":
        return _value(live, fragment, line, known)
    if live in {"argument", "assignment"}:
        return _assignment(live, fragment, line, known)
    names = known.names(live, line.words, line.name)
    if live in {"key", "pattern", "held"}:
        there = set(line.words[1:])
        names = [name for name in names if name not in there]
    if live == "pattern":
        return _pattern(fragment, names)
    return _offer(fragment, names, live)


def _assignment(live: Live, fragment: str, line: _Line, known: Known) -> Completion:
    """Names with a `=` behind them, and behind the `=` the value as it is now."""
    head, equals, begun = fragment.partition("=")
    if equals:
        name = _unquoted(head)
        word = Token(quoted(name))
        return _value(live, begun, line, known, head=f"{head}=", words=(*line.words, word))
    there = {word.name for word in line.words[1:]}
    names = [name for name in known.names(live, line.words, line.name) if name not in there]
    return _offer(fragment, names, live, after="=")


def _value(  # noqa: PLR0913 - one for each part of the line
    live: Live,
    begun: str,
    line: _Line,
    known: Known,
    *,
    head: str = "",
    words: Sequence[Token] | None = None,
) -> Completion:
    nothing = Completion(f"{head}{begun}", (), "value")
    try:
        value = known.value(live, line.words if words is None else words, line.name)
        # NaN and the infinities are no JSON, and would be read as texts.
        written = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (LookupError, TypeError, ValueError):
        return nothing
    fits = written.startswith(begun) and len(written) <= _LONGEST_OFFER and written.isprintable()
    return Completion(nothing.fragment, (f"{head}{written}",), "value") if fits else nothing


def _pattern(fragment: str, keys: Iterable[str]) -> Completion:
    """Keys, and before them each branch that holds several, up to its dot and a star."""
    prefix = _unquoted(fragment)
    found = _fitting(prefix, keys)
    branches: dict[str, int] = {}
    for key in found:
        end = key.find(".", len(prefix))
        if end > 0:
            branch = f"{key[: end + 1]}*"
            branches[branch] = branches.get(branch, 0) + 1
    several = [branch for branch, count in branches.items() if count > 1]
    offers = map(quoted, [*several, *_shortened(found, prefix)])
    return Completion(fragment, tuple(offers)[:_OFFERS_LIMIT], "key")


def _offer(fragment: str, names: Iterable[str], kind: str, *, after: str = "") -> Completion:
    prefix = _unquoted(fragment)
    found = _shortened(_fitting(prefix, names), prefix)
    return Completion(fragment, tuple(f"{quoted(name)}{after}" for name in found), kind)


def _fitting(prefix: str, names: Iterable[str]) -> list[str]:
    """Names that begin like `prefix`; failing these, in other case; failing these, that hold it.

    What cannot be seen in a line, or would fill the screen, is not offered: names come
    from servers.
    """
    usable = [name for name in names if len(name) <= _LONGEST_OFFER and name.isprintable()]
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


def _shortened(names: list[str], prefix: str) -> list[str]:
    """The names, or where they are too many, what they begin with up to their next dot."""
    if len(names) <= _OFFERS_LIMIT:
        return names
    stems: dict[str, None] = {}
    for name in names:
        end = name.find(".", len(prefix))
        stems[name if end < 0 else name[: end + 1]] = None
    return list(stems)[:_OFFERS_LIMIT]


def _unquoted(fragment: str) -> str:
    """What an unfinished word means."""
    try:
        words = split(fragment)
    except MagicSyntaxError:
        return fragment[1:]
    return str(words[0]) if words else ""
