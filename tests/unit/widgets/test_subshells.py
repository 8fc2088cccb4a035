"""The workaround for ipykernel's rerouting; browser tests check it in a kernel."""

from __future__ import annotations

from types import SimpleNamespace

from nanover_jupyter.widgets.subshells import enable_subshells


def test_messages_are_handled_on_the_requested_subshell() -> None:
    comm = SimpleNamespace(_reply_subshell_for=lambda _data, _default: "the busy one")

    enable_subshells(SimpleNamespace(comm=comm))

    assert comm._reply_subshell_for({}, "the page's own") == "the page's own"


def test_comms_without_the_patched_method_are_unchanged() -> None:
    comm = SimpleNamespace()

    enable_subshells(SimpleNamespace(comm=comm))
    enable_subshells(SimpleNamespace(comm=None))

    assert vars(comm) == {}
