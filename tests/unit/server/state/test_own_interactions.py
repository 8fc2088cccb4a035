"""The interactions that end with a connection."""

from __future__ import annotations

from nanover_jupyter.server.state.own_interactions import OwnInteractions, PeerInteractions
from nanover_jupyter.wire.messages import DictionaryChange

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

    assert not peers.close("a")
    assert peers.close("a").find(MINE.updates) == {"interaction.mine"}
    assert not peers.close("b")
    assert peers._subscriptions == peers._interactions == {}
