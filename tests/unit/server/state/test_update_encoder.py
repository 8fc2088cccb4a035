"""What each protocol sends of a state that several protocols write."""

from __future__ import annotations

import math

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.server.grpc_service import GRPC_UPDATES
from nanover_jupyter.server.state.change_log import ChangeLog
from nanover_jupyter.server.state.store import SharedState
from nanover_jupyter.server.state.update_encoder import UpdateEncoder, UpdateFormat
from nanover_jupyter.server.websocket.service import WEBSOCKET_UPDATES
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import alike
from nanover_jupyter.wire.websocket import codec as websocket_codec
from tests.support.values import values

DECODERS = {
    GRPC_UPDATES: grpc_codec.decode_state_update,
    WEBSOCKET_UPDATES: lambda data: websocket_codec.decode_message(data).change,
}
HUGE = 2**70  # exceeds the integers of MessagePack
# Values that gRPC and WebSocket cannot carry, respectively.
NOT_FOR_GRPC, NOT_FOR_WEBSOCKET = b"raw", HUGE


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


@pytest.mark.parametrize(
    ("wire", "value"), [(GRPC_UPDATES, NOT_FOR_GRPC), (WEBSOCKET_UPDATES, NOT_FOR_WEBSOCKET)]
)
def test_an_unsupported_value_removes_the_key_and_is_logged_once(log, caplog, wire, value):
    encoder, cursor = UpdateEncoder(wire), log.open()
    log.record(DictionaryChange({"a": 1.0, "b": 1.0}))
    sent(wire, encoder, log, cursor)

    for _ in range(3):
        log.record(DictionaryChange({"a": [value]}))
        assert sent(wire, encoder, log, cursor) == DictionaryChange(removals={"a"})
    assert len(caplog.records) == 1
    assert "'a'" in caplog.text

    log.record(DictionaryChange({"a": 2.0}))
    assert sent(wire, encoder, log, cursor) == DictionaryChange({"a": 2.0})


@pytest.mark.parametrize(
    ("wire", "value"), [(GRPC_UPDATES, NOT_FOR_GRPC), (WEBSOCKET_UPDATES, NOT_FOR_WEBSOCKET)]
)
def test_the_first_message_omits_unsupported_values(log, wire, value):
    log.record(DictionaryChange({"a": value, "b": 1.0}))

    assert sent(wire, UpdateEncoder(wire), log, log.open()) == DictionaryChange({"b": 1.0})


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


# all protocols on one state ------------------------------------------------------------


def grpc_carries(value) -> bool:
    return value is not None and not holds(value, lambda item: isinstance(item, bytes))


def websocket_carries(value) -> bool:
    return not holds(value, lambda item: isinstance(item, int) and not -(2**63) <= item < 2**64)


def holds(value, wrong) -> bool:
    if isinstance(value, dict):
        return any(holds(item, wrong) for item in value.values())
    if isinstance(value, list):
        return any(holds(item, wrong) for item in value)
    return wrong(value)


def as_doubles(value):
    """Return the value as gRPC carries it, whose only numbers are doubles."""
    if isinstance(value, dict):
        return {key: as_doubles(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_doubles(item) for item in value]
    return float(value) if type(value) is int else value


CARRIES = {GRPC_UPDATES: grpc_carries, WEBSOCKET_UPDATES: websocket_carries}

keys = st.sampled_from("abcd")
over_websocket = st.sampled_from([None, 1, 2**64 - 1, b"raw", {"in": [b"raw"]}, "text", math.inf])
over_grpc = st.one_of(st.just(1e300), st.sampled_from([2.5, "text", [True, None], {"in": {}}]))
from_host = st.one_of(st.sampled_from([HUGE, [HUGE], -HUGE, 3]), values)


def writes(way, source):
    updates = st.dictionaries(keys, source, max_size=3)
    return st.tuples(st.just(way), updates, st.sets(keys, max_size=2))


# Each write, whether subscribers join after it, and which subscribers then take a message.
steps = st.lists(
    st.tuples(
        st.one_of(
            writes("websocket", over_websocket),
            writes("grpc", over_grpc),
            writes("host", from_host),
        ),
        st.booleans(),
        st.sets(st.integers(0, 5)),
    ),
    min_size=2,
    max_size=8,
)


class Mirror:
    """The copy of the state of one subscriber of one protocol."""

    def __init__(self, wire, encoder, log):
        self.wire = wire
        self.state = {}
        self._encoder = encoder
        self._log = log
        self._cursor = log.open()

    def catch_up(self):
        delta = self._log.take(self._cursor)
        if delta is not None:
            change = DECODERS[self.wire](self._encoder.encode(delta))
            self.state.update(change.updates)
            for key in change.removals:
                self.state.pop(key, None)


def apply(state, way, updates, removals):
    change = DictionaryChange(updates, removals - updates.keys())
    if way == "websocket":
        message = {"state": {"updates": change.updates, "removals": list(change.removals)}}
        received = websocket_codec.decode_message(msgpack.packb(message)).change
        state.attempt_update(way, received, normalized=True)
    elif way == "grpc":
        request = grpc_codec.encode_update_request(way, change)
        state.attempt_update(way, grpc_codec.decode_update_request(request)[1], normalized=True)
    else:
        state.attempt_update(way, change)


@given(steps)
def test_mirrors_equal_the_state_without_unsupported_values(steps):
    state = SharedState()
    encoders = {wire: UpdateEncoder(wire) for wire in DECODERS}
    mirrors = [Mirror(wire, encoder, state.log) for wire, encoder in encoders.items()]
    for write, joins, takers in steps:
        apply(state, *write)
        if joins:
            mirrors += [Mirror(wire, encoder, state.log) for wire, encoder in encoders.items()]
        for index in takers:
            mirrors[index % len(mirrors)].catch_up()

    for mirror in mirrors:
        mirror.catch_up()
        carries = CARRIES[mirror.wire]
        expected = {key: value for key, value in state.copy().items() if carries(value)}
        if mirror.wire is GRPC_UPDATES:
            expected = as_doubles(expected)
        assert alike(mirror.state, expected), mirror.wire.name
