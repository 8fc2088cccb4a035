"""Tables with a plain and an HTML face; what servers say stands in them as mere text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from nanover_jupyter.text_format import html_table, visible

__all__ = ["Table"]

_WIDEST: Final = 160
# A name is read best in one piece, while there is room.
_ONE_PIECE: Final = 60


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings, with a line above and maybe one below.

    Attributes:
        above: A sentence.
        heads: One for each column.
        rows: The cells as text, from whomever; each is shown on one line.
        below: A sentence, or nothing.
        code: Which column holds what is written in lines and programs.
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
        return "\n".join([self.above, *(f"  {line}" for line in lines), *self._end()])

    def _repr_html_(self) -> str:
        table = html_table(self.heads, self._cells(), code=self.code, unbroken=_ONE_PIECE)
        below = "".join(f"<div>{escape(line)}</div>" for line in self._end())
        return f"<div>{escape(self.above)}</div>{table}{below}"

    def _cells(self) -> list[list[str]]:
        return [[visible(cell, _WIDEST) for cell in row] for row in self.rows]

    def _end(self) -> list[str]:
        return [self.below] if self.below else []
