"""The shared state, or a recording of it, as a JSON file."""

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
    client: BaseClient, recorder: Recorder | None, fits: Callable[[str], bool]
) -> Iterator[str]:
    """The text of an export, piece by piece: a piece for each key.

    `{"format", "address", "exported", "state": {KEY: VALUE}, "history": {KEY: [{"at",
    "value"}]}}`; `at` is in seconds since the epoch, a removal has no "value", and
    without a recorder there is no "history". Numbers that JSON has no word for are
    written as Python's json module reads them (NaN, Infinity), bytes as {"$hex": TEXT}.

    Args:
        client: Whose state.
        recorder: What to take the history from.
        fits: Which keys.
    """
    head = {
        "format": FORMAT,
        "address": client.address,
        "exported": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    yield _json(head)[:-1] + ', "state": {'
    state = client.received()
    comma = ""
    for key in sorted(filter(fits, state)):
        yield f"{comma}\n{_json(key)}: {_json(read(state[key]))}"
        comma = ","
    yield "}"
    if recorder is not None:
        yield ', "history": {'
        comma = ""
        for key in filter(fits, recorder.all_keys()):
            moments = [
                {"at": moment.at, "value": moment.value} if moment.exists else {"at": moment.at}
                for moment in recorder.moments(key)
            ]
            yield f"{comma}\n{_json(key)}: {_json(moments)}"
            comma = ","
        yield "}"
    yield "}\n"


def write_export(path: str | os.PathLike[str], chunks: Iterator[str]) -> Path:
    """Write a file whole or not at all; a regular file of this name is replaced.

    Anything else of this name, such as a symbolic link, a FIFO or a device, is left alone.

    Raises:
        ExportFailed: It cannot be written.
    """
    try:
        target = Path(path).expanduser()
        _require_replaceable(target)
        _write_whole(target, chunks)
    # A home that nobody has is a RuntimeError to Path, a name with a zero in it a ValueError.
    except (OSError, RuntimeError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else None
        raise ExportFailed(str(path), why or str(error)) from error
    return target


def _write_whole(target: Path, chunks: Iterator[str]) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    written = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.writelines(chunks)
        written.chmod(0o644)
        # Again, as writing takes time.
        _require_replaceable(target)
        written.replace(target)
    except BaseException:
        with suppress(OSError):
            written.unlink()
        raise


def _require_replaceable(target: Path) -> None:
    """Raise OSError if there is something other than a regular file."""
    try:
        mode = target.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "a special file")
        raise OSError(
            errno.EINVAL, f"it is {kind}, and only regular files are replaced; give another path"
        )


def _json(value: Any) -> str:
    # Escaped to ASCII: a lone surrogate, which UTF-8 has not, must not cost the file.
    return json.dumps(value, default=_strange)


def _strange(value: Any) -> Any:
    return {"$hex": value.hex()} if isinstance(value, bytes | bytearray) else repr(value)
