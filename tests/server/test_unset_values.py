"""Telling a value of no kind from a null."""

from __future__ import annotations

import pytest

from nanover_jupyter.server.unset_values import holds_unset_value
from nanover_jupyter.wire import grpc_codec, protocol


def holds(message) -> bool:
    request = message.SerializeToString()
    _, arguments = grpc_codec.decode_command(request)
    return holds_unset_value(arguments.values(), protocol.CommandMessage, request)


@pytest.fixture
def message():
    return protocol.CommandMessage(name="any")


def test_nulls_at_every_depth_are_no_unset_values():
    message = grpc_codec.write_command("any", {"a": None, "b": [None, {"c": None}], "d": {}})

    assert not holds(message)


def test_no_values_at_all_are_fine(message):
    assert not holds(message)


def test_an_unset_value_is_found_at_the_top(message):
    message.arguments.fields["a"].SetInParent()

    assert holds(message)


def test_an_unset_value_is_found_inside(message):
    inner = message.arguments.fields["a"].struct_value.fields["b"].list_value
    inner.values.add().number_value = 1
    inner.values.add()

    assert holds(message)
