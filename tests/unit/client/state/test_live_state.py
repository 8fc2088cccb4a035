"""The state as a mapping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.state.live_state import LiveState
from tests.support.eventually import eventually
from tests.support.fake_transport import FakeTransport


@pytest.fixture
def transport() -> FakeTransport:
    return FakeTransport({"avatar.a": {"name": "A"}, "avatar.b": [1.0], "scene": None, "n": 0.0})


@pytest.fixture
def client(transport: FakeTransport) -> Iterator[BaseClient]:
    with BaseClient(transport) as client:
        client.subscribe_all_state_updates()
        eventually(client.keys)
        yield client


def test_it_is_an_ordinary_mapping(client: BaseClient) -> None:
    avatars = LiveState(client, "avatar.")

    assert isinstance(avatars, Mapping)
    assert sorted(avatars) == ["avatar.a", "avatar.b"]
    assert len(avatars) == 2
    assert dict(avatars) == {"avatar.a": {"name": "A"}, "avatar.b": [1.0]}
    assert avatars.get("avatar.c", 5) == 5
    assert avatars == {"avatar.a": {"name": "A"}, "avatar.b": [1.0]}


def test_other_keys_are_not_in_it(client: BaseClient) -> None:
    avatars = LiveState(client, "avatar.")

    assert "n" not in avatars
    assert 3 not in avatars
    with pytest.raises(KeyError, match="'n'"):
        avatars["n"]


def test_without_a_prefix_it_has_all_keys(client: BaseClient) -> None:
    assert set(LiveState(client)) == {"avatar.a", "avatar.b", "scene", "n"}


def test_it_is_always_up_to_date(client: BaseClient, transport: FakeTransport) -> None:
    state = LiveState(client)

    transport.change({"late": 1.0}, {"n"})

    eventually(lambda: "late" in state)
    assert "n" not in state


def test_iteration_uses_a_snapshot_of_the_keys(
    client: BaseClient, transport: FakeTransport
) -> None:
    keys = iter(LiveState(client))
    first = next(keys)

    transport.change({}, {"n", "scene"} - {first})
    eventually(lambda: len(client.keys()) < 4)

    assert len(list(keys)) == 3


def test_values_are_copies(client: BaseClient) -> None:
    LiveState(client)["avatar.b"].append(2)  # type: ignore[union-attr]

    assert client.peek("avatar.b") == [1.0]


def test_repr_has_the_keys_and_the_server(client: BaseClient) -> None:
    assert repr(LiveState(client, "avatar.")) == "<LiveState avatar.* of fake://server: 2 keys>"
    assert repr(LiveState(client)) == "<LiveState state of fake://server: 4 keys>"
