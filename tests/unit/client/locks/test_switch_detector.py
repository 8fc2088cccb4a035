"""Detection of a switched simulation."""

from __future__ import annotations

import pytest

from nanover_jupyter import DemoWorld, LeaseLost
from nanover_jupyter.client.locks.switch_detector import looks_like_a_switch
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.eventually import eventually


@pytest.mark.parametrize(
    ("updates", "removals", "is_one"),
    [
        ({"scene": 1}, [], False),
        ({"avatar.a": 1}, ["interaction.b"], False),
        ({}, ["avatar.a", "playarea.a", "interaction.b"], False),
        ({}, ["selection.a", "selection.b"], False),
        ({}, ["scene"], True),
        ({}, ["selection.a", "avatar.b"], True),
        ({}, ["selection.a", "interaction.b"], True),
        ({}, ["avatar.a", "selection.a.0", "user-origin.a", "interaction.b"], False),
        ({}, ["avatar.a", "selection.a.0", "avatar.b", "selection.b.0"], False),
        ({}, ["avatar.a", "selection.a.0", "selection.root"], True),
        ({"simulation.index": 2}, [], True),
        ({"simulation.name": "x", "a": 1}, ["b"], True),
        ({"simulation.note": "x"}, [], False),
    ],
)
def test_a_switch_is_detected_by_changed_and_removed_keys(updates, removals, is_one):
    assert looks_like_a_switch(DictionaryChange(updates, removals)) is is_one


@pytest.fixture
def world(server):
    with DemoWorld(server) as world:
        yield world


def test_locks_are_acquired_again_after_a_load_by_this_client(world, make_client):
    client = make_client()
    lease = client.lock("scene")

    client.run_command("playback/load", index=1)

    eventually(lambda: not lease.continuous)
    assert "playback/load switched" in lease.note
    assert lease.state == "held"
    assert not make_client().attempt_update_locks({"scene": 5})


def test_a_failed_load_may_have_cleared_the_locks_too(world, make_client, server):
    client = make_client()
    lease = client.lock("scene")
    server.clear_locks()

    with pytest.raises(Exception, match="load"):
        client.run_command("playback/load", index="no number")

    eventually(lambda: not lease.continuous)


def test_an_asynchronous_load_is_detected(world, make_client):
    client = make_client()
    lease = client.lock("scene")

    client.run_command_async("playback/next").result(10)

    eventually(lambda: "playback/next switched" in lease.note)


def test_a_load_by_another_client_is_detected_in_the_state(make_client, server):
    server.update_state("someone", DictionaryChange({"selection.a": 1, "avatar.b": 1}))
    client = make_client()
    client.catch_up()
    mine, theirs = client.lock("scene", duration=60), client.lock("title", duration=60)
    told = []
    theirs.on_lost(lambda lost: told.append(lost.note))

    with server.lock_state():  # atomic for other clients
        server.clear_locks()
        server.update_locks("a stranger", {"title": 60})
        server.update_state("a load", DictionaryChange(removals=["selection.a", "avatar.b"]))

    eventually(lambda: not mine.continuous)
    assert "was probably switched" in mine.note
    eventually(lambda: told)
    assert "now held by another client" in told[0]
    with pytest.raises(LeaseLost):
        theirs.check()


def test_a_load_of_the_demo_world_is_detected_by_other_clients(world, make_client):
    client, other = make_client(), make_client()
    client.catch_up()
    lease = client.lock("title", duration=60)

    other.run_command("playback/load", index=1, clear_state=True)

    eventually(lambda: not lease.continuous)
    assert "was probably switched" in lease.note
