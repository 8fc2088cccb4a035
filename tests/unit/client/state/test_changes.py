"""Changes of keys, and the async iterator over them."""

from __future__ import annotations

import asyncio
import gc
import math
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter import ClosedError, DictionaryChange
from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.state.changes import ChangeStream, KeyChange, KeyTracker
from tests.support.eventually import TIME_SCALE, eventually
from tests.support.fake_transport import FakeTransport


class FakeSource:
    """The part of a client that a tracker reads."""

    def __init__(self, state: dict[str, Any]) -> None:
        self._state = state

    def keys(self) -> list[str]:
        return list(self._state)

    def peek(self, key: str, default: Any = None) -> Any:
        return self._state.get(key, default)


def tracker(state: dict[str, Any] | None = None) -> KeyTracker:
    return KeyTracker(FakeSource(state or {}), lambda key: key.startswith("a"))  # type: ignore[arg-type]


def test_keys_are_added_changed_and_removed() -> None:
    key_tracker = tracker({"a1": 1, "b": 1})

    changes_seen = [
        *key_tracker.changes(DictionaryChange({"a1": 2, "a2": 5, "b": 3})),
        *key_tracker.changes(DictionaryChange(removals={"a1", "b", "a9"})),
    ]

    assert changes_seen == [
        KeyChange("changed", "a1", 2, 1),
        KeyChange("added", "a2", 5, None),
        KeyChange("removed", "a1", None, 2),
    ]


@pytest.mark.parametrize("value", [1.0, [math.nan], {"x": [True]}, None])
def test_a_value_sent_unchanged_is_not_a_change(value: object) -> None:
    assert list(tracker({"a": value}).changes(DictionaryChange({"a": value}))) == []


def test_none_is_a_value() -> None:
    key_tracker = tracker()

    changes_seen = [*key_tracker.changes(DictionaryChange({"a": None}))]
    changes_seen += key_tracker.changes(DictionaryChange({"a": 1}))

    assert changes_seen == [KeyChange("added", "a", None, None), KeyChange("changed", "a", 1, None)]


@given(
    changes=st.lists(
        st.tuples(
            st.dictionaries(st.sampled_from(["a1", "a2", "b"]), st.integers(0, 2)),
            st.sets(st.sampled_from(["a1", "a2", "b"])),
        )
    )
)
def test_changes_add_up_to_the_state(
    changes: list[tuple[dict[str, int], set[str]]],
) -> None:
    state: dict[str, Any] = {"a1": 0, "b": 0}
    key_tracker = tracker(dict(state))
    changes_seen = {"a1": 0}
    for updates, removals in changes:
        change = DictionaryChange({k: v for k, v in updates.items() if k not in removals}, removals)
        state.update(change.updates)
        for key in removals:
            state.pop(key, None)
        for one in key_tracker.changes(change):
            assert changes_seen.get(one.key) == one.old
            assert (one.key in changes_seen) == (one.kind != "added")
            if one.kind == "removed":
                del changes_seen[one.key]
            else:
                changes_seen[one.key] = one.value

    assert changes_seen == {key: value for key, value in state.items() if key.startswith("a")}


@pytest.fixture
def transport() -> FakeTransport:
    return FakeTransport({"avatar.a": 1.0, "other": 0.0})


@pytest.fixture
def client(transport: FakeTransport) -> Iterator[BaseClient]:
    with BaseClient(transport) as client:
        client.subscribe_all_state_updates()
        eventually(client.keys)
        yield client


def test_a_tracker_knows_the_current_state(client: BaseClient) -> None:
    assert KeyTracker(client, lambda key: key.startswith("avatar.")).known == {"avatar.a": 1.0}


async def read(stream: ChangeStream, count: int) -> list[KeyChange]:
    async def some() -> list[KeyChange]:
        return [await anext(stream) for _ in range(count)]

    return await asyncio.wait_for(some(), 10 * TIME_SCALE)


async def rest(stream: ChangeStream) -> list[KeyChange]:
    async def all_of_it() -> list[KeyChange]:
        return [change async for change in stream]

    return await asyncio.wait_for(all_of_it(), 10 * TIME_SCALE)


