"""Output of the magics: lines, blocks and tables with plain and HTML forms.

Text from servers is shown as plain text in both forms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from nanover_jupyter.text_format import html_table, visible

__all__ = ["MAX_LINE", "Line", "Table", "TextBlock", "count", "duration"]

MAX_LINE: Final = 2000
"""Characters of one line of output."""

_MAX_CELL: Final = 160
# Names up to this length are not wrapped.
_MAX_UNWRAPPED: Final = 60


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text."""

    text: str

    def __repr__(self) -> str:
        return visible(self.text, MAX_LINE)

    def _repr_html_(self) -> str:
        return f"<div>{escape(visible(self.text, MAX_LINE))}</div>"


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Preformatted text of several lines."""

    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f'<pre style="white-space:pre-wrap;margin:0">{escape(self.text)}</pre>'


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a line above it and an optional line below it.

    Attributes:
        above: The line above.
        heads: The column headings.
        rows: The text of the cells; each is shown on one line.
        below: The line below, or empty.
        code: The index of the column that is set as code.
    """

    above: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    below: str = ""
    code: int = 0

    def __repr__(self) -> str:
        cells = [list(self.heads), *self._cells()]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in cells
        ]
        below = [self.below] if self.below else []
        return "\n".join([self.above, *(f"  {line}" for line in lines), *below])

    def _repr_html_(self) -> str:
        table = html_table(self.heads, self._cells(), code=self.code, unbroken=_MAX_UNWRAPPED)
        below = f"<div>{escape(self.below)}</div>" if self.below else ""
        return f"<div>{escape(self.above)}</div>{table}{below}"

    def _cells(self) -> list[list[str]]:
        return [[visible(cell, _MAX_CELL) for cell in row] for row in self.rows]


def count(number: int, noun: str) -> str:
    """Return a number with its noun in the singular or plural."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def duration(seconds: float) -> str:
    """Return a rounded duration with its unit."""
    if seconds < 0.9995:  # noqa: PLR2004 - would be rounded to 1000 ms
        return f"{seconds * 1000:.0f} ms" if seconds else "0 s"
    if seconds < 10:  # noqa: PLR2004 - with one decimal
        return f"{seconds:.2g} s"
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"
