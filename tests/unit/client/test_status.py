"""The state of a connection, as one value."""

from __future__ import annotations

import dataclasses
from typing import get_args

import pytest

from nanover_jupyter.client.status import ConnectionState, Status


def test_a_status_is_a_value_that_cannot_be_altered():
    status = Status("lost", "socket closed", 2, 10.0)

    assert status == Status("lost", "socket closed", 2, 10.0)
    assert status != dataclasses.replace(status, attempt=3)
    with pytest.raises(dataclasses.FrozenInstanceError):
        status.state = "connected"


def test_there_are_five_states():
    states = ("connecting", "loading", "connected", "lost", "closed")
    assert get_args(ConnectionState) == states
