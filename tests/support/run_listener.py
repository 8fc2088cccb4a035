"""A listener that records a subscription."""

from __future__ import annotations

import threading
from typing import Any

from nanover_jupyter.errors import NanoverJupyterError
from nanover_jupyter.wire.frames.message import FrameMessage
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.eventually import eventually


class RunListener:
    """A `TransportListener` that records changes and the end of a subscription."""

    def __init__(self) -> None:
        self.changes: list[DictionaryChange] = []
        self.ends: list[NanoverJupyterError | None] = []
        self.threads: set[str] = set()

    def on_change(self, change: DictionaryChange) -> None:
        assert not self.ends, "a change after the end"
        self.threads.add(threading.current_thread().name)
        self.changes.append(change)

    def on_closed(self, reason: NanoverJupyterError | None) -> None:
        self.threads.add(threading.current_thread().name)
        self.ends.append(reason)

    @property
    def state(self) -> dict[str, Any]:
        """What all the changes come to."""
        total = DictionaryChange()
        for change in list(self.changes):
            total.merge(change)
        return total.updates

    @property
    def removed(self) -> set[str]:
        return set().union(*(change.removals for change in list(self.changes)))

    def end(self) -> NanoverJupyterError | None:
        """Why the run ended, once it has."""
        eventually(lambda: self.ends)
        (reason,) = self.ends
        return reason


class FrameRecorder:
    """A `FrameListener` that records what it receives."""

    def __init__(self) -> None:
        self.messages: list[FrameMessage] = []
        self.unavailable: NanoverJupyterError | None = None

    def on_frame(self, message: FrameMessage) -> None:
        self.messages.append(message)

    def on_frames_unavailable(self, error: NanoverJupyterError) -> None:
        self.unavailable = error
