"""Split a `%nanover` line into tokens, as a shell does, but keep JSON in one piece."""

from __future__ import annotations

import json
import re
from typing import Final, Self

from nanover_jupyter.magics.errors import MagicError

__all__ = ["Token", "UnfinishedToken", "quote", "split_assignment", "tokenize"]

_OPENERS: Final = "{["
# Text that needs no quotes.
_PLAIN: Final = re.compile(r"[^\s'\"{\[$=#-][^\s=$]*")


class UnfinishedToken(MagicError):
    """A quote or bracket that is never closed.

    Attributes:
        start: The position of its token in the line.
        reason: The problem, without a prefix.
    """

    def __init__(self, line: str, start: int, opened: str) -> None:
        what = "quotation mark" if opened in "'\"" else "bracket"
        self.start = start
        self.reason = f"The {what} {opened} is never closed in {line[start:]!r}."
        super().__init__(self.reason)


class Token(str):
    """The text of a token, without its quotes.

    Attributes:
        raw: The token as typed.
        start: Its position in the line.
        name: The text before the first `=`, without quotes; None if there is no `=`.
        value: The text after the `=`, as typed; the same as `raw` if there is none.
    """

    __slots__ = ("name", "raw", "start", "value")

    raw: str
    start: int
    name: str | None
    value: str

    def __new__(cls, raw: str, start: int = 0, equals: int | None = None) -> Self:
        """Make a token of `raw`, in which `equals` is the position of the `=` that separates."""
        if equals is None:
            token = super().__new__(cls, _unquote(raw))
            token.name, token.value = None, raw
        else:
            name, value = _unquote(raw[:equals]), raw[equals + 1 :]
            token = super().__new__(cls, f"{name}={_unquote(value)}")
            token.name, token.value = name, value
        token.raw, token.start = raw, start
        return token

    @property
    def is_quoted(self) -> bool:
        """Whether the token is in quotes, so that it is neither an option nor a variable."""
        return self.raw[:1] in {"'", '"'}


def tokenize(line: str) -> list[Token]:
    """Split a line into tokens.

    Spaces separate tokens. Quotes and brackets keep spaces in a token if they are at its
    beginning or after its first `=`; elsewhere they are plain characters.

    Raises:
        UnfinishedToken: A quote or bracket is never closed.
    """
    tokens: list[Token] = []
    position = 0
    while position < len(line):
        if line[position].isspace():
            position += 1
            continue
        token, position = _token_at(line, position)
        tokens.append(token)
    return tokens


def split_assignment(line: str) -> tuple[str, str] | None:
    """Split `KEY = VALUE` into the key without quotes and the value as typed.

    Return None for a line without a `=`. A key that contains `=` must be in quotes.

    Raises:
        UnfinishedToken: The quote is never closed.
    """
    end = _end_of_group(line, 0, 0) if line[:1] in {"'", '"'} else 0
    equals = line.find("=", end)
    if equals < 0 or (end and line[end:equals].strip()):
        return None
    return _unquote(line[:equals].strip()), line[equals + 1 :].strip()


def quote(text: str) -> str:
    """Return `text` in quotes if it needs them to be read as one token."""
    if _PLAIN.fullmatch(text):
        return text
    if "'" not in text:
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False)


def _token_at(line: str, start: int) -> tuple[Token, int]:
    """Return the token at `start` and the position after it."""
    position = _end_of_group(line, start, start)
    equals: int | None = None
    while position < len(line) and not line[position].isspace():
        if line[position] == "=" and equals is None:
            equals = position - start
            position = _end_of_group(line, position + 1, start)
        else:
            position += 1
    return Token(line[start:position], start, equals), position


def _end_of_group(line: str, position: int, start: int) -> int:
    """Return the position after the quoted or bracketed text at `position`, if there is any."""
    opened = line[position : position + 1]
    if opened == "'":
        end = line.find("'", position + 1) + 1
    elif opened == '"':
        end = _end_of_string(line, position)
    elif opened and opened in _OPENERS:
        end = _end_of_brackets(line, position)
    else:
        return position
    if not end:
        raise UnfinishedToken(line, start, opened)
    return end


def _end_of_string(line: str, position: int) -> int:
    position += 1
    while position < len(line):
        if line[position] == "\\":
            position += 2
        elif line[position] == '"':
            return position + 1
        else:
            position += 1
    return 0


def _end_of_brackets(line: str, position: int) -> int:
    depth = 0
    while position < len(line):
        character = line[position]
        if character == '"':
            position = _end_of_string(line, position)
            if not position:
                return 0
            continue
        depth += (character in "{[") - (character in "}]")
        position += 1
        if depth <= 0:
            return position
    return 0


def _unquote(raw: str) -> str:
    if len(raw) > 1 and raw[0] == raw[-1]:
        if raw[0] == "'":
            return raw[1:-1]
        if raw[0] == '"':
            try:
                return str(json.loads(raw))
            except ValueError:
                return raw[1:-1]
    return raw
