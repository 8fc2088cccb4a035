"""Changes for `async for`."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from nanover_jupyter import ClosedError
from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.state.change_stream import ChangeStream
from nanover_jupyter.client.state.key_changes import KeyChange
from tests.support.eventually import TIME_SCALE, eventually
from tests.support.fake_transport import FakeTransport


@pytest.fixture
def transport() -> FakeTransport:
    return FakeTransport({"avatar.a": 1.0, "other": 0.0})


@pytest.fixture
def client(transport: FakeTransport) -> Iterator[BaseClient]:
    with BaseClient(transport) as client:
        client.subscribe_all_state_updates()
        eventually(client.keys)
        yield client


async def read(stream: ChangeStream, count: int) -> list[KeyChange]:
    async def some() -> list[KeyChange]:
        return [await anext(stream) for _ in range(count)]

    return await asyncio.wait_for(some(), 10 * TIME_SCALE)


async def rest(stream: ChangeStream) -> list[KeyChange]:
    async def all_of_it() -> list[KeyChange]:
        return [change async for change in stream]

    return await asyncio.wait_for(all_of_it(), 10 * TIME_SCALE)


def test_changes_of_matching_keys_come_one_by_one(
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


def test_patterns_mind_case_and_stand_for_whole_keys(
    client: BaseClient, transport: FakeTransport
) -> None:
    async def cell() -> list[KeyChange]:
        stream = client.changes("Avatar.*x")
        transport.change({"avatar.x": 1.0, "Avatar.xy": 1.0, "Avatar.x": 1.0})
        return await read(stream, 1)

    assert [change.key for change in asyncio.run(cell())] == ["Avatar.x"]


def test_a_slow_reader_gets_the_last_word_on_each_key(
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


def test_a_stream_that_was_dropped_costs_nothing_any_more(client: BaseClient) -> None:
    feed = client._stream.feed
    before = feed.count
    stream = client.changes()
    assert feed.count == before + 1

    del stream
    gc.collect()

    assert feed.count == before


def test_it_goes_on_after_a_lost_connection(client: BaseClient, transport: FakeTransport) -> None:
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


def test_a_value_that_is_nested_very_deeply_ends_no_stream(
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
