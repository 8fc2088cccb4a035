"""The frontend's copy of the state, in Python."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any

from nanover_jupyter.widgets.sync.state_feed import StateMessage


class PageModel:
    """The state of a view; `is_stale` is True if it would send `hello` again."""

    def __init__(self) -> None:
        self.epoch: str | None = None
        self.rev: int | None = None
        self.seq: int | None = None
        self.keys: dict[int, str] = {}
        self.values: dict[str, Any] = {}
        self.complete = False
        self.is_stale = False

    def take(self, message: StateMessage, *, own: bool = True) -> None:
        """Handle a snapshot part or delta; a message to another view only counts."""
        body: Any = message.body
        if self.seq is not None and body["seq"] != self.seq + 1:
            self.is_stale = True
        self.seq = body["seq"]
        if not own:
            return
        ids = _ids(message.buffers)
        data = json.loads(message.buffers[1])
        if message.op == "snapshot":
            self._take_part(body, ids, data)
        else:
            self._take_delta(body, ids, data)

    def _take_part(self, body: Any, ids: list[int], data: Any) -> None:
        if body["part"] == 0:
            self.keys, self.values = {}, {}
            self.epoch, self.rev, self.is_stale = body["epoch"], body["rev"], False
        for number, key, value in zip(ids, data["keys"], data["values"], strict=True):
            self.keys[number] = key
            self.values[key] = value
        self.complete = body["last"]

    def _take_delta(self, body: Any, ids: list[int], data: Any) -> None:
        if body["epoch"] != self.epoch or body["from"] != self.rev:
            self.is_stale = True
            return
        for key in data["removed"]:
            self.values.pop(key, None)
        for number, key in data["new"]:
            self.keys[number] = key
        for number, value in zip(ids, data["values"], strict=True):
            if number in self.keys:
                self.values[self.keys[number]] = value
            else:
                self.is_stale = True
        self.rev = body["to"]


def _ids(buffers: Sequence[bytes]) -> list[int]:
    count = len(buffers[0]) // 4
    return list(struct.unpack(f"<{count}I", buffers[0]))
