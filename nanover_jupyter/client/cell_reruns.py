"""Finds what an earlier run of a notebook cell made, so that a new run can replace it.

Uses Jupyter's messages and imports no part of Jupyter. Outside a notebook, or with a frontend
that does not send cell ids, nothing is replaced.
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

__all__ = ["CellRun", "predecessor_of", "running_cell", "tracking_disabled"]

Made = TypeVar("Made")

_is_disabled: ContextVar[bool] = ContextVar("tracking_disabled", default=False)


class CellRun(NamedTuple):
    """One execution of a cell.

    Attributes:
        cell: The cell's id, which stays the same when it is run again.
        run: The id of the execution.
    """

    cell: str
    run: str


def running_cell() -> CellRun | None:
    """Return the cell that runs on this thread; None if there is none or it is unknown.

    JupyterLab, Notebook and VS Code send the id of a cell with the execute request. Widget
    callbacks and background threads do not belong to a cell.
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
def tracking_disabled() -> Iterator[None]:
    """Do not attribute what the block makes to the running cell.

    For callers with their own rule, such as `%nanover`, whose connections have names.
    """
    token = _is_disabled.set(True)
    try:
        yield
    finally:
        _is_disabled.reset(token)


def predecessor_of(new: Made) -> Made | None:
    """Return the object that `new` replaces. Call it once for each object that a cell makes.

    Objects that the new run does not make again are kept, and are replaced when a later run
    makes them again.

    Returns:
        The object of the same class that an earlier run of the cell made: with the same
        name; else with the same address; else the first that is not replaced yet. None if
        there is none, or if it was collected.
    """
    running = None if _is_disabled.get() else running_cell()
    if running is None:
        return None
    with _guard:
        cell = _cells.get(running.cell)
        if cell is None or cell.run != running.run:
            earlier = {} if cell is None else cell.not_replaced()
            cell = _cells[running.cell] = _Cell(running.run, earlier)
        return cell.replace(new)


@runtime_checkable
class _Named(Protocol):
    """An object that is identified by more than its position in the cell: a connection."""

    @property
    def name(self) -> str: ...

    @property
    def address(self) -> str: ...


@dataclass(slots=True)
class _Result:
    """An object that a cell made."""

    made: weakref.ref[Any]
    name: str | None
    address: str | None
    is_replaced: bool = False


_Results = dict[str, list[_Result]]


@dataclass(slots=True)
class _Cell:
    """The objects that one run of a cell and earlier runs made, by class and in order."""

    run: str
    earlier: _Results
    made: _Results = field(default_factory=dict)

    def replace(self, new: Made) -> Made | None:
        # By class name, as each widget instance has a class of its own.
        kind = type(new).__qualname__
        name, address = (new.name, new.address) if isinstance(new, _Named) else (None, None)
        self.made.setdefault(kind, []).append(_Result(weakref.ref(new), name, address))
        earlier = self.earlier.get(kind, [])
        candidates = earlier
        if name is not None:
            # Include replaced ones: if the match is replaced, no other object is.
            candidates = (
                [result for result in earlier if result.name == name]
                or [result for result in earlier if result.address == address]
                or earlier
            )
        found = next((result for result in candidates if not result.is_replaced), None)
        if found is None:
            return None
        found.is_replaced = True
        old: Made | None = found.made()
        return old

    def not_replaced(self) -> _Results:
        """Return the objects that the next run may replace."""
        return {kind: self._not_replaced(kind) for kind in self.earlier | self.made}

    def _not_replaced(self, kind: str) -> list[_Result]:
        earlier = [result for result in self.earlier.get(kind, []) if not result.is_replaced]
        return [*self.made.get(kind, []), *earlier]


def _mapping(parent: object, name: str) -> Mapping[str, object]:
    part = parent.get(name) if isinstance(parent, Mapping) else None
    return part if isinstance(part, Mapping) else {}


_guard: Final = threading.Lock()
_cells: Final[dict[str, _Cell]] = {}
