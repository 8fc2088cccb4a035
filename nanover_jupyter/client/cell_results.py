"""What the cells of a notebook have made, so that running one again replaces it.

Knows Jupyter by its messages alone and imports nothing of it: outside a notebook, and where
the frontend does not tell which cell it runs, nothing is replaced.
"""

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol, TypeVar, runtime_checkable

__all__ = ["CellRun", "apart_from_cells", "made_before", "running_cell"]

Made = TypeVar("Made")

_apart: ContextVar[bool] = ContextVar("apart_from_cells", default=False)


class CellRun(NamedTuple):
    """One execution of a cell.

    Attributes:
        cell: The cell's id, which stays when it is run again.
        run: The id of the execution.
    """

    cell: str
    run: str


def running_cell() -> CellRun | None:
    """Return the cell that runs on this thread; None if none does, or it is not known.

    JupyterLab, Notebook and VS Code send the id of a cell with the request to execute it.
    Callbacks of widgets and background threads are no part of a cell.
    """
    ipython = sys.modules.get("IPython")
    if ipython is None or threading.current_thread() is not threading.main_thread():
        return None
    parent: object = getattr(ipython.get_ipython(), "get_parent", dict)()
    header, metadata = (_mapping(parent, name) for name in ("header", "metadata"))
    cell, run = metadata.get("cellId"), header.get("msg_id")
    if header.get("msg_type") != "execute_request":
        return None
    return CellRun(cell, run) if isinstance(cell, str) and isinstance(run, str) else None


@contextmanager
def apart_from_cells() -> Iterator[None]:
    """Let nothing that is made in the block count as made by the cell.

    For those with a rule of their own, such as `%nanover`, whose connections have names.
    """
    token = _apart.set(True)
    try:
        yield
    finally:
        _apart.reset(token)


def made_before(new: Made) -> Made | None:
    """Return what `new` replaces; to be called once for each object that a cell makes.

    What an earlier run made and this one does not make stays as it is, and is replaced when
    a later run makes it again.

    Returns:
        What an earlier run of the same cell made in its place: an object of the same class
        with the same name; else with the same address; else, if none has either, the next
        in order that is not replaced yet. None if there is none, or it was collected.
    """
    running = None if _apart.get() else running_cell()
    if running is None:
        return None
    with _guard:
        cell = _cells.get(running.cell)
        if cell is None or cell.run != running.run:
            cell = _cells[running.cell] = _Cell(running.run, {} if cell is None else cell.left())
        return cell.replace(new)


@runtime_checkable
class _Named(Protocol):
    """What has an identity besides its place in the cell: a connection."""

    @property
    def name(self) -> str: ...

    @property
    def address(self) -> str: ...


@dataclass(slots=True)
class _Result:
    """An object that a cell made, as long as it exists."""

    made: weakref.ref[Any]
    name: str | None
    address: str | None
    is_replaced: bool = False


_Results = dict[str, list[_Result]]


@dataclass(slots=True)
class _Cell:
    """What a run of a cell made so far, and what earlier runs did, by class and in order."""

    run: str
    before: _Results
    made: _Results = field(default_factory=dict)

    def replace(self, new: Made) -> Made | None:
        # By its name, as each instance of a widget has a class of its own.
        kind = type(new).__qualname__
        name, address = (new.name, new.address) if isinstance(new, _Named) else (None, None)
        self.made.setdefault(kind, []).append(_Result(weakref.ref(new), name, address))
        before = self.before.get(kind, [])
        same = before
        if name is not None:
            # Also if those are replaced: then it is none of the others, whatever the order.
            same = (
                [result for result in before if result.name == name]
                or [result for result in before if result.address == address]
                or before
            )
        found = next((result for result in same if not result.is_replaced), None)
        if found is None:
            return None
        found.is_replaced = True
        old: Made | None = found.made()
        return old

    def left(self) -> _Results:
        """All that was made and not replaced, for the next run."""
        kinds = self.before | self.made
        return {kind: self._left(kind) for kind in kinds}

    def _left(self, kind: str) -> list[_Result]:
        earlier = [result for result in self.before.get(kind, []) if not result.is_replaced]
        return [*self.made.get(kind, []), *earlier]


def _mapping(parent: object, name: str) -> Mapping[str, object]:
    part = parent.get(name) if isinstance(parent, Mapping) else None
    return part if isinstance(part, Mapping) else {}


_guard: Final = threading.Lock()
_cells: Final[dict[str, _Cell]] = {}
