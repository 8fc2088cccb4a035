"""The state inspector widget: the shared state as a live, searchable tree."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, overload

import traitlets

from nanover_jupyter.client.connection import Connection
from nanover_jupyter.client.history.dataframe import has_pandas, to_frame
from nanover_jupyter.client.history.export import export_chunks, write_export
from nanover_jupyter.client.history.key_history import Sample
from nanover_jupyter.client.history.recorder import Recorder
from nanover_jupyter.client.listeners import Unsubscribe
from nanover_jupyter.client.state.key_pattern import key_pattern
from nanover_jupyter.widgets.assets import asset
from nanover_jupyter.widgets.inspector.controller import StandaloneInspectorController
from nanover_jupyter.widgets.panel import Panel
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import Value

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["InspectorMixin", "StateInspector"]


class InspectorMixin(traitlets.HasTraits):
    """Traits and methods of the widgets that contain an inspector.

    The methods are thread-safe. The recorded history belongs to the connection: it starts
    with the first widget that shows the state, continues while the connection is open, and
    is shared by all widgets. `Recorder.of(client).limits` limits its size.
    """

    own_options: ClassVar[tuple[str, ...]] = (
        "query",
        "selected",
        "pins",
        "sort",
        "mute",
        "recent_queries",
    )

    query = traitlets.Unicode("", help="The search text.").tag(sync=True)
    selected = traitlets.Unicode(None, allow_none=True, help="The selected key.").tag(sync=True)
    pins = traitlets.List(
        traitlets.Unicode(),
        help="Keys, or prefixes of keys up to a dot or slash, that are kept at the top.",
    ).tag(sync=True)
    sort = traitlets.Enum(
        ["name", "changed", "rate"],
        "name",
        help='The order of the tree: by "name", by last change ("changed") or by "rate".',
    ).tag(sync=True)
    mute = traitlets.Float(
        0.0, min=0.0, help="Changes per second above which a branch is collapsed; 0 for never."
    ).tag(sync=True)
    recent_queries = traitlets.List(
        traitlets.Unicode(), help="The last search texts, newest first."
    ).tag(sync=True)

    if TYPE_CHECKING:

        @property
        def connection(self) -> Connection:
            """The connection, defined by `Panel`."""

    @overload
    def history(self, pattern: str = "*", *, frame: Literal[False]) -> list[Sample]: ...

    @overload
    def history(self, pattern: str = "*", *, frame: Literal[True]) -> DataFrame: ...

    @overload
    def history(
        self, pattern: str = "*", *, frame: bool | None = None
    ) -> DataFrame | list[Sample]: ...

    def history(self, pattern: str = "*", *, frame: bool | None = None) -> DataFrame | list[Sample]:
        """Return the recorded values of keys, sorted by time.

            inspector.history("avatar.*")

        Args:
            pattern: The keys; `*` matches any text, `?` one character.
            frame: Whether to return a DataFrame; by default if pandas is installed.

        Returns:
            A `pandas.DataFrame` with the columns time, key, value and exists, or a list
            of `Sample`. The values are shared: do not modify them.

        Raises:
            ModuleNotFoundError: A DataFrame was requested, but pandas is not installed.
        """
        recorder = Recorder.of(self.connection.client)
        matches = key_pattern(pattern)
        samples = [
            sample
            for key in recorder.all_keys()
            if matches(key)
            for sample in recorder.samples(key)
        ]
        samples.sort(key=lambda sample: sample.at)
        as_frame = has_pandas() if frame is None else frame
        return to_frame(samples) if as_frame else samples

    def snapshot(self, at: float | None = None) -> dict[str, Value]:
        """Return a copy of the full state.

        Args:
            at: Seconds since the epoch; None for now. Keys whose value at that time is not
                recorded are omitted.
        """
        client = self.connection.client
        return client.copy_state() if at is None else Recorder.of(client).snapshot_at(at)

    def on_change(
        self, pattern: str, callback: Callable[[DictionaryChange], object]
    ) -> Unsubscribe:
        """Call `callback(change)` when matching keys change; return a function that stops it.

            stop = inspector.on_change("avatar.*", lambda change: print(*change.updates))

        The callback runs on the thread `nanover-changes`, also while a cell runs. It should
        be short and must not set traits. For a slow callback, several changes are merged into
        one. It stays with the connection that the widget shows now.

        Args:
            pattern: The keys; `*` matches any text, `?` one character.
            callback: Called with the matching part of a change, a `DictionaryChange`.
        """
        matches = key_pattern(pattern)

        def notify(change: DictionaryChange) -> None:
            updates = {key: value for key, value in change.lazy_updates.items() if matches(key)}
            removals = set(filter(matches, change.removals))
            matching = DictionaryChange.adopt(updates, removals, lazy=True)
            if matching:
                callback(matching)

        return self.connection.client.on_change(notify)

    def export(
        self, path: str | os.PathLike[str], pattern: str = "*", *, history: bool = False
    ) -> Path:
        """Write the state, and optionally its recorded history, to a JSON file.

        Args:
            path: The file; an existing one is replaced atomically.
            pattern: The keys; `*` matches any text, `?` one character.
            history: Whether to write the recorded history too.

        Raises:
            ExportFailed: The file cannot be written.
        """
        client = self.connection.client
        recorder = Recorder.of(client) if history else None
        return write_export(path, export_chunks(client, recorder, key_pattern(pattern)))


class StateInspector(InspectorMixin, Panel):
    """The shared state as a live, searchable tree.

        inspector = StateInspector(connection, query="avatar.*")
        inspector.history("avatar.*")

    The traits `query` and `selected` follow the user's input, and can be set from Python.

    Args:
        source: A Connection, or a NanoverClient.
        query: The initial search text.
        selected: The key that is selected at first.
        pins: Keys or branches that are kept at the top.
        sort: "name", "changed" or "rate".
        mute: Changes per second above which a branch is collapsed; 0 for never.
        height: Height of the content in CSS pixels.
    """

    _esm = asset("inspector.js")
    _css = asset("panel.css")
    tools = (StandaloneInspectorController,)
