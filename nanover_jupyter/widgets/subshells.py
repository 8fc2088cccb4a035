"""Handling of widget messages on subshells, so that widgets work while a cell runs."""

from __future__ import annotations

from typing import Any

__all__ = ["enable_subshells"]


def enable_subshells(widget: Any) -> None:
    """Let ipykernel handle the messages to a widget on the subshell that they name.

    JupyterLab sends comm messages to a subshell, so that widgets work while a cell runs.
    ipykernel 7 reroutes them to the shell that last sent something on the comm, which is the
    busy one (tests/jupyter/test_connect.py clicks while a cell runs). The patched method is
    private; kernels without it do not reroute.
    """
    comm = widget.comm
    if comm is not None and hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda _data, default: default  # noqa: SLF001 - see above
