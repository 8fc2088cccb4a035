"""What the magics answer, with a plain face and an HTML face, both of plain words."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

__all__ = ["Listing", "Notice"]


@dataclass(frozen=True, slots=True)
class Notice:
    """One line of text."""

    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f"<div>{escape(self.text)}</div>"


@dataclass(frozen=True, slots=True)
class Listing:
    """A table of a term and its explanation, with a line above and one below."""

    above: str
    rows: tuple[tuple[str, str], ...]
    below: str = ""

    def __repr__(self) -> str:
        width = max((len(term) for term, _ in self.rows), default=0)
        lines = [self.above, *(f"  {term:<{width}}  {text}" for term, text in self.rows)]
        return "\n".join([*lines, self.below] if self.below else lines)

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><td style="text-align:left"><code>{escape(term)}</code></td>'
            f'<td style="text-align:left">{escape(text)}</td></tr>'
            for term, text in self.rows
        )
        below = f"<div>{escape(self.below)}</div>" if self.below else ""
        return f"<div>{escape(self.above)}</div><table>{rows}</table>{below}"
