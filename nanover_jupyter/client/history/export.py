"""Export of the shared state and its history as a JSON file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.history.recorder import Recorder
from nanover_jupyter.errors import ExportFailed
from nanover_jupyter.regular_files import replace_regular_file
from nanover_jupyter.wire.lazy import read

__all__ = ["FORMAT", "export_chunks", "write_export"]

FORMAT: Final = "nanover-jupyter state 1"


def export_chunks(
    client: BaseClient, recorder: Recorder | None, matches: Callable[[str], bool]
) -> Iterator[str]:
    """Yield the text of an export, in one chunk for each key.

    `{"format", "address", "exported", "state": {KEY: VALUE}, "history": {KEY: [{"at",
    "value"}]}}`; `at` is in seconds since the epoch, a removal has no "value", and
    without a recorder there is no "history". Non-finite numbers are written as in Python's
    json module (NaN, Infinity), bytes as {"$hex": TEXT}.

    Args:
        client: The client whose state is exported.
        recorder: The history, if it is exported too.
        matches: Selects the keys.
    """
    head = {
        "format": FORMAT,
        "address": client.address,
        "exported": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    yield _json(head)[:-1] + ', "state": {'
    state = client.received()
    comma = ""
    for key in sorted(filter(matches, state)):
        yield f"{comma}\n{_json(key)}: {_json(read(state[key]))}"
        comma = ","
    yield "}"
    if recorder is not None:
        yield ', "history": {'
        comma = ""
        for key in filter(matches, recorder.all_keys()):
            samples = [
                {"at": sample.at, "value": sample.value} if sample.exists else {"at": sample.at}
                for sample in recorder.samples(key)
            ]
            yield f"{comma}\n{_json(key)}: {_json(samples)}"
            comma = ","
        yield "}"
    yield "}\n"


def write_export(path: str | os.PathLike[str], chunks: Iterator[str]) -> Path:
    """Write a file atomically. An existing regular file is replaced.

    Other files, such as symbolic links, FIFOs and devices, are not replaced.

    Raises:
        ExportFailed: The file cannot be written.
    """
    try:
        target = Path(path).expanduser()
        replace_regular_file(target, (chunk.encode() for chunk in chunks))
    # RuntimeError: unknown home directory. ValueError: null character in the path.
    except (OSError, RuntimeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise ExportFailed(str(path), reason or str(error)) from error
    return target


def _json(value: Any) -> str:
    # Escaped to ASCII, because UTF-8 cannot encode lone surrogates.
    return json.dumps(value, default=_encode)


def _encode(value: Any) -> Any:
    return {"$hex": value.hex()} if isinstance(value, bytes | bytearray) else repr(value)
