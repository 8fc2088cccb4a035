"""The contract between widgets and tools, held against the tools there are."""

from __future__ import annotations

from inspect import getmembers, isfunction, signature

import pytest

from nanover_jupyter import ControlRoom
from nanover_jupyter.widgets.tool import Tool


@pytest.mark.parametrize("kind", ControlRoom.tools, ids=lambda kind: kind.__name__)
def test_every_tool_has_what_widgets_call_in_the_shape_that_they_call_it(kind: type[Tool]) -> None:
    public = [name for name, _ in getmembers(Tool, isfunction) if not name.startswith("_")]

    assert {"handlers", "greet", "beat", "close"} <= set(public)
    for name in public:
        wanted, found = signature(getattr(Tool, name)), signature(getattr(kind, name))
        assert list(found.parameters) == list(wanted.parameters)
    assert isinstance(kind.needs_state, bool)


def test_no_two_tools_of_a_widget_answer_the_same_request(connection: object) -> None:
    tools = [kind(connection, lambda *_, **__: None) for kind in ControlRoom.tools]  # type: ignore[arg-type]
    ops = [op for tool in tools for op in tool.handlers()]
    for tool in tools:
        tool.close()

    assert len(ops) == len(set(ops))
