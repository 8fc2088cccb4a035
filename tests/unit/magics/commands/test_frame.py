"""`%nanover frame`, in a real IPython shell."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nanover_jupyter import NanoverServer
from tests.support.frame_source import FrameSource
from tests.unit.magics.conftest import Shell

HOSTILE = "<img src=x onerror=alert(1)>\x1b[2J"


@pytest.fixture
def source(shell: Shell) -> Iterator[FrameSource]:
    with NanoverServer(websocket_port=0, application_defaults=False) as server:
        address = f"ws://127.0.0.1:{server.websocket_port}"
        shell.run(f"%nanover connect {address} --name lab --quiet -o client")
        yield FrameSource(shell.value("client"))


def test_the_fields_of_the_frame_are_listed(shell: Shell, source: FrameSource) -> None:
    source.start()

    lines = shell.run("%nanover frame").text.splitlines()

    assert lines[0] == "nanotube, 14 keys, 0 ps:"
    assert lines[1].split() == ["key", "shape", "type", "unit", "range", "value"]
    [positions] = [line for line in lines if "particle.positions" in line]
    assert "65 \u00d7 3" in positions
    assert "float32" in positions
    assert "nm" in positions


def test_one_field_is_returned_or_stored(shell: Shell, source: FrameSource) -> None:
    source.start()

    assert shell.run("%nanover frame particle.count").value == 65
    shell.run("%nanover frame particle.positions -o positions")
    assert shell.value("positions").shape == (65, 3)
    shell.run("%nanover frame -o whole")
    assert shell.value("whole").simulation_name == "nanotube"


def test_an_unknown_field_is_refused_with_a_suggestion(shell: Shell, source: FrameSource) -> None:
    source.start()

    assert (
        "Did you mean 'particle.positions'?" in shell.run("%nanover frame particle.position").errors
    )


def test_without_a_frame_the_line_says_what_to_do(shell: Shell, source: FrameSource) -> None:
    assert "Load or start a simulation" in shell.run("%nanover frame --timeout 0.01").errors


def test_hostile_fields_are_plain_text(shell: Shell, source: FrameSource) -> None:
    source.start(HOSTILE, **{HOSTILE: HOSTILE})

    data = shell.run("%nanover frame").shown[0].data

    assert "<img" not in data["text/html"]
    assert "\x1b" not in data["text/plain"] + data["text/html"]
