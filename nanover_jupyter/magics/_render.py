"""Text that the magics answer, with a plain face and an HTML face, both of plain words."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Final

__all__ = ["Notice", "Passage", "one_line"]

_LONGEST: Final = 2000


def one_line(text: str) -> str:
    """The text on one line, with an escape for each character that hides or steers.

    Servers have a word in many a sentence, and a terminal obeys what it is told.
    """
    shown = "".join(
        each if each.isprintable() else repr(each)[1:-1]
        for each in " ".join(text[:_LONGEST].split())
    )
    return f"{shown} …" if len(text) > _LONGEST else shown


@dataclass(frozen=True, slots=True)
class Notice:
    """One line of text."""

    text: str

    def __repr__(self) -> str:
        return one_line(self.text)

    def _repr_html_(self) -> str:
        return f"<div>{escape(one_line(self.text))}</div>"


@dataclass(frozen=True, slots=True)
class Passage:
    """Several lines of text, whose blanks count."""

    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f'<pre style="white-space:pre-wrap;margin:0">{escape(self.text)}</pre>'
