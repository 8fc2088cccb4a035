"""What a tool is: the contract between the widgets and the tools that they are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Protocol

from nanover_jupyter.client.connection import Connection
from nanover_jupyter.widgets.sync.requests import Handler

__all__ = ["Tool"]


class Tool(Protocol):
    """One tool's kernel half: what it answers, and what it tells a view that says hello.

    Handlers run on whichever thread the kernel gives messages to, also while a cell
    runs: they are short, and leave calls to the server to `Answer.later`. A widget that
    turns to another connection closes its tools and makes them again.
    """

    needs_state: ClassVar[bool]
    label: ClassVar[str]

    def __init__(self, connection: Connection, post: Callable[..., None]) -> None: ...

    def handlers(self) -> dict[str, Handler]:
        """The requests it answers, by `op`."""

    def greet(self, client: str) -> None:
        """Tell a new view what it must know."""

    def beat(self) -> None:
        """Called once a second while somebody looks, on the publisher's thread."""

    def picture(self) -> str:
        """What it shows now as static HTML, for a saved notebook; on any thread.

        Bounded, every text escaped, no tokens, inline styles only: see `_picture.py`.
        """

    def close(self) -> None:
        """Let go of everything."""
