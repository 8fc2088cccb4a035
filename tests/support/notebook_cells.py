"""The cells of a notebook, as far as a kernel hears of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import IPython
import pytest

__all__ = ["NotebookCells"]


class NotebookCells:
    """Runs blocks of a test as cells, each under an id that a frontend would send."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.parent: dict[str, Any] = {}
        self._numbers = itertools.count()
        monkeypatch.setattr("nanover_jupyter.client.cell_reruns._cells", {})
        monkeypatch.setattr(IPython, "get_ipython", lambda: self)

    def get_parent(self) -> dict[str, Any]:
        """As the method of ipykernel's shell."""
        return self.parent

    @contextmanager
    def run(self, cell: str | None, msg_type: str = "execute_request") -> Iterator[None]:
        """Run the block as a cell; None for a frontend that sends no id."""
        metadata = {} if cell is None else {"cellId": cell}
        header = {"msg_id": f"run-{next(self._numbers)}", "msg_type": msg_type}
        self.parent = {"header": header, "metadata": metadata}
        yield
        self.parent = {}
