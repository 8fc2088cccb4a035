"""Locks of gRPC clients and claims of WebSocket clients, over sockets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgpack
import pytest
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as open_websocket

from nanover_jupyter.errors import UpdateRefused
from nanover_jupyter.server import NanoverServer
from nanover_jupyter.server.state.claims import SERVER_KEY
from nanover_jupyter.wire.claims import Claim, ClaimState, ClientClaims, read_claims
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.messages import DictionaryChange

TIMEOUT = 10.0
TTL = 60.0


@pytest.fixture
def server() -> Iterator[NanoverServer]:
    with NanoverServer(websocket_port=0, application_defaults=False) as server:
        yield server


@pytest.fixture
def websocket(server: NanoverServer) -> Iterator[ClientConnection]:
    with open_websocket(f"ws://127.0.0.1:{server.websocket_port}") as websocket:
        yield websocket


def claim_keys(websocket: ClientConnection, state: ClaimState, *keys: str) -> dict[str, Any]:
    """Write the claims of the client `w`; return the updates that contain their echo."""
    claims = ClientClaims("w", claims=dict.fromkeys(keys, Claim(state=state, ttl=TTL)))
    return send(websocket, {claims.key: claims.value()})


def send(websocket: ClientConnection, updates: dict[str, Any]) -> dict[str, Any]:
    """Send updates and return those with which the first of them comes back."""
    websocket.send(msgpack.packb({"state": {"updates": updates}}))
    first = next(iter(updates))
    while True:
        message = msgpack.unpackb(websocket.recv(TIMEOUT))
        received: dict[str, Any] = message.get("state", {}).get("updates", {})
        if received.get(first) == updates[first]:
            return received


def test_a_lock_is_refused_while_a_websocket_client_claims_the_key(server, client, websocket):
    claim_keys(websocket, "held", "scene")

    assert not client.lock({"scene": 5.0, "other": 5.0})
    assert client.lock({"other": 5.0})
    with pytest.raises(UpdateRefused) as caught:
        server.update_locks("me", {"scene": 5.0, "free": 5.0})
    assert caught.value.keys == ("scene",)

    claim_keys(websocket, "waiting", "scene")
    assert client.lock({"scene": 5.0})


def test_a_websocket_client_receives_a_lock_with_the_echo_of_its_claim(client, websocket):
    assert client.lock({"scene": TTL, "other": TTL})

    received = claim_keys(websocket, "asking", "scene", "free")

    assert received.keys() == {"lock.w", SERVER_KEY}
    published = read_claims(SERVER_KEY, received[SERVER_KEY])
    assert published is not None
    (claim,) = published.claims.values()
    assert published.claims.keys() == {"scene"}
    assert claim.state == "held"
    assert claim.enforced
    assert 0 < claim.ttl <= TTL

    assert client.lock({"scene": TTL})  # the claim of the other does not end the lock
    assert client.lock({"scene": None})
    assert not client.lock({"scene": TTL})


def test_grpc_clients_receive_claims_and_published_locks(server, connect, websocket):
    holder, other = connect(), connect()
    assert holder.lock({"scene": TTL})
    claim_keys(websocket, "asking", "scene")

    stream = other.subscribe()
    state = grpc_codec.decode_state_update(next(stream)).updates
    assert read_claims("lock.w", state["lock.w"]).claims.keys() == {"scene"}
    assert read_claims(SERVER_KEY, state[SERVER_KEY]).claims.keys() == {"scene"}

    server.clear_locks()
    assert grpc_codec.decode_state_update(next(stream)) == DictionaryChange(removals={SERVER_KEY})
    stream.cancel()


def test_a_grpc_client_accepts_an_offer_of_a_websocket_client(connect, websocket):
    recipient, other = connect("g"), connect("h")
    mine = ClientClaims("g", claims={"another": Claim(state="waiting", ttl=TTL)})
    assert recipient.update({mine.key: mine.value()})
    offered = ClientClaims("w", claims={"scene": Claim(state="held", ttl=TTL, offer="g")})
    send(websocket, {offered.key: offered.value()})

    assert not other.lock({"scene": 5.0})
    assert recipient.lock({"scene": 5.0})


def test_claims_end_with_the_client_that_the_server_knows(server, client, websocket):
    send(websocket, {"avatar.w": {}})
    claim_keys(websocket, "held", "scene")
    assert not client.lock({"scene": 5.0})

    stream = client.subscribe()
    next(stream)
    websocket.close()
    removed = grpc_codec.decode_state_update(next(stream)).removals

    stream.cancel()
    assert removed == {"avatar.w", "lock.w"}
    assert client.lock({"scene": 5.0})


@pytest.mark.parametrize(
    "hostile",
    [
        None,
        b"\xff",
        {"claims": [1]},
        {"claims": {"scene": {"state": "held", "ttl": 2**64 - 1, "nonce": b"x"}}},
        {"claims": {"scene": {"state": {"a": 1}, "ttl": 1}}},
        {"claims": {"": None, "scene": {"state": "asking", "ttl": float("nan")}}},
    ],
)
@pytest.mark.parametrize("key", ["lock.", "lock.w", SERVER_KEY])
def test_malformed_claims_do_not_disturb_the_server(client, websocket, hostile, key):
    assert client.lock({"scene": TTL})
    websocket.send(msgpack.packb({"state": {"updates": {key: hostile}}}))

    received = claim_keys(websocket, "asking", "scene")

    assert read_claims(SERVER_KEY, received[SERVER_KEY]).claims.keys() == {"scene"}
    assert client.lock({"scene": None})
