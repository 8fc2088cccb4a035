"""Files that the inspector's views download: made here, handed over in parts."""

from __future__ import annotations

import re
import secrets
import threading
from collections import OrderedDict
from datetime import datetime
from typing import Any, Final

from nanover_jupyter.client.connection import Connection
from nanover_jupyter.client.history.export import export_chunks
from nanover_jupyter.client.history.recorder import Recorder
from nanover_jupyter.widgets.inspector.messages import ExportPartResult, ExportResult
from nanover_jupyter.widgets.sync.requests import Answer, BadRequest, Handler, field_of

__all__ = ["ExportRequests"]

_PART: Final = 1_000_000
_FILES: Final = 2
_LARGEST: Final = 200_000_000


class ExportRequests:
    """Makes a file on request and keeps the last few until they are fetched. Thread-safe."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._files: OrderedDict[str, str] = OrderedDict()

    def handlers(self) -> dict[str, Handler]:
        """See `Tool.handlers`."""
        return {"export": self._export, "export_part": self._part}

    def _export(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        history = field_of(body, "history", bool)
        answer.later(lambda: self._make(history=history))

    def _make(self, *, history: bool) -> ExportResult:
        client = self._connection.client
        recorder = Recorder.of(client) if history else None
        pieces, size = [], 0
        for piece in export_chunks(client, recorder, lambda _: True):
            pieces.append(piece)
            size += len(piece)
            if size > _LARGEST:
                raise BadRequest("too large for a page: use inspector.export(path) in a cell")
        text = "".join(pieces)
        name = secrets.token_hex(8)
        with self._lock:
            self._files[name] = text
            while len(self._files) > _FILES:
                self._files.popitem(last=False)
        return ExportResult(id=name, name=self._file_name(history=history), size=len(text))

    def _part(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        name, start = field_of(body, "id", str), field_of(body, "start", int)
        with self._lock:
            text = self._files.get(name)
            if text is not None and start + _PART >= len(text):
                del self._files[name]
        if text is None or start < 0:
            raise BadRequest("this file is not kept any more: export it again")
        answer.ok(ExportPartResult(text=text[start : start + _PART]))

    def _file_name(self, *, history: bool) -> str:
        stem = re.sub(r"[^\w.-]+", "-", self._connection.name).strip("-.") or "state"
        time = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
        return f"{stem}-{'history' if history else 'state'}-{time}.json"
