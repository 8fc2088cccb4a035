"""Pictures that a page draws: screenshots on request, and the still picture of a notebook."""

from __future__ import annotations

import base64
import os
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from nanover_jupyter.errors import CaptureFailed, ExportFailed, InvalidArgument
from nanover_jupyter.regular_files import replace_regular_file
from nanover_jupyter.widgets.molecule.messages import CaptureBody
from nanover_jupyter.widgets.sync.view_stream import Buffer

__all__ = ["Captures", "Still", "write_picture"]

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_MAX_PNG: Final = 100_000_000
_MAX_PIXELS: Final = 16_384
_MAX_STILL: Final = 60_000
_MAX_STILL_SIDE: Final = 4_000
_MAX_ERROR: Final = 300


class Captures:
    """Asks views for screenshots, and waits for them. Thread-safe.

    Args:
        post: Sends a message to a view.
    """

    def __init__(self, post: Callable[..., None]) -> None:
        self._post = post
        # Guards the fields below.
        self._done = threading.Condition()
        # What the views answered by the name of the request: the bytes, or an error.
        self._answers: dict[str, bytes | str | None] = {}

    def take(
        self, view: str | None, size: tuple[int, int | None], timeout: float, *, transparent: bool
    ) -> bytes:
        """Return a picture as PNG.

        Args:
            view: The view that draws it; None for whichever answers first, also out of sight.
            size: Width and height in pixels; no height for the proportions of the view.
            timeout: Seconds to wait.
            transparent: Whether the background is transparent.

        Raises:
            InvalidArgument: The size is invalid.
            CaptureFailed: The view could not draw it, or did not answer in time.
        """
        width, height = size
        for name, pixels in (("width", width), ("height", height)):
            if pixels is not None and not 1 <= pixels <= _MAX_PIXELS:
                raise InvalidArgument(name, f"{pixels} is not from 1 to {_MAX_PIXELS} pixels")
        name = secrets.token_hex(8)
        body = CaptureBody(capture=name, width=width, height=height, transparent=transparent)
        with self._done:
            self._answers[name] = None
        self._post("capture", body, client=view, to_hidden=True)
        try:
            with self._done:
                self._done.wait_for(lambda: self._answers[name] is not None, timeout)
                answer = self._answers[name]
        finally:
            with self._done:
                del self._answers[name]
        if answer is None:
            raise CaptureFailed(
                f"no picture arrived within {timeout:g} s; use the button PNG of the view, which "
                "also works if the kernel handles no messages while a cell runs (ipykernel 6)"
            )
        if isinstance(answer, str):
            raise CaptureFailed(answer)
        return answer

    def on_result(self, _: str, body: Mapping[str, Any], buffers: Sequence[Buffer]) -> None:
        """Handle a notice `capture_result`."""
        error, data = body.get("error"), bytes(buffers[0]) if buffers else b""
        answer: bytes | str = data
        if isinstance(error, str) and error:
            answer = error[:_MAX_ERROR]
        elif not data.startswith(_PNG) or len(data) > _MAX_PNG:
            answer = "the page did not send a PNG picture; reload it and try again"
        with self._done:
            name = body.get("capture")
            if isinstance(name, str) and name in self._answers:
                self._answers[name] = answer
                self._done.notify_all()


class Still:
    """The last small picture that a view sent for the saved notebook. Thread-safe."""

    def __init__(self) -> None:
        # Replaced as a whole.
        self._html = ""

    @property
    def html(self) -> str:
        """An image element; empty before the first picture."""
        return self._html

    def on_still(self, body: Mapping[str, Any], buffers: Sequence[Buffer], alt: str) -> bool:
        """Handle a notice `still`; return False if it is invalid.

        Args:
            body: See `StillBody`.
            buffers: The picture.
            alt: What it shows.
        """
        data = bytes(buffers[0]) if buffers else b""
        mime, width, height = body.get("mime"), body.get("width"), body.get("height")
        if not _is_picture(mime, data) or not 0 < len(data) <= _MAX_STILL:
            return False
        if not all(type(side) is int and 0 < side <= _MAX_STILL_SIDE for side in (width, height)):
            return False
        encoded = base64.b64encode(data).decode("ascii")
        self._html = (
            f'<img src="data:{mime};base64,{encoded}" width="{width}" height="{height}" '
            f'alt="{escape(alt)}" style="display:block;max-width:100%;height:auto">'
        )
        return True


def write_picture(path: str | os.PathLike[str], data: bytes) -> Path:
    """Write a file, and replace an existing one atomically.

    Raises:
        ExportFailed: It cannot be written.
    """
    try:
        target = Path(path).expanduser()
        replace_regular_file(target, [data])
    # RuntimeError: unknown home directory. ValueError: null character in the path.
    except (OSError, RuntimeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise ExportFailed(str(path), reason or str(error)) from error
    return target


def _is_picture(mime: object, data: bytes) -> bool:
    """Return whether data begins as its type says, so that nothing else is embedded."""
    if mime == "image/webp":
        return data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    return mime == "image/jpeg" and data[:3] == b"\xff\xd8\xff"
