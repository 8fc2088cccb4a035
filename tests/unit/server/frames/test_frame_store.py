from __future__ import annotations

import threading

import pytest

from nanover_jupyter.errors import InvalidValue
from nanover_jupyter.server.frames import frame_store
from nanover_jupyter.server.frames.frame_encoder import FrameEncoder, FrameFormat
from nanover_jupyter.server.frames.frame_store import HISTORY_LIMIT, FrameDelta, FrameStore
from nanover_jupyter.server.frames.subscription import FrameSubscription
from tests.support.eventually import eventually


@pytest.fixture
def store() -> FrameStore:
    return FrameStore(clock=lambda: 12.5)


def fields(delta: FrameDelta | None) -> dict[str, object]:
    """Return the values of a delta, without those that the server adds."""
    assert delta is not None
    added = {"server.timestamp", "system.simulation.counter"}
    return {key: entry.value for key, entry in delta.entries.items() if key not in added}


def test_a_late_subscriber_gets_the_merged_frame(store: FrameStore) -> None:
    store.publish({"a": 1, "b": 2})
    store.publish({"a": 3})

    delta = store.take(store.open())

    assert delta is not None
    assert (fields(delta), delta.index, delta.is_first) == ({"a": 3, "b": 2}, 1, True)
    assert delta.entries["server.timestamp"].value == 12.5


def test_frames_are_numbered_from_the_last_reset(store: FrameStore) -> None:
    cursor = store.open()
    indices = []
    for reset in (False, False, False, True, False):
        store.publish({"a": 1}, reset=reset)
        delta = store.take(cursor)
        assert delta is not None
        indices.append(delta.index)

    assert indices == [0, 1, 2, 0, 1]


def test_the_index_0_in_a_frame_resets(store: FrameStore) -> None:
    store.publish({"old": 1})
    store.publish({"new": 2, "frame.index": 0.0})

    assert fields(store.take(store.open())) == {"new": 2}


def test_resets_are_counted_unless_the_frame_does(store: FrameStore) -> None:
    counts = []
    for frame in ({}, {}, {"system.simulation.counter": 9}):
        store.publish(frame, reset=True)
        delta = store.take(store.open())
        assert delta is not None
        counts.append(delta.entries["system.simulation.counter"].value)

    assert counts == [0, 1, 9]


def test_a_slow_subscriber_gets_pending_frames_merged(store: FrameStore) -> None:
    cursor = store.open()
    store.publish({"a": 1, "b": 1})
    store.take(cursor)
    for number in range(5):
        store.publish({"a": number})

    delta = store.take(cursor)

    assert delta is not None
    assert (fields(delta), delta.index) == ({"a": 4}, 5)
    assert store.take(cursor) is None


def test_a_reset_among_pending_frames_is_not_lost(store: FrameStore) -> None:
    cursor = store.open()
    store.publish({"old": 1})
    store.take(cursor)
    store.publish({"new": 1}, reset=True)
    store.publish({"new": 2})

    delta = store.take(cursor)

    assert delta is not None
    assert (fields(delta), delta.index) == ({"new": 2}, 0)


def test_every_frame_is_delivered_on_request_up_to_a_limit(store: FrameStore) -> None:
    cursor = store.open(every_frame=True)
    store.publish({"a": 0})
    store.take(cursor)
    for number in range(1, 4):
        store.publish({"a": number})
    assert [fields(store.take(cursor)) for _ in range(3)] == [{"a": 1}, {"a": 2}, {"a": 3}]
    assert store.take(cursor) is None

    for number in range(HISTORY_LIMIT + 1):
        store.publish({"a": number})

    assert fields(store.take(cursor)) == {"a": HISTORY_LIMIT}
    assert store.take(cursor) is None


