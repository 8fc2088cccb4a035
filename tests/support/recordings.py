"""Real recordings of NanoVer sessions, if they are on this machine.

They are not part of the project. Their license is MIT, their owner the NanoVer project.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import msgpack
import pytest

RECORDINGS = Path(__file__).resolve().parents[3] / "shared" / "recordings"

needs_recordings = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason=f"the recordings are not on this machine ({RECORDINGS})"
)

_TRAJECTORY_HEADER = 16
_RECORD_HEADER = struct.Struct("<QQQ")  # microseconds in 128 bits, and the length


def recorded_messages(name: str) -> Iterator[bytes]:
    """Yield the messages of a `.nanover.zip` file."""
    with zipfile.ZipFile(RECORDINGS / name) as archive:
        index = msgpack.unpackb(archive.read("index.msgpack"))
        messages = archive.read("messages.msgpack")
    for entry in index:
        yield messages[entry["offset"] : entry["offset"] + entry["length"]]


def recorded_frames(name: str) -> Iterator[bytes]:
    """Yield the `GetFrameResponse` messages of a `.traj` file."""
    file = io.BytesIO((RECORDINGS / name).read_bytes())
    file.seek(_TRAJECTORY_HEADER)
    while header := file.read(_RECORD_HEADER.size):
        yield file.read(_RECORD_HEADER.unpack(header)[2])
