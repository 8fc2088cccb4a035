"""The static view of a widget: bounded HTML for saved notebooks, GitHub and nbconvert.

It needs no stylesheet. Secondary text is marked by opacity instead of a color, so that it is
readable on light and dark pages.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from html import escape
from typing import Final

from nanover_jupyter.text_format import visible

__all__ = ["dim", "local_time", "note", "panel_html"]

# For one tool; a picture of the molecule has up to 80 000.
_MAX_TOOL_CHARACTERS: Final = 90_000

_FRAME: Final = (
    "max-width:900px;margin:4px 0;padding:6px 10px;border:1px solid rgba(128,128,128,0.4);"
    "border-radius:6px;font-size:13px;line-height:1.5;overflow:auto"
)


def dim(text: str) -> str:
    """Return secondary text as inline HTML."""
    return f'<span style="opacity:0.7">{escape(text)}</span>'


def note(text: str) -> str:
    """Return secondary text as an HTML block."""
    return f'<div style="opacity:0.7">{escape(text)}</div>'


def panel_html(title: str, facts: str, tools: Iterable[tuple[str, str]]) -> str:
    """Return the static HTML of a widget on one line.

    HTML of a tool that exceeds the limit is replaced by a note.

    Args:
        title: The title.
        facts: Secondary text after the title.
        tools: The name and HTML of each tool.
    """
    parts = []
    all_tools = list(tools)
    for name, body in all_tools:
        fits = len(body) <= _MAX_TOOL_CHARACTERS
        shown = body if fits else note(f"Too large to display ({len(body)} characters).")
        head = f"<div><b>{escape(name)}</b></div>" if len(all_tools) > 1 else ""
        parts.append(head + shown)
    return (
        f'<div class="nvj-picture" style="{_FRAME}">'
        f"<div><b>{escape(visible(title))}</b> {dim(facts)}</div>{''.join(parts)}</div>"
    )


def local_time() -> str:
    """Return the local time with its UTC offset, as a notebook may be read anywhere."""
    return datetime.now().astimezone().isoformat(" ", "seconds")
