"""Holding, losing, repeating and counting messages of the bridge."""

from __future__ import annotations

import json
import struct
import threading

import pytest

from tests.page.bridge import Direction, Message


class Ends:
    """A direction and the messages that it delivered."""

    def __init__(self) -> None:
        self.delivered: list[Message] = []
        self.direction = Direction(self.delivered.append)

    def send(self, *kinds: str) -> None:
        for kind in kinds:
            self.direction.send(custom(kind))

    @property
    def kinds(self) -> list[str]:
        return [message.kind for message in self.delivered]


def custom(kind: str, *buffers: bytes) -> Message:
    """Return a custom message."""
    return Message("custom", {"content": {"op": kind}, "comm": "one"}, buffers)


@pytest.fixture
def ends() -> Ends:
    return Ends()


# messages -----------------------------------------------------------------------------


def test_kind_is_the_operation_of_our_protocol_or_else_of_the_comm() -> None:
    assert custom("delta").kind == "delta"
    assert Message("update", {"state": {}}).kind == "update"
    assert Message("custom", {"content": "text"}).kind == "custom"


def test_frame_has_the_header_with_the_sizes_and_then_the_buffers() -> None:
    frame = custom("delta", b"abc", b"", b"de").encode()

    (length,) = struct.unpack_from("<I", frame)
    header = json.loads(frame[4 : 4 + length])
    assert header["sizes"] == [3, 0, 2]
    assert (header["op"], header["content"]) == ("custom", {"op": "delta"})
    assert frame[4 + length :] == b"abcde"


def test_number_that_json_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        Message("update", {"state": {"number": float("nan")}}).encode()


# counts -------------------------------------------------------------------------------


def test_messages_pass_in_order_and_are_counted_with_their_bytes(ends: Ends) -> None:
    ends.send("hello")
    ends.direction.send(custom("delta", b"1234", b"56"))

    assert ends.kinds == ends.direction.passed == ["hello", "delta"]
    assert ends.direction.bytes == 6
    assert ends.direction.lost == []


# held ---------------------------------------------------------------------------------


def test_held_messages_are_delivered_in_order_at_the_end(ends: Ends) -> None:
    ends.send("first")
    with ends.direction.held() as kept:
        ends.send("second", "third")
        assert ends.kinds == ends.direction.passed == ["first"]
        assert [message.kind for message in kept] == ["second", "third"]
    ends.send("fourth")

    assert ends.kinds == ends.direction.passed == ["first", "second", "third", "fourth"]


def test_held_messages_are_delivered_before_those_that_are_sent_meanwhile() -> None:
    delivered: list[str] = []
    other: list[threading.Thread] = []

    def deliver(message: Message) -> None:
        delivered.append(message.kind)
        if message.kind == "first":
            other.append(threading.Thread(target=lambda: direction.send(custom("last"))))
            other[0].start()

    direction = Direction(deliver)
    with direction.held():
        for kind in ("first", "second", "third"):
            direction.send(custom(kind))
    other[0].join()

    assert delivered == ["first", "second", "third", "last"]


def test_held_messages_are_delivered_when_the_test_fails_meanwhile(ends: Ends) -> None:
    def fail() -> None:
        with ends.direction.held():
            ends.send("late")
            raise AssertionError

    with pytest.raises(AssertionError):
        fail()

    assert ends.kinds == ["late"]


def test_faults_apply_when_held_messages_are_released(ends: Ends) -> None:
    with ends.direction.held():
        ends.send("first", "second")
        ends.direction.drop()

    assert ends.kinds == ["second"]
    assert ends.direction.lost == ["first"]


# faults -------------------------------------------------------------------------------


def test_drop_loses_only_the_next_messages(ends: Ends) -> None:
    ends.direction.drop(2)

    ends.send("first", "second", "third")

    assert ends.kinds == ends.direction.passed == ["third"]
    assert ends.direction.lost == ["first", "second"]


def test_duplicate_delivers_the_next_message_twice_in_order(ends: Ends) -> None:
    ends.direction.duplicate()

    ends.direction.send(custom("delta", b"1234"))
    ends.send("last")

    assert ends.kinds == ends.direction.passed == ["delta", "delta", "last"]
    assert ends.direction.bytes == 8


def test_fault_of_a_kind_waits_for_that_kind(ends: Ends) -> None:
    ends.direction.drop(kind="delta")
    ends.direction.duplicate(kind="ack")

    ends.send("heartbeat", "ack", "delta", "delta")

    assert ends.kinds == ["heartbeat", "ack", "ack", "delta"]
    assert ends.direction.lost == ["delta"]


def test_faults_are_applied_in_order(ends: Ends) -> None:
    ends.direction.drop(kind="delta")
    ends.direction.duplicate()

    ends.send("delta", "delta", "delta")

    assert ends.kinds == ["delta", "delta", "delta"]
    assert ends.direction.lost == ["delta"]


def test_unused_faults_are_reported(ends: Ends) -> None:
    ends.direction.drop(kind="delta")
    ends.send("ack")
    assert ends.direction.has_faults_left

    ends.send("delta")
    assert not ends.direction.has_faults_left


def test_reset_forgets_faults_and_counts(ends: Ends) -> None:
    ends.direction.drop()
    ends.direction.send(custom("delta", b"1"))
    ends.direction.duplicate(3)

    ends.direction.reset()

    assert not ends.direction.has_faults_left
    assert (ends.direction.passed, ends.direction.lost, ends.direction.bytes) == ([], [], 0)
    ends.send("delta")
    assert ends.kinds == ["delta"]
