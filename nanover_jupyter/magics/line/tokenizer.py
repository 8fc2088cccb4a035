"""The words of a `%nanover` line: like a shell's, but JSON stays in one piece."""

from __future__ import annotations

import json
import math
import re
from typing import Final, NoReturn, Self

from nanover_jupyter.wire.values import Value

__all__ = [
    "MagicSyntaxError",
    "Token",
    "UnfinishedToken",
    "finite_number",
    "pair",
    "quoted",
    "read_value",
    "refuse_constant",
    "split",
]

_CLOSERS: Final = {"{": "}", "[": "]"}
# What needs no quotes to be read as it stands.
_PLAIN: Final = re.compile(r"[^\s'\"{\[$=#-][^\s=$]*")
_PYTHONS_OWN: Final = {"True": "true", "False": "false", "None": "null"}


class MagicSyntaxError(ValueError):
    """The line makes no sense; the message is one line that says what would."""


class UnfinishedToken(MagicSyntaxError):
    """A quote or a bracket is open at the end.

    Attributes:
        start: Where its word begins.
        reason: What is wrong, as a phrase.
    """

    def __init__(self, line: str, start: int, opened: str) -> None:
        what = f"the quotation mark {opened}" if opened in "'\"" else f"the bracket {opened}"
        self.start = start
        self.reason = f"{what} is never closed in {line[start:]!r}"
        super().__init__(f"%nanover: {self.reason}")


class Token(str):
    """A word without its quotes.

    Attributes:
        raw: How it was written.
        start: Where it begins in the line.
        name: What stands before the first `=`, without quotes; None where there is none.
        value: What stands behind it, as it was written.
    """

    __slots__ = ("name", "raw", "start", "value")

    raw: str
    start: int
    name: str | None
    value: str

    def __new__(cls, raw: str, start: int = 0, equals: int | None = None) -> Self:
        """A word that was written as `raw`, with a `=` of meaning at `equals` if it has one."""
        if equals is None:
            word = super().__new__(cls, _bare(raw))
            word.name, word.value = None, raw
        else:
            name, value = _bare(raw[:equals]), raw[equals + 1 :]
            word = super().__new__(cls, f"{name}={_bare(value)}")
            word.name, word.value = name, value
        word.raw, word.start = raw, start
        return word

    @property
    def is_quoted(self) -> bool:
        """Whether it was written in quotes, and so means itself."""
        return self.raw[:1] in {"'", '"'}


def split(line: str) -> list[Token]:
    """The words of a line.

    Blanks part words. Quotes and brackets keep blanks in a word where they stand at its
    beginning, or behind its first `=`; elsewhere they are plain characters.

    Raises:
        UnfinishedWord: One of them is never closed.
    """
    words: list[Token] = []
    position = 0
    while position < len(line):
        if line[position].isspace():
            position += 1
            continue
        word, position = _word_at(line, position)
        words.append(word)
    return words


def pair(line: str) -> tuple[str, str] | None:
    """What stands before the `=` of a line, without quotes, and behind it as it is written.

    None for a line without one. Only a key in quotes may hold a `=` itself.

    Raises:
        UnfinishedWord: The quote is never closed.
    """
    end = _past_opening(line, 0, 0) if line[:1] in {"'", '"'} else 0
    equals = line.find("=", end)
    if equals < 0 or (end and line[end:equals].strip()):
        return None
    return _bare(line[:equals].strip()), line[equals + 1 :].strip()


def quoted(text: str) -> str:
    """How to write `text` so that it is read as one word."""
    if _PLAIN.fullmatch(text):
        return text
    if "'" not in text:
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False)


def read_value(written: str) -> Value:
    """The value that is meant: JSON, else text. Nothing is evaluated.

    In single quotes stands whatever a shell would need them for; text that looks like
    something else goes in double quotes, as JSON has it: `"5"` is a text.

    Raises:
        MistakenLine: It begins as JSON and ends as none, or is Python.
    """
    in_quotes = len(written) > 1 and written[0] == written[-1] == "'"
    text = written[1:-1] if in_quotes else written
    try:
        value: Value = json.loads(text, parse_constant=refuse_constant, parse_float=finite_number)
    except (ValueError, RecursionError) as error:
        if in_quotes:
            return text
        if text in _PYTHONS_OWN:
            raise MagicSyntaxError(
                f"values are JSON: write {_PYTHONS_OWN[text]} for {text}, or "
                f"'\"{text}\"' for the text"
            ) from error
        if isinstance(error, _TooLarge):
            raise MagicSyntaxError(f"{error} (in single quotes it is a text)") from error
        if text[:1] in {"{", "[", '"'}:
            raise MagicSyntaxError(
                f"{_short(text)} begins like JSON, but is none: {_fault(error)} "
                "(in single quotes it is a text)"
            ) from error
        return text
    return value


def _word_at(line: str, start: int) -> tuple[Token, int]:
    position = _past_opening(line, start, start)
    equals: int | None = None
    while position < len(line) and not line[position].isspace():
        if line[position] == "=" and equals is None:
            equals = position - start
            position = _past_opening(line, position + 1, start)
        else:
            position += 1
    return Token(line[start:position], start, equals), position


def _past_opening(line: str, position: int, start: int) -> int:
    """Behind what is quoted or bracketed at `position`; there, if nothing is."""
    opened = line[position : position + 1]
    if opened == "'":
        end = line.find("'", position + 1) + 1
    elif opened == '"':
        end = _past_text(line, position)
    elif opened in _CLOSERS and opened:
        end = _past_brackets(line, position)
    else:
        return position
    if not end:
        raise UnfinishedToken(line, start, opened)
    return end


def _past_text(line: str, position: int) -> int:
    position += 1
    while position < len(line):
        if line[position] == "\\":
            position += 2
        elif line[position] == '"':
            return position + 1
        else:
            position += 1
    return 0


def _past_brackets(line: str, position: int) -> int:
    depth = 0
    while position < len(line):
        character = line[position]
        if character == '"':
            position = _past_text(line, position)
            if not position:
                return 0
            continue
        depth += (character in "{[") - (character in "}]")
        position += 1
        if depth <= 0:
            return position
    return 0


def _bare(raw: str) -> str:
    if len(raw) > 1 and raw[0] == raw[-1]:
        if raw[0] == "'":
            return raw[1:-1]
        if raw[0] == '"':
            try:
                return str(json.loads(raw))
            except ValueError:
                return raw[1:-1]
    return raw


def refuse_constant(name: str) -> NoReturn:
    """Python's reader of JSON takes NaN and Infinity; JSON and most servers do not."""
    raise ValueError(f"{name} is no JSON")


class _TooLarge(ValueError):
    """A number that would be read as infinity."""


def finite_number(written: str) -> float:
    """Python's reader of JSON makes infinity of 1e999, which nobody has written."""
    number = float(written)
    if math.isinf(number):
        raise _TooLarge(f"the number {_short(written)} is beyond the range of a double")
    return number


def _short(text: str, limit: int = 40) -> str:
    return text if len(text) <= limit else f"{text[:limit]} …"


def _fault(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg[0].lower()}{error.msg[1:]} at character {error.pos + 1}"
    return "it is nested too deep" if isinstance(error, RecursionError) else str(error)
