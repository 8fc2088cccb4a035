"""What a reopened page knows of an inspector."""

from __future__ import annotations

import pytest
import traitlets

from nanover_jupyter import Connection, ControlRoom, LockManager, StateInspector
from nanover_jupyter.widgets.panel import Panel


@pytest.mark.parametrize("kind", [StateInspector, ControlRoom])
def test_how_the_tree_stands_is_kept_for_the_next_page(
    connection: Connection, kind: type[Panel]
) -> None:
    panel = kind(connection, pins=["scene"], sort="rate", mute=25)

    kept = panel.get_state(["pins", "sort", "mute", "recent_queries"])
    panel.close()

    assert kept == {"pins": ["scene"], "sort": "rate", "mute": 25.0, "recent_queries": []}


def test_a_page_cannot_set_what_makes_no_sense(connection: Connection) -> None:
    panel = StateInspector(connection)
    for name, value in {"sort": "size", "mute": -1, "pins": [1]}.items():
        with pytest.raises(traitlets.TraitError):
            setattr(panel, name, value)
    panel.close()


def test_widgets_without_an_inspector_have_none_of_its_options(connection: Connection) -> None:
    with pytest.raises(TypeError, match="no option 'pins'"):
        LockManager(connection, pins=["scene"])
