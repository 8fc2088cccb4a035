"""Read regular files of limited size and replace them, for paths from untrusted sources."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

__all__ = ["read_regular_file", "replace_regular_file"]

# Without these, opening a FIFO waits for a writer, and a terminal may become the controlling one.
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)


_KINDS: Final = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def read_regular_file(path: str | Path, *, limit: int) -> bytes:
    """Return the content of a regular file of at most `limit` bytes.

    Symbolic links are followed. Devices, FIFOs and folders are refused without blocking.

    Raises:
        OSError: It is not a regular file, is larger, or cannot be read.
    """
    # Checked before opening too, as opening a device can have effects.
    _check(os.stat(path), path, limit)  # noqa: PTH116 - takes a str or a Path
    descriptor = os.open(path, _OPEN_FLAGS | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as file:
        _check(os.fstat(descriptor), path, limit)
        # Files in /proc have size 0, and any file may grow while it is read.
        content = file.read(limit + 1)
    if len(content) > limit:
        raise _too_large(path, limit)
    return content


def replace_regular_file(target: Path, chunks: Iterable[bytes]) -> None:
    """Write a file atomically. An existing regular file is replaced.

    Other files, such as symbolic links, FIFOs and devices, are not replaced.

    Raises:
        OSError: The file cannot be written.
    """
    _require_replaceable(target)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
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


def _check(status: os.stat_result, path: str | Path, limit: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    if status.st_size > limit:
        raise _too_large(path, limit)


def _too_large(path: str | Path, limit: int) -> OSError:
    return OSError(errno.EFBIG, f"it is larger than {limit} bytes", str(path))
