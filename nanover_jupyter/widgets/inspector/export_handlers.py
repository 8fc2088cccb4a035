"""Request handlers for downloading the state as a file, which is sent in parts."""

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
from nanover_jupyter.widgets.sync.requests import BadRequest, Handler, Reply, get_field

__all__ = ["ExportHandlers"]

_PART_CHARACTERS: Final = 1_000_000
_MAX_FILES: Final = 2
_MAX_CHARACTERS: Final = 200_000_000


class ExportHandlers:
    """Handles export requests; keeps the last few files until they are downloaded. Thread-safe."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._files: OrderedDict[str, str] = OrderedDict()

    def handlers(self) -> dict[str, Handler]:
        """See `ToolController.handlers`."""
        return {"export": self._export, "export_part": self._part}

    def _export(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        history = get_field(body, "history", bool)
        reply.later(lambda: self._create_file(history=history))

    def _create_file(self, *, history: bool) -> ExportResult:
        client = self._connection.client
        recorder = Recorder.of(client) if history else None
        chunks, size = [], 0
        for chunk in export_chunks(client, recorder, lambda _: True):
            chunks.append(chunk)
            size += len(chunk)
            if size > _MAX_CHARACTERS:
                raise BadRequest(
                    "the file is too large to download; call inspector.export(path) in a cell"
                )
        text = "".join(chunks)
        name = secrets.token_hex(8)
        with self._lock:
            self._files[name] = text
            while len(self._files) > _MAX_FILES:
                self._files.popitem(last=False)
        return ExportResult(id=name, name=self._file_name(history=history), size=len(text))

    def _part(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        name, start = get_field(body, "id", str), get_field(body, "start", int)
        with self._lock:
            text = self._files.get(name)
            if text is not None and start + _PART_CHARACTERS >= len(text):
                del self._files[name]
        if text is None or start < 0:
            raise BadRequest("the file is no longer available; export it again")
        reply.ok(ExportPartResult(text=text[start : start + _PART_CHARACTERS]))

    def _file_name(self, *, history: bool) -> str:
        stem = re.sub(r"[^\w.-]+", "-", self._connection.name).strip("-.") or "state"
        time = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
        return f"{stem}-{'history' if history else 'state'}-{time}.json"
