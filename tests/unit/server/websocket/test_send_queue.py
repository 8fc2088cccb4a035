"""The bounded queue of messages to one client."""

from __future__ import annotations

import threading

import pytest

from nanover_jupyter.server.websocket import send_queue as queue_module
from nanover_jupyter.server.websocket.send_queue import SendQueue
from tests.support.eventually import eventually


class Client:
    """Receives messages only while `reads` is set."""

    def __init__(self):
        self.reads = threading.Event()
        self.received = []
        self.overflows = []
        self.queue = SendQueue(
            self._send, on_overflow=lambda: self.overflows.append(1), name="nanover-test-queue"
        )

    def _send(self, message):
        assert self.reads.wait(10)
        self.received.append(message)


@pytest.fixture
def client():
    client = Client()
    yield client
    client.reads.set()
    client.queue.close()


def test_messages_are_sent_in_order_without_blocking(client):
    for number in range(50):
        assert client.queue.post(b"%d" % number)
    assert client.received == []

    client.reads.set()

    eventually(lambda: client.received == [b"%d" % number for number in range(50)])


def test_an_overflow_is_reported_once(client, monkeypatch):
    monkeypatch.setattr(queue_module, "_BYTES_LIMIT", 1000)
    assert client.queue.post(b"x" * 5000)  # a single message may have any length

    assert not client.queue.post(b"y")
    assert not client.queue.post(b"z")

    assert client.overflows == [1]


def test_sent_messages_free_the_queue(client, monkeypatch):
    monkeypatch.setattr(queue_module, "_BYTES_LIMIT", 1000)
    client.reads.set()
    for _ in range(20):
        eventually(lambda: client.queue._queued_bytes == 0)
        assert client.queue.post(b"x" * 900)
    assert client.overflows == []


def test_a_closed_queue_accepts_no_messages(client):
    client.queue.close()

    assert not client.queue.post(b"x")
    assert client.overflows == []