def test_changes_of_matching_keys_are_read_one_by_one(
    client: BaseClient, transport: FakeTransport
) -> None:
    async def cell() -> list[KeyChange]:
        async with client.changes("avatar.*") as stream:
            transport.change({"avatar.b": 2.0, "other": 5.0})
            first = await read(stream, 1)
            transport.change({"avatar.a": 3.0}, {"avatar.b"})
            return first + await read(stream, 2)

    assert asyncio.run(cell()) == [
        KeyChange("added", "avatar.b", 2.0, None),
        KeyChange("changed", "avatar.a", 3.0, 1.0),
        KeyChange("removed", "avatar.b", None, 2.0),
    ]


def test_patterns_match_full_keys_and_case(client: BaseClient, transport: FakeTransport) -> None:
    async def cell() -> list[KeyChange]:
        stream = client.changes("Avatar.*x")
        transport.change({"avatar.x": 1.0, "Avatar.xy": 1.0, "Avatar.x": 1.0})
        return await read(stream, 1)

    assert [change.key for change in asyncio.run(cell())] == ["Avatar.x"]


def test_a_slow_reader_gets_the_last_change_of_each_key(
    client: BaseClient, transport: FakeTransport
) -> None:
    async def cell() -> list[KeyChange]:
        stream = client.changes("avatar.*")
        for number in range(500):
            transport.change({"avatar.a": float(number)})
        eventually(lambda: client.peek("avatar.a") == 499.0)
        done = threading.Event()
        client.on_change(lambda _: done.set())
        transport.change({"other": 9.0})
        assert done.wait(10)
        return await read(stream, 1)

    assert asyncio.run(cell()) == [KeyChange("changed", "avatar.a", 499.0, 1.0)]


def test_it_waits_without_blocking_the_loop(client: BaseClient, transport: FakeTransport) -> None:
    async def cell() -> list[KeyChange]:
        stream = client.changes()
        reading = asyncio.create_task(read(stream, 1))
        await asyncio.sleep(0)
        assert not reading.done()
        transport.change({"new": 1.0})
        return await reading

    assert [change.key for change in asyncio.run(cell())] == ["new"]


def test_it_ends_with_the_client(client: BaseClient) -> None:
    async def cell() -> list[KeyChange]:
        reading = asyncio.create_task(rest(client.changes()))
        await asyncio.sleep(0)
        await asyncio.to_thread(client.close)
        return await reading

    assert asyncio.run(cell()) == []


def test_it_ends_with_its_block(client: BaseClient, transport: FakeTransport) -> None:
    async def cell() -> list[KeyChange]:
        async with client.changes() as stream:
            reading = asyncio.create_task(rest(stream))
            await asyncio.sleep(0)
        transport.change({"new": 1.0})
        return await reading

    assert asyncio.run(cell()) == []


def test_a_closed_client_has_no_changes(client: BaseClient) -> None:
    client.close()

    with pytest.raises(ClosedError):
        client.changes()


def test_a_collected_stream_ends_its_subscription(client: BaseClient) -> None:
    feed = client._stream.feed
    before = feed.count
    stream = client.changes()
    assert feed.count == before + 1

    del stream
    gc.collect()

    assert feed.count == before


def test_it_continues_after_a_reconnection(client: BaseClient, transport: FakeTransport) -> None:
    async def cell() -> list[KeyChange]:
        stream = client.changes()
        transport.die("gone")
        eventually(lambda: client.status.state == "lost")
        transport.come_back({"avatar.a": 7.0})
        client.subscribe_all_state_updates()
        return await read(stream, 2)

    assert asyncio.run(cell()) == [
        KeyChange("changed", "avatar.a", 7.0, 1.0),
        KeyChange("removed", "other", None, 0.0),
    ]


def test_it_may_be_read_in_one_loop_after_another(
    client: BaseClient, transport: FakeTransport
) -> None:
    stream = client.changes()
    transport.change({"x": 1.0})
    assert [c.key for c in asyncio.run(read(stream, 1))] == ["x"]

    transport.change({"y": 1.0})

    assert [c.key for c in asyncio.run(read(stream, 1))] == ["y"]


def test_a_deeply_nested_value_does_not_end_the_stream(
    client: BaseClient, transport: FakeTransport
) -> None:
    def nested(value: Any) -> Any:
        for _ in range(510):
            value = {"a": value}
        return value

    async def cell() -> list[str]:
        async with client.changes() as stream:
            transport.change({"deep": nested(1)})
            first = await read(stream, 1)
            transport.change({"deep": nested(2)})
            return [change.kind for change in first + await read(stream, 1)]

    assert asyncio.run(cell()) == ["added", "changed"]
