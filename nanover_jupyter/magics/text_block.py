"""Text that the magics answer, with a plain face and an HTML face, both of plain words."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Final

from nanover_jupyter.text_format import visible

__all__ = ["LONGEST", "Notice", "TextBlock"]

LONGEST: Final = 2000
"""Characters of what a server says that fit into a sentence."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One line of text."""

    text: str

    def __repr__(self) -> str:
        return visible(self.text, LONGEST)

    def _repr_html_(self) -> str:
        return f"<div>{escape(visible(self.text, LONGEST))}</div>"


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Several lines of text, whose blanks count."""

    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f'<pre style="white-space:pre-wrap;margin:0">{escape(self.text)}</pre>'
