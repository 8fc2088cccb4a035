"""Reading files of untrusted paths."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from nanover_jupyter.regular_files import read_regular_file

# A regular file that claims a size of 0 bytes.
ENDLESS = Path("/proc/self/status")


def test_a_regular_file_is_read_through_a_link_too(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_bytes(b"x" * 10)
    link.symlink_to(file)

    assert read_regular_file(link, limit=10) == b"x" * 10


def test_a_file_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * 11)

    with pytest.raises(OSError, match="larger than 10 bytes") as caught:
        read_regular_file(file, limit=10)

    assert caught.value.errno == errno.EFBIG
    assert caught.value.filename == str(file)


@pytest.mark.skipif(not ENDLESS.exists(), reason="this system has no such file")
def test_a_file_without_a_size_is_limited_too() -> None:
    with pytest.raises(OSError, match="larger than 10 bytes"):
        read_regular_file(ENDLESS, limit=10)


@pytest.mark.parametrize("kind", ["device", "fifo", "folder", "link"])
def test_a_file_that_is_not_regular_is_refused_without_blocking(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "it"
    match kind:
        case "device":
            path = Path("/dev/zero")
        case "fifo":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "link":
            path.symlink_to("/dev/zero")

    with pytest.raises(OSError, match="not a regular file"):
        read_regular_file(path, limit=10)


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_regular_file(tmp_path / "nowhere", limit=10)
