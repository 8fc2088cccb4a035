"""A real IPython shell without a terminal, which returns the output of cells."""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from nanover_jupyter.magics.context import MagicContext
from nanover_jupyter.magics.magics import NanoverMagics

__all__ = ["WIDGET_VIEW", "Cell", "Shell", "loaded_shell"]

WIDGET_VIEW: Final = "application/vnd.jupyter.widget-view+json"


@dataclass
class Cell:
    """The output, error and value of a cell."""

    shown: list[Any]
    printed: str
    errors: str
    error: BaseException | None
    value: Any

    @property
    def widgets(self) -> list[Any]:
        """The display data of the widgets that were shown."""
        return [output.data for output in self.shown if WIDGET_VIEW in output.data]

    @property
    def text(self) -> str:
        # A widget of an earlier cell may have updated its output meanwhile, which has no text.
        texts = (output.data.get("text/plain") for output in self.shown)
        return "\n".join(text for text in texts if text is not None)


class Shell:
    """Runs cells in a new shell."""

    def __init__(self) -> None:
        quiet = Config({"HistoryManager": {"enabled": False}})
        # display() uses the singleton instance.
        self.ip = InteractiveShell.instance(config=quiet)

    def run(self, source: str) -> Cell:
        with capture_output() as captured:
            result = self.ip.run_cell(source)
        error = result.error_before_exec or result.error_in_exec
        return Cell(captured.outputs, captured.stdout, captured.stderr, error, result.result)

    @property
    def magics(self) -> NanoverMagics:
        magics: NanoverMagics = self.ip.magics_manager.registry["NanoverMagics"]
        return magics

    def value(self, name: str) -> Any:
        return self.ip.user_ns[name]


@contextmanager
def loaded_shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """Yield a shell with `%nanover`, then unload it and clear the singleton instance."""
    # So that a bare %nanover connect finds no other server of this machine.
    monkeypatch.setattr("nanover_jupyter.magics.connection_registry.DEFAULT_PORT", 9)
    shell = Shell()
    # As in a notebook; tests of terminals set it to False.
    monkeypatch.setattr(MagicContext, "has_frontend", True)
    shell.run("%load_ext nanover_jupyter")
    yield shell
    shell.run("%unload_ext nanover_jupyter")
    InteractiveShell.clear_instance()
    # At exit, each shell would run a garbage collection, which takes longer than the tests.
    atexit.unregister(shell.ip.atexit_operations)