def test_waiting_ends_with_a_frame_with_the_cursor_and_with_the_store(store: FrameStore) -> None:
    results: list[FrameDelta | None] = []
    for end in ("publish", "end", "close"):
        cursor = store.open()
        thread = threading.Thread(target=lambda c=cursor: results.append(store.take(c, None)))
        if end != "publish":
            store.take(cursor)
        thread.start()
        {"publish": lambda: store.publish({"a": 1}), "end": lambda c=cursor: store.end(c)}.get(
            end, store.close
        )()
        thread.join(10)
        assert not thread.is_alive()

    assert [result is not None for result in results] == [True, False, False]
    assert store.publish({"a": 1}) is False
    assert store.take(store.open(), None) is None


def test_too_much_data_is_refused_and_changes_nothing(
    store: FrameStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.publish({"a": 1})
    monkeypatch.setattr(frame_store, "SIZE_LIMIT", 1000)
    with pytest.raises(InvalidValue, match="the limits are"):
        store.publish({"b": "x" * 2000})

    assert fields(store.take(store.open())) == {"a": 1}


def test_a_field_is_encoded_once_for_all_subscribers(store: FrameStore) -> None:
    encodings: list[str] = []

    def encode(key: str, value: object) -> bytes:
        encodings.append(key)
        return f"{key}={value} ".encode()

    form = FrameFormat(
        "test", encode, lambda entries, index: b"".join(entries), first_is_reset=True
    )
    encoder = FrameEncoder(form)
    early = store.open()
    store.publish({"a": 1})
    first = store.take(early)
    store.publish({"b": 2})
    second, merged = store.take(early), store.take(store.open())
    assert first is not None
    assert second is not None
    assert merged is not None

    messages = [encoder.encode(delta) for delta in (first, second, merged, merged)]

    assert b"a=1" in messages[0]
    assert b"b=2" in messages[1]
    assert b"a=1" in messages[2]
    assert b"b=2" in messages[2]
    assert (encodings.count("a"), encodings.count("b")) == (1, 1)


def test_a_value_that_a_protocol_cannot_carry_is_left_out_and_logged_once(
    store: FrameStore, caplog: pytest.LogCaptureFixture
) -> None:
    def encode(key: str, value: object) -> bytes:
        if key == "bad":
            raise InvalidValue((key,), "it cannot be sent")
        return key.encode()

    encoder = FrameEncoder(
        FrameFormat("test", encode, lambda entries, _: b",".join(entries), first_is_reset=True)
    )
    cursor = store.open()
    for number in range(3):
        store.publish({"bad": number, "good": number})
        delta = store.take(cursor)
        assert delta is not None
        assert b"good" in encoder.encode(delta)

    assert caplog.text.count("it cannot be sent") == 1


def test_keys_that_a_protocol_cannot_carry_are_forgotten_at_a_reset(store: FrameStore) -> None:
    def refuse(key: str, _: object) -> bytes:
        raise InvalidValue((key,), "it cannot be sent")

    encoder = FrameEncoder(FrameFormat("test", refuse, lambda *_: b"", first_is_reset=True))
    cursor = store.open()
    for number in range(3):
        store.publish({f"key {number}": b"x"}, reset=True)
        delta = store.take(cursor)
        assert delta is not None
        encoder.encode(delta)

    assert {key for key in encoder._hidden if key.startswith("key")} == {"key 2"}


def test_a_subscription_ends_with_its_block(store: FrameStore) -> None:
    with FrameSubscription(store) as subscription:
        assert store.subscribers == 1
        store.publish({"a": 1})
        assert fields(subscription.take()) == {"a": 1}

    eventually(lambda: store.subscribers == 0)


def test_the_history_is_kept_only_while_a_cursor_needs_it(store: FrameStore) -> None:
    cursor = store.open(every_frame=True)
    store.publish({"a": 0})
    store.take(cursor)
    store.publish({"a": 1})
    assert len(store._history) == 1
    store.end(cursor)
    store.publish({"a": 2})

    assert not store._history
    assert store.subscribers == 0


def test_subscribers_at_the_same_revision_share_a_delta(store: FrameStore) -> None:
    cursors = [store.open(), store.open()]
    store.publish({"a": 1})

    first, second = [store.take(cursor) for cursor in cursors]

    assert first is second
