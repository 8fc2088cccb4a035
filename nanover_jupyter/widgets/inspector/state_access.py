"""What Python can ask of a widget that shows the state: history, snapshots, changes, a file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

from nanover_jupyter.client.connection import Connection
from nanover_jupyter.client.history.dataframe import has_pandas, to_frame
from nanover_jupyter.client.history.export import export_chunks, write_export
from nanover_jupyter.client.history.key_history import Sample
from nanover_jupyter.client.history.recorder import Recorder
from nanover_jupyter.client.listeners import Unsubscribe
from nanover_jupyter.client.state.key_pattern import key_pattern
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import Value

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["StateAccess"]


class StateAccess:
    """Methods of the widgets that show the shared state; all may be called on any thread.

    What is recorded belongs to the connection: it begins with the first widget that
    shows the state, goes on while the connection is open, and is the same for all.
    `Recorder.of(client).limits` says how much is kept.
    """

    # Said by the widget that this is part of.
    @property
    def connection(self) -> Connection:
        """The connection that is shown."""
        raise NotImplementedError

    @overload
    def history(self, pattern: str = "*", *, frame: Literal[False]) -> list[Sample]: ...

    @overload
    def history(self, pattern: str = "*", *, frame: Literal[True]) -> DataFrame: ...

    @overload
    def history(
        self, pattern: str = "*", *, frame: bool | None = None
    ) -> DataFrame | list[Sample]: ...

    def history(self, pattern: str = "*", *, frame: bool | None = None) -> DataFrame | list[Sample]:
        """What keys were, as far as it is remembered, by time.

            inspector.history("avatar.*")

        Args:
            pattern: Which keys; `*` stands for any text, `?` for one character.
            frame: Whether to give a DataFrame; None for where pandas is installed.

        Returns:
            A `pandas.DataFrame` with the columns time, key, value and exists, or a list
            of `Sample`. Values are shared: not to be altered.

        Raises:
            ModuleNotFoundError: A DataFrame was asked for where pandas is not installed.
        """
        recorder = Recorder.of(self.connection.client)
        fits = key_pattern(pattern)
        moments = [
            moment for key in recorder.all_keys() if fits(key) for moment in recorder.samples(key)
        ]
        moments.sort(key=lambda moment: moment.at)
        as_frame = has_pandas() if frame is None else frame
        return to_frame(moments) if as_frame else moments

    def snapshot(self, at: float | None = None) -> dict[str, Value]:
        """The whole state as a dict of one's own.

        Args:
            at: Seconds since the epoch; None for now. Keys of which is not remembered
                what they were at that time are left out.
        """
        client = self.connection.client
        return client.copy_state() if at is None else Recorder.of(client).snapshot_at(at)

    def on_change(
        self, pattern: str, callback: Callable[[DictionaryChange], object]
    ) -> Unsubscribe:
        """Call `callback(change)` when keys that fit a pattern change; returns what ends it.

            stop = inspector.on_change("avatar.*", lambda change: print(*change.updates))

        It is called on the thread `nanover-changes`, also while a cell runs: it should
        be short, and may set no traits (see `ipywidgets` on threads). A slow one gets
        several changes merged into one. It follows the connection that is shown now.

        Args:
            pattern: Which keys; `*` stands for any text, `?` for one character.
            callback: Takes the part of a change that fits, a `DictionaryChange`.
        """
        fits = key_pattern(pattern)

        def pass_on(change: DictionaryChange) -> None:
            updates = {key: value for key, value in change.lazy_updates.items() if fits(key)}
            fitting = DictionaryChange.adopt(updates, set(filter(fits, change.removals)), lazy=True)
            if fitting:
                callback(fitting)

        return self.connection.client.on_change(pass_on)

    def export(
        self, path: str | os.PathLike[str], pattern: str = "*", *, history: bool = False
    ) -> Path:
        """Write the state to a JSON file, with what is remembered of it if so wished.

        Args:
            path: The file; one that exists is replaced, and never half written.
            pattern: Which keys; `*` stands for any text, `?` for one character.
            history: Whether to write the recorded history too.

        Raises:
            ExportFailed: The file cannot be written.
        """
        client = self.connection.client
        recorder = Recorder.of(client) if history else None
        return write_export(path, export_chunks(client, recorder, key_pattern(pattern)))
