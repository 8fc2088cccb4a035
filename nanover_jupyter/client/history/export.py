"""Export of the shared state and its history as a JSON file."""

from __future__ import annotations

import errno
import json
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.history.recorder import Recorder
from nanover_jupyter.errors import ExportFailed
from nanover_jupyter.wire.lazy import read

__all__ = ["FORMAT", "export_chunks", "write_export"]

FORMAT: Final = "nanover-jupyter state 1"

_KINDS: Final = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


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
        _require_replaceable(target)
        _write_atomically(target, chunks)
    # RuntimeError: unknown home directory. ValueError: null character in the path.
    except (OSError, RuntimeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise ExportFailed(str(path), reason or str(error)) from error
    return target


def _write_atomically(target: Path, chunks: Iterator[str]) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.writelines(chunks)
        temporary.chmod(0o644)
        # Check again, because writing takes time.
        _require_replaceable(target)
        temporary.replace(target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _require_replaceable(target: Path) -> None:
    """Raise OSError if the path exists and is not a regular file."""
    try:
        mode = target.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "a special file")
        raise OSError(
            errno.EINVAL, f"it is {kind}, and only regular files are replaced; use another path"
        )


def _json(value: Any) -> str:
    # Escaped to ASCII, because UTF-8 cannot encode lone surrogates.
    return json.dumps(value, default=_encode)


def _encode(value: Any) -> Any:
    return {"$hex": value.hex()} if isinstance(value, bytes | bytearray) else repr(value)
