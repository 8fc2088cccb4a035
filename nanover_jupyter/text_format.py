"""Values, text and tables as plain text or as HTML without a stylesheet.

Text from servers can contain anything. It is shown on one line, with a limited length and
without control characters.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from html import escape
from itertools import islice
from typing import Final

from nanover_jupyter.wire.values import Value

__all__ = ["PREVIEW_CHARACTERS", "html_table", "preview", "visible"]

PREVIEW_CHARACTERS: Final = 120
_MAX_DEPTH: Final = 4
_CELL: Final = "text-align:left;padding:1px 12px 1px 0;border:0;vertical-align:top"

_SYMBOLS: Final = {"\n": "⏎", "\r": "␍", "\t": "⇥", "\u2028": "⏎", "\u2029": "⏎"}
# The same as in js/src/text/visible_text.ts, and lone surrogates, which cannot be encoded.
_HIDDEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def visible(text: str, limit: int = PREVIEW_CHARACTERS) -> str:
    """Return the first `limit` characters on one line, without invisible characters.

    Control and formatting characters, which a terminal or a browser would interpret, are
    replaced by symbols.
    """
    shown = _HIDDEN.sub(_symbol, text[:limit])
    return f"{shown}…" if len(text) > limit else shown


def preview(value: Value, limit: int = PREVIEW_CHARACTERS) -> str:
    """Return the beginning of a value as text. Only the shown part of it is read."""
    parts: list[str] = []
    _write(value, parts, limit, 0)
    text = "".join(parts)
    return text if len(text) <= limit else f"{text[:limit]}…"


def html_table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], *, code: int = 0, unbroken: int = 0
) -> str:
    """Return a table of plain text as HTML.

    Args:
        heads: The column headings; empty for a table without a heading row.
        rows: The text of the cells.
        code: The index of the column that is set as code.
        unbroken: The length up to which code is not wrapped.
    """

    def cell(column: int, text: str) -> str:
        if column != code or not text:
            return f'<td style="{_CELL}">{escape(text)}</td>'
        style = f"{_CELL};white-space:nowrap" if len(text) <= unbroken else _CELL
        return f'<td style="{style}"><code>{escape(text)}</code></td>'

    head = "".join(f'<th style="{_CELL}">{escape(name)}</th>' for name in heads)
    body = "".join(
        f"<tr>{''.join(cell(column, text) for column, text in enumerate(row))}</tr>" for row in rows
    )
    return f"<table>{f'<tr>{head}</tr>' if head else ''}{body}</table>"


def _symbol(match: re.Match[str]) -> str:
    character = match.group()
    known = _SYMBOLS.get(character)
    if known is not None:
        return known
    code = ord(character)
    # The Unicode block "Control Pictures" has a symbol for each of the first 32 codes.
    return chr(0x2400 + code) if code < 0x20 else f"\\u{code:04x}"  # noqa: PLR2004 - see above


def _write(value: Value, parts: list[str], limit: int, depth: int) -> None:
    """Append the beginning of a value, up to about `limit` characters."""
    if isinstance(value, str):
        parts.append(f'"{visible(value, limit)}"')
    elif isinstance(value, bool) or value is None:
        parts.append({None: "null", True: "true", False: "false"}[value])
    elif isinstance(value, float):
        parts.append(f"{value:.6g}" if math.isfinite(value) else str(value))
    elif isinstance(value, list):
        _write_items("[]", ((None, item) for item in value), parts, limit, depth)
    elif isinstance(value, dict):
        _write_items("{}", value.items(), parts, limit, depth)
    else:
        parts.append(visible(str(value), limit))


def _write_items(
    brackets: str,
    items: Iterable[tuple[str | None, Value]],
    parts: list[str],
    limit: int,
    depth: int,
) -> None:
    parts.append(brackets[0])
    for index, (name, item) in enumerate(islice(items, limit)):
        if depth >= _MAX_DEPTH or sum(map(len, parts)) > limit:
            parts.append("…")
            break
        if index:
            parts.append(", ")
        if name is not None:
            parts.append(f"{visible(name)}: ")
        _write(item, parts, limit, depth + 1)
    parts.append(brackets[1])
