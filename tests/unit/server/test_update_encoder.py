"""What each wire sends of a state that several wires write."""

from __future__ import annotations

import pytest

from nanover_jupyter.server.change_log import ChangeLog
from nanover_jupyter.server.grpc_service import GRPC_UPDATES
from nanover_jupyter.server.update_encoder import UpdateEncoder, UpdateFormat
from nanover_jupyter.server.websocket_service import WEBSOCKET_UPDATES
from nanover_jupyter.wire import grpc_codec, websocket_codec
from nanover_jupyter.wire.messages import DictionaryChange

DECODERS = {
    GRPC_UPDATES: grpc_codec.decode_state_update,
    WEBSOCKET_UPDATES: lambda data: websocket_codec.decode_message(data).change,
}


@pytest.fixture
def log() -> ChangeLog:
    return ChangeLog()


def sent(wire, encoder, log, cursor) -> DictionaryChange:
    return DECODERS[wire](encoder.encode(log.take(cursor)))


@pytest.mark.parametrize("wire", DECODERS)
def test_a_message_has_the_updates_and_removals(log, wire):
    encoder, cursor = UpdateEncoder(wire), log.open()
    log.record(DictionaryChange({"a": [1.5, {"b": "ü"}], "c": True, "d": 1}))
    log.record(DictionaryChange({"e": {}}, {"c", "never"}))

    assert sent(wire, encoder, log, cursor) == DictionaryChange(
        {"a": [1.5, {"b": "ü"}], "d": 1, "e": {}}, {"c", "never"}
    )


def test_each_value_is_encoded_once_for_all_subscribers(log):
    encoded = []

    def encode(key, value):
        encoded.append((key, value))
        return b"x"

    encoder = UpdateEncoder(UpdateFormat("test", encode, lambda *parts: repr(parts).encode()))
    early, slow = log.open(), log.open()
    for number in range(3):
        log.record(DictionaryChange({"a": number, "b": number}))
        encoder.encode(log.take(early))
    encoder.encode(log.take(slow))
    encoder.encode(log.take(log.open()))

    assert encoded == [(key, number) for number in range(3) for key in "ab"]


def test_subscribers_at_the_same_revision_get_the_same_bytes(log):
    encoder, first, second = UpdateEncoder(GRPC_UPDATES), log.open(), log.open()
    log.record(DictionaryChange({"a": 1}))

    assert encoder.encode(log.take(first)) is encoder.encode(log.take(second))
