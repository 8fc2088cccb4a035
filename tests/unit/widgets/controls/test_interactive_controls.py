"""Controls for all suggested parameters of a server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nanover_jupyter import (
    Connection,
    DictionaryChange,
    InteractiveControls,
    NanoverServer,
    connect,
    interactive_controls,
)
from nanover_jupyter.widgets.controls.parameter_specs import OTHERS, SUGGESTED_PARAMETERS
from tests.support.eventually import eventually
from tests.support.held_dispatcher import hold_dispatcher
from tests.support.shared_state import put


@pytest.fixture
def controls(connection: Connection) -> Iterator[InteractiveControls]:
    panel = interactive_controls(connection)
    yield panel
    panel.close()


def others(controls: InteractiveControls) -> list[str]:
    return [key for key, row in controls._rows.items() if row.spec.group == OTHERS]


def test_all_known_parameters_have_a_control(controls: InteractiveControls) -> None:
    assert set(controls._rows) == {spec.key for spec in SUGGESTED_PARAMETERS}
    assert repr(controls) == f"<InteractiveControls of lab: {len(SUGGESTED_PARAMETERS)} controls>"


def test_other_keys_have_a_control_while_they_exist(
    controls: InteractiveControls, server: NanoverServer
) -> None:
    put(server, "suggested.speed", 3.0)
    eventually(lambda: others(controls) == ["suggested.speed"])
    eventually(lambda: len(controls._groups[OTHERS].children) == 3)

    server.update_state(None, DictionaryChange(removals={"suggested.speed"}))

    eventually(lambda: others(controls) == [])
    eventually(lambda: controls._groups[OTHERS].layout.display == "none")


def test_a_value_of_another_type_gets_another_control(
    controls: InteractiveControls, server: NanoverServer
) -> None:
    put(server, "suggested.speed", 3.0)
    eventually(lambda: others(controls))

    put(server, "suggested.speed", "fast")

    eventually(
        lambda: (
            (row := controls._rows.get("suggested.speed"))
            and row.spec.kind == "text"
            and row.control.value == "fast"
        )
    )


@pytest.mark.parametrize("value", ["yes", [1], {"a": 1}, 3.5, 1e300])
def test_an_unexpected_value_does_not_break_a_control(
    connection: Connection, server: NanoverServer, value: object
) -> None:
    for spec in SUGGESTED_PARAMETERS:
        put(server, spec.key, value, seen_by=connection)
    panel = interactive_controls(connection)

    put(server, "suggested.avatars.hidden", value=True)

    assert set(panel._rows) == {spec.key for spec in SUGGESTED_PARAMETERS}
    eventually(lambda: panel._rows["suggested.avatars.hidden"].control.value is True)
    panel.close()


def test_the_number_of_controls_is_limited(connection: Connection, server: NanoverServer) -> None:
    keys = [f"suggested.k{number:03}" for number in range(100)]
    server.update_state(None, DictionaryChange(dict.fromkeys(keys, 1.0)))
    put(server, "suggested.last", 1.0, seen_by=connection)
    panel = interactive_controls(connection)
    assert others(panel) == keys[:40]
    assert panel._more.value == "… 61 more"

    server.update_state(None, DictionaryChange({"suggested.new": 1.0}, {keys[0], keys[50]}))

    eventually(lambda: others(panel) == keys[1:41])
    eventually(lambda: "60 more" in panel._more.value)
    server.update_state(None, DictionaryChange(removals=set(keys)))
    eventually(lambda: set(others(panel)) == {"suggested.last", "suggested.new"})
    eventually(lambda: panel._more.layout.display == "none")
    panel.close()


def test_existing_suggestions_are_shown(connection: Connection, server: NanoverServer) -> None:
    put(server, "suggested.speed", 3.0, seen_by=connection)
    put(server, "suggested.interaction.scale", 7.0, seen_by=connection)

    panel = interactive_controls(connection.client)

    assert panel._rows["suggested.speed"].control.value == 3.0
    assert panel._rows["suggested.interaction.scale"].control.value == 7.0
    panel.close()


def test_a_lost_server_is_shown(controls: InteractiveControls, connection: Connection) -> None:
    connection.client.mark_lost("<b>it</b> burnt down")

    eventually(lambda: "lost: &lt;b&gt;it&lt;/b&gt; burnt down" in controls._head.value)


def test_a_closed_connection_is_shown(
    controls: InteractiveControls, connection: Connection
) -> None:
    connection.close()

    assert "closed: closed by this client" in controls._head.value


def test_a_rebound_connection_name_is_shown(
    controls: InteractiveControls, connection: Connection
) -> None:
    with NanoverServer() as other:
        put(other, "suggested.interaction.scale", 3.0)
        with connect(f"127.0.0.1:{other.port}", name="other") as successor:
            connection.close()
            connection.rebind_dependents(successor)

            assert controls.connection is successor
            assert "other" in controls._head.value
            assert controls._rows["suggested.interaction.scale"].control.value == 3.0
            controls._rows["suggested.box.locked"].control.value = True
            eventually(lambda: other.copy_state().get("suggested.box.locked") is True)


def test_pending_changes_of_an_earlier_connection_are_not_shown(
    controls: InteractiveControls, connection: Connection, server: NanoverServer
) -> None:
    with hold_dispatcher(connection) as release:
        connection.client.mark_lost("it burnt down")
        with connect(f"127.0.0.1:{server.port}", name="other") as other:
            controls.rebind(other)
            release()

            assert "burnt" not in controls._head.value
            controls.close()


def test_closed_controls_are_unsubscribed(connection: Connection, server: NanoverServer) -> None:
    panel = interactive_controls(connection)
    panel.close()
    panel.close()

    assert panel not in connection.dependents
    assert panel._rows == {}


def test_the_repr_is_one_line(controls: InteractiveControls) -> None:
    bundle = controls._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle

    assert data["text/plain"] == repr(controls)


def test_rebound_controls_leave_nothing_behind(
    connection: Connection,
) -> None:
    with NanoverServer() as other, connect(f"127.0.0.1:{other.port}") as successor:
        panels = [interactive_controls(connection) for _ in range(3)]
        count = len(connection.dependents)
        connection.rebind_dependents(successor)

        assert len(successor.dependents) == count
        for panel in panels:
            panel.close()
        assert len(successor.dependents) == 0
