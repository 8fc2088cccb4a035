"""A control and a shared value, on two threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import ipywidgets
import pytest
import traitlets

from nanover_jupyter import Connection, DictionaryChange, NanoverServer, SharedFloat, shared
from nanover_jupyter.widgets.controls.two_way_binding import TwoWayBinding
from tests.support.eventually import eventually
from tests.support.shared_state import put, settled


@pytest.fixture
def value(connection: Connection) -> Iterator[SharedFloat]:
    with SharedFloat(connection, "k", default=1.0) as value:
        yield value


def test_both_follow_each_other(value: SharedFloat, server: NanoverServer) -> None:
    slider = ipywidgets.FloatSlider(max=100)
    TwoWayBinding(value, slider)
    assert slider.value == 1.0

    slider.value = 5
    eventually(lambda: value.connection.client.peek("k") == 5.0)
    put(server, "k", 7.0)

    eventually(lambda: slider.value == 7.0)


def test_a_side_effect_of_the_conversion_is_not_written_back(value: SharedFloat) -> None:
    slider = ipywidgets.FloatSlider()
    written: list[float] = []
    value.observe(lambda change: written.append(change.new), "value")

    def shown(number: float) -> float:
        slider.value = 50.0
        return number

    TwoWayBinding(value, slider, to_control=shown)

    assert (slider.value, written) == (1.0, [])


def test_a_clamped_value_is_not_written_back(value: SharedFloat, server: NanoverServer) -> None:
    slider = ipywidgets.FloatSlider(max=2)
    TwoWayBinding(value, slider)

    put(server, "k", 50.0)

    eventually(lambda: slider.value == 2.0 and value.value == 50.0)
    assert settled(value)
    assert server.copy_state().get("k") == 50.0
    slider.value = 1.5
    eventually(lambda: server.copy_state().get("k") == 1.5)


def test_conversions_go_both_ways_and_invalid_input_is_kept(
    connection: Connection, server: NanoverServer
) -> None:
    errors: list[str] = []
    text = ipywidgets.Text()
    value = shared(connection, "k", 0)
    TwoWayBinding(value, text, to_control=str, from_control=int, on_error=errors.append)

    text.value = "12"
    eventually(lambda: server.copy_state().get("k") == 12)
    text.value = "12x"

    assert errors[-1].startswith("invalid literal")
    assert (text.value, value.value) == ("12x", 12)
    text.value = "13"
    assert errors[-1] == ""


def test_a_value_out_of_bounds_is_reported(connection: Connection) -> None:
    errors: list[str] = []
    number = ipywidgets.FloatText()
    value = shared(connection, "k", 0.0, kind=traitlets.Float(max=1))
    TwoWayBinding(value, number, on_error=errors.append)

    number.value = 5

    assert "should not be greater than 1" in errors[-1]
    assert value.value == 0.0


def test_a_closed_connection_is_reported(value: SharedFloat, connection: Connection) -> None:
    errors: list[str] = []
    slider = ipywidgets.FloatSlider()
    TwoWayBinding(value, slider, on_error=errors.append)
    connection.close()

    slider.value = 5

    assert "is closed" in errors[-1]


def test_a_closed_binding_changes_nothing(value: SharedFloat) -> None:
    slider = ipywidgets.FloatSlider()
    others: list[Any] = []
    slider.observe(others.append, "value")
    bond = TwoWayBinding(value, slider)
    others.clear()
    bond.close()

    slider.value = 5

    assert value.value == 1.0
    assert len(others) == 1


def test_changes_of_two_threads_leave_both_equal(value: SharedFloat, server: NanoverServer) -> None:
    """The page changes the control on a subshell's thread while others write."""
    slider = ipywidgets.FloatSlider(max=1000)
    TwoWayBinding(value, slider)

    def drag() -> None:
        for number in range(300):
            slider.value = number

    subshell = threading.Thread(target=drag)
    subshell.start()
    for number in range(100):
        server.update_state(None, DictionaryChange({"k": 500.0 + number}))
    subshell.join()

    eventually(lambda: settled(value))
    eventually(lambda: slider.value == value.value == server.copy_state().get("k"))
