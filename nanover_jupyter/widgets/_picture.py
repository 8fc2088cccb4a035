"""A widget's static face: bounded HTML for saved notebooks, GitHub and nbconvert.

Knows how to write values and tables that read anywhere without a stylesheet, and
nothing of connections. The colours are the page's own: what is dim is so by opacity,
so that the same lines read in light and dark.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape
from itertools import islice
from typing import Final

from nanover_jupyter.wire.values import Value

__all__ = [
    "PREVIEW_CHARACTERS",
    "dim",
    "local_time",
    "note",
    "page",
    "preview",
    "table",
    "visible",
]

PREVIEW_CHARACTERS: Final = 120
# What one tool may fill; a control room has three of them.
_LONGEST_TOOL: Final = 40_000
_DEEPEST: Final = 4

_CELL: Final = "text-align:left;padding:1px 12px 1px 0;border:0;vertical-align:top"
_FRAME: Final = (
    "max-width:900px;margin:4px 0;padding:6px 10px;border:1px solid rgba(128,128,128,0.4);"
    "border-radius:6px;font-size:13px;line-height:1.5;overflow:auto"
)

_SIGNS: Final = {"\n": "⏎", "\r": "␍", "\t": "⇥", "\u2028": "⏎", "\u2029": "⏎"}
# The same as in js/src/shared/visible_text.ts, and lone surrogates, which no file can hold.
_HIDDEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def visible(text: str, limit: int = PREVIEW_CHARACTERS) -> str:
    """The text on one line, at most `limit` characters, with a sign for each that hides."""
    shown = _HIDDEN.sub(_sign, text[:limit])
    return f"{shown}…" if len(text) > limit else shown


def preview(value: Value, limit: int = PREVIEW_CHARACTERS) -> str:
    """The beginning of a value as text; costs no more than what it shows."""
    parts: list[str] = []
    _write(value, parts, limit, 0)
    text = "".join(parts)
    return text if len(text) <= limit else f"{text[:limit]}…"


def dim(text: str) -> str:
    """A text that stands back, as HTML."""
    return f'<span style="opacity:0.7">{escape(text)}</span>'


def note(text: str) -> str:
    """A sentence of its own, as HTML."""
    return f'<div style="opacity:0.7">{escape(text)}</div>'


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of plain texts as HTML, its first column as code; no heads, no head row."""
    written = "".join(
        "<tr>"
        + "".join(
            f'<td style="{_CELL}">{f"<code>{escape(cell)}</code>" if column == 0 else escape(cell)}'
            "</td>"
            for column, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    head = "".join(f'<th style="{_CELL}">{escape(name)}</th>' for name in heads)
    return f"<table>{f'<tr>{head}</tr>' if head else ''}{written}</table>"


def page(title: str, facts: str, tools: Iterable[tuple[str, str]]) -> str:
    """The whole picture on one line: a title with facts, and the HTML of each tool by name.

    A tool that wrote more than it may is left out, and says so.
    """
    parts = []
    several = list(tools)
    for name, body in several:
        fits = len(body) <= _LONGEST_TOOL
        shown = body if fits else note(f"Too long for a picture ({len(body)} characters).")
        head = f"<div><b>{escape(name)}</b></div>" if len(several) > 1 else ""
        parts.append(head + shown)
    return (
        f'<div class="nvj-picture" style="{_FRAME}">'
        f"<div><b>{escape(visible(title))}</b> {dim(facts)}</div>{''.join(parts)}</div>"
    )


def local_time() -> str:
    """The time now, with its offset, as a picture may be looked at anywhere."""
    return datetime.now().astimezone().isoformat(" ", "seconds")


def _sign(match: re.Match[str]) -> str:
    character = match.group()
    known = _SIGNS.get(character)
    if known is not None:
        return known
    code = ord(character)
    # The block "control pictures" holds one picture for each of the first 32 codes.
    return chr(0x2400 + code) if code < 0x20 else f"\\u{code:04x}"  # noqa: PLR2004 - as said


def _write(value: Value, parts: list[str], limit: int, depth: int) -> None:
    """Append the beginning of a value, until `limit` characters are there."""
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
        if depth >= _DEEPEST or sum(map(len, parts)) > limit:
            parts.append("…")
            break
        if index:
            parts.append(", ")
        if name is not None:
            parts.append(f"{visible(name)}: ")
        _write(item, parts, limit, depth + 1)
    parts.append(brackets[1])
