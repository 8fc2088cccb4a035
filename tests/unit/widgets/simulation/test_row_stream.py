"""The stream of rows: batches, catching up, credit and lost views."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nanover_jupyter.client.frames.series import FrameSeries
from nanover_jupyter.widgets.simulation import row_stream as module
from nanover_jupyter.widgets.simulation.row_stream import RowStream
from nanover_jupyter.widgets.sync.view_stream import StreamMessage
from tests.support.clock import FakeClock

VIEW = "view"


class Recording:
    """A client with recorded frames, and a stream of them on a manual clock."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.frame_series = FrameSeries(lambda: None)
        self.stream = RowStream(self, clock=self.clock)
        self.count = 0

    def record(self, count: int = 1, *, is_reset: bool = False, **more: float) -> None:
        """Record frames."""
        for _ in range(count):
            fields = {"system.temperature": float(self.count), "frame.index": self.count, **more}
            self.frame_series.append(float(self.count), fields, is_reset=is_reset)
            self.count += 1

    def take(self, *live: str) -> StreamMessage | None:
        """Return the next message if one is due."""
        views = live or (VIEW,)
        due = self.stream.next_due(views)
        return None if due is None or due > self.clock() else self.stream.next_message(views)

    def batch(self, *live: str) -> StreamMessage | None:
        """Return the next message after the period of batches."""
        self.clock.pass_seconds(0.2)
        return self.take(*live)


@pytest.fixture
def recording() -> Recording:
    return Recording()


def values(message: StreamMessage | None, key: str = "system.temperature") -> list[float]:
    """Return the values of a key in a message."""
    assert message is not None
    body: Any = message.body
    rows = body["stop"] - body["first"]
    matrix = np.frombuffer(message.buffers[1], "<f8").reshape(len(body["keys"]), rows)
    assert len(np.frombuffer(message.buffers[0], "<f8")) == rows
    return matrix[body["keys"].index(key)].tolist()


def test_nothing_is_due_while_no_view_watches(recording: Recording) -> None:
    recording.record(5)

    assert recording.stream.next_due([VIEW]) is None
    assert recording.stream.series is None


def test_a_view_gets_what_was_recorded_and_then_batches_for_all(recording: Recording) -> None:
    recording.record(3)
    recording.stream.watch(VIEW, None, 0)

    first = recording.take()
    assert (first is not None and first.client) == VIEW
    assert values(first) == [0, 1, 2]
    recording.record(2)
    batch = recording.batch()
    assert batch is not None
    assert batch.client is None
    assert values(batch) == [3, 4]
    assert (batch.body["from"], batch.body["first"], batch.body["stop"]) == (3, 3, 5)
    assert recording.take() is None
    assert recording.batch() is None


def test_a_view_that_returns_gets_only_what_it_lacks(recording: Recording) -> None:
    recording.record(5)
    recording.stream.watch(VIEW, recording.stream.epoch, 3)

    assert values(recording.take()) == [3, 4]


def test_rows_of_another_epoch_or_from_the_future_are_not_trusted(recording: Recording) -> None:
    recording.record(2)
    recording.stream.watch("other", "another epoch", 1)
    assert values(recording.take("other")) == [0, 1]

    recording.stream.watch(VIEW, recording.stream.epoch, 99)
    assert values(recording.take()) == [0, 1]


def test_a_long_recording_is_sent_in_parts(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PART_ROWS", 4)
    recording.record(10)
    recording.stream.watch(VIEW, None, 0)

    parts = [values(recording.take()) for _ in range(3)]

    assert parts == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert recording.take() is None


def test_rows_that_were_discarded_are_skipped(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nanover_jupyter.client.frames.series._ROWS", 8)
    recording.frame_series = FrameSeries(lambda: None)
    monkeypatch.setattr(module, "_PART_ROWS", 4)
    recording.record(20)
    recording.stream.watch(VIEW, recording.stream.epoch, 3)

    first, second = recording.take(), recording.take()

    assert first is not None
    assert (first.body["from"], first.body["first"], first.body["stop"]) == (3, 12, 16)
    assert values(second) == [16, 17, 18, 19]


def test_without_credit_rows_wait_for_the_next_message(recording: Recording) -> None:
    recording.record()
    recording.stream.watch(VIEW, None, 0)
    recording.take()
    for _ in range(module._CREDIT_MESSAGES):
        recording.record()
        recording.batch()
    recording.record(7)
    assert recording.stream.next_due([VIEW]) is None

    recording.stream.acknowledge(VIEW, recording.count - 7)

    assert len(values(recording.batch())) >= 7


def test_a_view_that_never_acknowledges_does_not_hold_up_others(recording: Recording) -> None:
    recording.record()
    for view in (VIEW, "stalled"):
        recording.stream.watch(view, None, 0)
        recording.take(VIEW, "stalled")
    for _ in range(40):
        recording.record()
        recording.batch(VIEW, "stalled")
        recording.stream.acknowledge(VIEW, recording.count)

    recording.record()
    assert values(recording.batch(VIEW, "stalled"))[-1] == recording.count - 1


def test_a_hidden_view_is_forgotten(recording: Recording) -> None:
    recording.record()
    recording.stream.watch(VIEW, None, 0)

    assert recording.stream.next_due([]) is None
    assert not recording.stream.is_watched
    assert recording.batch() is None


def test_resets_and_new_keys_are_sent(recording: Recording) -> None:
    recording.record(2)
    recording.stream.watch(VIEW, None, 0)
    recording.take()
    recording.record(is_reset=True, extra=4.0)

    message = recording.batch()

    assert message is not None
    assert message.body["resets"] == [2]
    assert message.body["keys"] == ["system.temperature", "extra"]
    assert values(message, "extra") == [4.0]


def test_the_number_of_keys_is_bounded(recording: Recording) -> None:
    recording.record(**{f"a{number:03}": 1.0 for number in range(200)})
    recording.stream.watch(VIEW, None, 0)

    message = recording.take()

    assert message is not None
    assert len(message.body["keys"]) == module._MAX_KEYS
    assert message.body["keys"][0] == "system.temperature"
