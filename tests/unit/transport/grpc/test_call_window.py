"""Limit of gRPC calls in flight."""

from __future__ import annotations

import threading
from concurrent.futures import Future

import pytest

from nanover_jupyter.errors import ClosedError
from nanover_jupyter.transport.grpc import transport as grpc_transport
from nanover_jupyter.transport.grpc.call_window import CallWindow
from nanover_jupyter.transport.grpc.transport import GrpcTransport
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.messages import DictionaryChange

SUCCESS = b"\x08\x01"


class HeldCalls:
    """A fake channel that stores the started calls, for the test to end them."""

    def __init__(self):
        self.begun = []

    def unary_unary(self, _path):
        return self

    def unary_stream(self, _path):
        return self

    def future(self, request, timeout):
        call = Future()
        self.begun.append((request, timeout, call))
        return call

    def end(self, number):
        self.begun[number][2].set_result(SUCCESS)


@pytest.fixture
def channel():
    return HeldCalls()


@pytest.fixture
def transport(channel, monkeypatch):
    monkeypatch.setattr(grpc_transport, "_CALLS_IN_FLIGHT", 3)
    transport = GrpcTransport(channel, access_token="me", address="here")
    yield transport
    transport.close()


def update(number):
    return DictionaryChange({"n": number})


def test_calls_in_flight_are_limited(transport, channel):
    calls = [transport.start_update(update(number), 10) for number in range(7)]
    assert len(channel.begun) == 3

    channel.end(1)
    channel.end(0)

    assert len(channel.begun) == 5
    assert [call.done() for call in calls] == [True, True, *[False] * 5]
    expected = [grpc_codec.encode_update_request("me", update(number)) for number in range(5)]
    assert [request for request, _, _ in channel.begun] == expected


def test_a_call_that_is_cancelled_while_it_waits_never_starts(transport, channel):
    calls = [transport.start_update(update(number), 10) for number in range(5)]

    assert calls[3].cancel()
    channel.end(0)

    begun = [request for request, _, _ in channel.begun]
    assert begun[3:] == [grpc_codec.encode_update_request("me", update(4))]


def test_a_cancelled_call_makes_room(transport, channel):
    calls = [transport.start_update(update(number), 10) for number in range(4)]

    assert calls[0].cancel()

    assert channel.begun[0][2].cancelled()
    assert len(channel.begun) == 4


def test_waiting_counts_as_part_of_the_timeout(transport, channel):
    for number in range(4):
        transport.start_update(update(number), 10)

    channel.end(0)

    first, *_, last = [timeout for _, timeout, _ in channel.begun]
    assert 0 < last < first <= 10


def test_waiting_calls_end_when_the_transport_is_closed(transport, channel):
    calls = [transport.start_update(update(number), 10) for number in range(5)]

    transport.close()

    assert [type(call.exception(0)) for call in calls[3:]] == [ClosedError, ClosedError]
    assert len(channel.begun) == 3


def test_calls_start_in_order_on_any_thread():
    window = CallWindow(1)
    order, first_began, go_on = [], threading.Event(), threading.Event()

    def first():
        first_began.set()
        go_on.wait(10)
        order.append(1)
        window.leave()
        return True

    def second():
        order.append(2)
        return True

    thread = threading.Thread(target=window.enter, args=(first,))
    thread.start()
    assert first_began.wait(10)
    window.enter(second)
    go_on.set()
    thread.join()

    assert order == [1, 2]


def test_a_call_that_does_not_start_takes_no_room():
    window = CallWindow(1)
    begun = []

    window.enter(lambda: False)
    window.enter(lambda: begun.append("x") or True)

    assert begun == ["x"]


def test_an_interrupt_while_a_call_starts_does_not_block_the_window():
    window = CallWindow(1)
    begun = []

    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        window.enter(interrupted)
    window.enter(lambda: begun.append("x") or True)

    assert begun == ["x"]


def test_slow_commands_do_not_delay_updates(transport, channel):
    for _ in range(5):
        transport.start_command("slow", {}, 600)

    transport.start_update(update(1), 10)

    last, *_ = channel.begun[-1]
    assert last == grpc_codec.encode_update_request("me", update(1))
