"""A widget's static face: bounded HTML for saved notebooks, GitHub and nbconvert.

Knows how to write what reads anywhere without a stylesheet, and nothing of connections.
The colours are the page's own: what is dim is so by opacity, so that the same lines read
in light and dark.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from html import escape
from typing import Final

from nanover_jupyter.text_format import visible

__all__ = ["dim", "local_time", "note", "page"]

# What one tool may fill; a control room has three of them.
_LONGEST_TOOL: Final = 40_000

_FRAME: Final = (
    "max-width:900px;margin:4px 0;padding:6px 10px;border:1px solid rgba(128,128,128,0.4);"
    "border-radius:6px;font-size:13px;line-height:1.5;overflow:auto"
)


def dim(text: str) -> str:
    """A text that stands back, as HTML."""
    return f'<span style="opacity:0.7">{escape(text)}</span>'


def note(text: str) -> str:
    """A sentence of its own, as HTML."""
    return f'<div style="opacity:0.7">{escape(text)}</div>'


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
