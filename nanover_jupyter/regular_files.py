"""Read regular files of limited size, for paths from untrusted sources."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

__all__ = ["read_regular_file"]

# Without these, opening a FIFO waits for a writer, and a terminal may become the controlling one.
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)


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


def _check(status: os.stat_result, path: str | Path, limit: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    if status.st_size > limit:
        raise _too_large(path, limit)


def _too_large(path: str | Path, limit: int) -> OSError:
    return OSError(errno.EFBIG, f"it is larger than {limit} bytes", str(path))
