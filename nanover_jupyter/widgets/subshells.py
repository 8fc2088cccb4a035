"""Widgets that can be used while a cell runs."""

from __future__ import annotations

from typing import Any

__all__ = ["answer_while_cells_run"]


def answer_while_cells_run(widget: Any) -> None:
    """Let the page's messages to a widget be handled on the subshell that it asks for.

    JupyterLab sends comm messages to a subshell, so that widgets work while a cell
    runs, but ipykernel 7 reroutes them to the shell that last sent something on the
    comm, which is the busy one (tests/jupyter/test_connect.py clicks during a cell).
    The method is private: where it does not exist, nothing needs to be done.
    """
    comm = widget.comm
    if comm is not None and hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda _data, default: default  # noqa: SLF001 - as said above
