"""Objects of NanoVer's own package, as far as an address can be read from them.

The real ones are asked in tests/upstream.
"""

from __future__ import annotations

from types import SimpleNamespace as Thing

import pytest

from nanover_jupyter.client.nanover_objects import address_of
from nanover_jupyter.errors import AddressError
from tests.support.ids import without_address


def app(**services):
    return Thing(service_hub=Thing(services=services), address="[::]")


def websocket(remote, **uri):
    return Thing(_connection=Thing(remote_address=remote, protocol=Thing(uri=Thing(**uri))))


@pytest.mark.parametrize(
    ("thing", "address"),
    [
        ("ws://host", "ws://host"),
        (app(ws=1), "ws://127.0.0.1:1"),
        (app(wss=1, https=2, ws=3), "ws://127.0.0.1:3"),
        (app(wss=1, https=2), "wss://127.0.0.1:1"),
        (app(multiplayer=1, trajectory=1, imd=1), "grpc://127.0.0.1:1"),
        (app(multiplayer=1, ws=2), "ws://127.0.0.1:2"),
        (Thing(app_server=app(ws=1)), "ws://127.0.0.1:1"),
        (Thing(address="[::]", port=1), "127.0.0.1:1"),
        (Thing(address="lab.example", port=1), "lab.example:1"),
        (Thing(app_server=Thing(address="localhost", port=1)), "127.0.0.1:1"),
        (Thing(address="grpc://lab:1"), "grpc://lab:1"),
        (websocket(("10.0.0.1", 1), host="lab", secure=True), "wss://lab:1"),
        (websocket(("10.0.0.1", 1)), "ws://10.0.0.1:1"),
        (websocket(("::1", 1, 0, 0), host="::1", secure=False), "ws://[::1]:1"),
    ],
    ids=without_address,
)
def test_an_address_is_read_from_an_object(thing, address):
    assert address_of(thing) == address


@pytest.mark.parametrize(
    "thing",
    [None, 3, object(), app(), Thing(address="x"), Thing(port=1), websocket(None)],
    ids=without_address,
)
def test_an_object_without_an_address_is_refused_by_its_type(thing):
    with pytest.raises(AddressError) as caught:
        address_of(thing)

    assert type(thing).__name__ in caught.value.address
    assert "with an address" in caught.value.reason
