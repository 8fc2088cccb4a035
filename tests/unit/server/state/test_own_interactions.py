"""The interactions that end with a connection."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from nanover_jupyter import NanoverServer, connect
from nanover_jupyter.server.state.own_interactions import OwnInteractions, PeerInteractions
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.eventually import eventually

MINE = DictionaryChange({"interaction.mine": {"max_force": float("nan")}, "other": 1})


def test_a_connection_owns_what_it_wrote_last():
    own = OwnInteractions()
    assert not own
    own.note(MINE)
    own.note(DictionaryChange({"interaction.ended": 1, "interaction.taken": 1}))
    own.note(DictionaryChange(removals=["interaction.ended"]))
    state = {**MINE.updates, "interaction.ended": 1, "interaction.taken": 2}

    assert own
    assert own.find(state) == {"interaction.mine"}
    assert own.find({}) == set()


def test_interactions_of_a_peer_end_with_its_last_subscription():
    peers = PeerInteractions()
    peers.note("a", MINE)  # not subscribed
    for peer in ("a", "a", "b"):
        peers.open(peer)
    peers.note("a", MINE)
    peers.note("b", DictionaryChange({"other": 1}))

    assert not peers.close("a", 0)
    assert peers.close("a", 0).find(MINE.updates) == {"interaction.mine"}
    assert not peers.close("b", 0)
    assert peers._subscriptions == peers._interactions == {}


def test_a_peer_that_subscribes_again_keeps_its_interactions():
    peers = PeerInteractions()
    peers.open("a")
    peers.note("a", MINE)
    with ThreadPoolExecutor(1) as pool:
        ending = pool.submit(peers.close, "a", 30)
        eventually(lambda: not peers._subscriptions)
        peers.open("a")

        assert not ending.result(10)

    assert peers.close("a", 0).find(MINE.updates) == {"interaction.mine"}


@pytest.mark.parametrize("wire", ["grpc", "ws"])
def test_a_refused_change_does_not_replace_what_a_connection_wrote(wire: str) -> None:
    with NanoverServer(websocket_port=0) as server:
        server.update_locks("another", {"locked": 60})
        port = server.port if wire == "grpc" else server.websocket_port
        connection = connect(f"{wire}://127.0.0.1:{port}")
        client = connection.client
        client.attempt_update_state(DictionaryChange({"interaction.a": 1}))
        client.attempt_update_state(DictionaryChange({"interaction.a": 2, "locked": 1}))
        client.catch_up(10)
        assert server.copy_state()["interaction.a"] == 1

        connection.close()

        eventually(lambda: "interaction.a" not in server.copy_state())
