"""Pictures that a page draws."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from nanover_jupyter import CaptureFailed, ExportFailed, InvalidArgument
from nanover_jupyter.widgets.molecule.captures import Captures, Still, write_picture

PNG = b"\x89PNG\r\n\x1a\n picture"
WEBP = b"RIFF\0\0\0\0WEBP"


class Page:
    """A page that answers each request for a picture."""

    def __init__(self, *buffers: bytes, error: str = "") -> None:
        self.buffers = buffers
        self.error = error
        self.bodies: list[Any] = []
        self.captures = Captures(self._post)

    def _post(self, op: str, body: Any, *, client: str, to_hidden: bool) -> None:
        assert (op, client, to_hidden) == ("capture", "view", True)
        self.bodies.append(body)
        answer = {"capture": body["capture"], "error": self.error}
        notice = (client, answer, self.buffers)
        threading.Thread(target=self.captures.on_result, args=notice).start()

    def take(self, width: int = 100, height: int | None = None) -> bytes:
        return self.captures.take("view", (width, height), 5.0, transparent=True)


def test_a_picture_is_returned() -> None:
    page = Page(PNG)

    assert page.take(200, 100) == PNG
    assert (page.bodies[0]["width"], page.bodies[0]["height"]) == (200, 100)
    assert page.bodies[0]["transparent"] is True


def test_the_error_of_the_page_is_raised() -> None:
    with pytest.raises(CaptureFailed, match=r"could not draw the picture: no WebGL"):
        Page(error="no WebGL").take()


@pytest.mark.parametrize("buffers", [(), (b"<svg>",)])
def test_what_is_no_png_is_refused(buffers: tuple[bytes, ...]) -> None:
    with pytest.raises(CaptureFailed, match="did not send a PNG"):
        Page(*buffers).take()


@pytest.mark.parametrize("size", [(0, None), (20_000, None), (100, 0)])
def test_sizes_out_of_range_are_refused(size: tuple[int, int | None]) -> None:
    with pytest.raises(InvalidArgument, match="16384 pixels"):
        Page(PNG).take(*size)


def test_a_page_that_does_not_answer() -> None:
    captures = Captures(lambda *_, **__: None)

    with pytest.raises(CaptureFailed, match=r"no picture arrived within 0\.01 s"):
        captures.take("view", (10, None), 0.01, transparent=False)
    # A late answer is ignored.
    captures.on_result("view", {"capture": "old", "error": ""}, [PNG])


def test_a_still_picture_is_embedded() -> None:
    still = Still()

    assert still.on_still({"mime": "image/webp", "width": 20, "height": 10}, [WEBP], 'A "b" <c>')
    assert still.html.startswith('<img src="data:image/webp;base64,UklGR')
    assert 'alt="A &quot;b&quot; &lt;c&gt;"' in still.html


@pytest.mark.parametrize(
    ("changes", "data"),
    [
        ({"mime": "image/svg+xml"}, b"<svg onload='x'>"),
        ({"mime": "image/webp"}, b"\x89PNG"),
        ({"mime": 'image/webp" onerror="x'}, WEBP),
        ({"width": "20"}, WEBP),
        ({"height": 0}, WEBP),
        ({}, WEBP + b"\0" * 60_000),
        ({}, b""),
    ],
)
def test_anything_else_is_not_embedded(changes: dict[str, Any], data: bytes) -> None:
    still = Still()
    body = {"mime": "image/webp", "width": 20, "height": 10, **changes}

    assert not still.on_still(body, [data], "")
    assert still.html == ""


def test_a_picture_is_written_in_place_of_another(tmp_path: Path) -> None:
    path = tmp_path / "figure.png"
    path.write_bytes(b"old")

    assert write_picture(path, PNG) == path
    assert path.read_bytes() == PNG
    assert [each.name for each in tmp_path.iterdir()] == ["figure.png"]
    with pytest.raises(ExportFailed, match="could not write"):
        write_picture(tmp_path / "missing" / "figure.png", PNG)
