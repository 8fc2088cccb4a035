"""The remedy for ipykernel's rerouting; what it does in a kernel, the browser tests say."""

from __future__ import annotations

from types import SimpleNamespace

from nanover_jupyter.widgets.subshells import answer_while_cells_run


def test_messages_go_to_the_subshell_that_they_ask_for() -> None:
    comm = SimpleNamespace(_reply_subshell_for=lambda _data, _default: "the busy one")

    answer_while_cells_run(SimpleNamespace(comm=comm))

    assert comm._reply_subshell_for({}, "the page's own") == "the page's own"


def test_comms_without_that_method_are_left_alone() -> None:
    comm = SimpleNamespace()

    answer_while_cells_run(SimpleNamespace(comm=comm))
    answer_while_cells_run(SimpleNamespace(comm=None))

    assert vars(comm) == {}
