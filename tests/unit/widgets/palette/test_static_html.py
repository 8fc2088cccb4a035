"""Commands and runs in a saved notebook."""

from __future__ import annotations

from nanover_jupyter.client.commands.runs import Run
from nanover_jupyter.errors import CommandFailed
from nanover_jupyter.widgets.palette.static_html import palette_html
from nanover_jupyter.wire.command_info import CommandInfo


def run(number: int, **more: object) -> Run:
    facts = {
        "id": str(number),
        "name": "user/x",
        "arguments": {"n": 1},
        "state": "done",
        "began": 1e9,
    }
    return Run(**{**facts, "seconds": 0.5, "result": {"a": "<b>"}, **more})  # type: ignore[arg-type]


def test_commands_are_shown_with_their_arguments_and_the_number_of_further_ones() -> None:
    html = palette_html([CommandInfo(f"user/<{n}>", height=1.0) for n in range(100)], [])

    assert "user/&lt;0&gt;" in html
    assert "height" in html
    assert "… 40 more" in html


def test_runs_are_shown_with_their_results() -> None:
    failed = run(2, state="failed", error=CommandFailed("user/x", "<i>no</i>"), result=None)
    html = palette_html([], [failed, run(1), run(0, seconds=None, state="running")])

    assert "No commands" in html
    assert "&lt;i&gt;no&lt;/i&gt;" in html
    assert "0.50 s" in html
    assert "<b>" not in html


def test_many_runs_are_bounded() -> None:
    html = palette_html([], [run(number) for number in range(100)])

    assert "… 80 more runs" in html


def test_secrets_are_hidden() -> None:
    html = palette_html([], [run(1, arguments={"password": "swordfish", "n": 5})])

    assert "swordfish" not in html
    assert "n: 5" in html
