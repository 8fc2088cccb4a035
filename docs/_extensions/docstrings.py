"""Sphinx extension that formats indented blocks in docstrings as code examples."""

from __future__ import annotations

import ast
import itertools
import re
import textwrap
from typing import Any

from sphinx.application import Sphinx

# The heading of a Google-style section; its indented lines are not examples.
_SECTION = re.compile(r"^(?:Args|Attributes|Example|Raises|Returns|Yields):$")


def mark_examples(lines: list[str]) -> list[str]:
    """Insert a code directive before each block that is indented after an empty line."""
    marked: list[str] = []
    in_section = in_example = False
    for number, line in enumerate(lines):
        indented = line.startswith("    ")
        if line and not indented:
            in_section, in_example = bool(_SECTION.match(line)), False
        starts = indented and not (marked and marked[-1])
        if starts and not in_section and not in_example:
            marked += [f".. code-block:: {_language(lines[number:])}", ""]
            in_example = True
        marked.append(line)
    return marked


def _language(lines: list[str]) -> str:
    block = list(itertools.takewhile(lambda line: not line or line.startswith("    "), lines))
    if block[0].lstrip().startswith("%"):
        return "ipython"
    try:
        ast.parse(textwrap.dedent("\n".join(block)))
    except SyntaxError:
        return "text"
    return "python"


def _on_docstring(  # noqa: PLR0913, PLR0917 - signature of the Sphinx event
    app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]
) -> None:
    del app, what, name, thing, options
    lines[:] = mark_examples(lines)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    # Run before napoleon, which rewrites the sections.
    app.connect("autodoc-process-docstring", _on_docstring, priority=400)
    return {"parallel_read_safe": True}
