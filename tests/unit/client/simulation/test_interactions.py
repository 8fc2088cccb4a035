"""Interactions begin, move and end, on both wires."""

from __future__ import annotations

import gc
import math
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.simulation import interaction_registry
from nanover_jupyter.client.simulation.interactions import interaction_value
from nanover_jupyter.errors import ClosedError, InvalidArgument, UpdateRefused
from nanover_jupyter.transport.pending import PendingCall
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.eventually import TIME_SCALE, eventually
from tests.support.fake_transport import FakeTransport

ROOT = Path(__file__).resolve().parents[4]


def interactions(server: Any) -> dict[str, Any]:
    state = server.copy_state()
    return {key: value for key, value in state.items() if key.startswith("interaction.")}


def position_of(server: Any, pull: Any) -> Any:
    return server.copy_state().get(pull.key, {}).get("position")


def test_an_interaction_lasts_for_its_block(both, connection):
    with connection.client.interact([60, 3], (1, 2, 3.5), max_force=math.inf, label="me") as pull:
        eventually(lambda: pull.key in both.copy_state())
        value = both.copy_state()[pull.key]
        assert value.pop("owner.id").startswith("nanover-jupyter-")
        assert value == {
            "position": [1.0, 2.0, 3.5],
            "particles": [60, 3],
            "interaction_type": "spring",
            "scale": 100.0,
            "mass_weighted": True,
            "reset_velocities": False,
            "max_force": math.inf,
            "label": "me",
        }
        assert pull.active
        assert (pull.particles, pull.position) == ([60, 3], [1.0, 2.0, 3.5])
        pull.update(kind="gaussian", scale=-5)
        pull.move([0, 0, 1])
        eventually(lambda: position_of(both, pull) == [0, 0, 1])
        assert both.copy_state()[pull.key]["interaction_type"] == "gaussian"

    assert not pull.active
    eventually(lambda: interactions(both) == {})
    pull.move([1, 1, 1])
    pull.end()
    connection.client.catch_up()
    assert interactions(both) == {}


def test_the_last_of_many_moves_wins(both, connection):
    with connection.client.interact([0], (0, 0, 0)) as pull:
        for step in range(500):
            pull.move([step, 0, 0])
        eventually(lambda: position_of(both, pull) == [499, 0, 0])


def test_an_exception_in_the_block_ends_it(both, connection):
    with pytest.raises(KeyboardInterrupt), connection.client.interact([0], (0, 0, 0)):
        raise KeyboardInterrupt

    eventually(lambda: interactions(both) == {})


def test_closing_the_client_ends_its_interactions(both, connection, open_connection):
    other = open_connection()
    kept = other.client.interact([1], (0, 0, 0))
    pulls = [connection.client.interact([0], (0, 0, 0)) for _ in range(3)]
    eventually(lambda: len(interactions(both)) == 4)
    pulls[0].move([1, 1, 1])

    connection.close()

    eventually(lambda: list(interactions(both)) == [kept.key])
    assert not any(pull.active for pull in pulls)
    with pytest.raises(ClosedError):
        connection.client.interact([0], (0, 0, 0))


def test_an_interaction_that_nothing_refers_to_ends(both, connection):
    connection.client.interact([0], (0, 0, 0))
    gc.collect()

    eventually(lambda: interactions(both) == {})


def test_an_interaction_that_the_server_removed_does_not_come_back(both, connection):
    client = connection.client
    pull = client.interact([0], (0, 0, 0))
    eventually(lambda: pull.key in both.copy_state())

    both.update_state(None, DictionaryChange(removals=[pull.key]))
    eventually(lambda: not pull.active)
    client._interactions._refresh()
    pull.move([1, 1, 1])
    client.catch_up()

    assert interactions(both) == {}


def test_an_interaction_that_the_server_never_showed_is_not_sent_again(both, connection):
    """As with an index that is too large: NanoVer's server removes it within one update."""
    client = connection.client
    pull = client.interact([0], (0, 0, 0))
    eventually(lambda: pull.key in both.copy_state())
    client._stream.feed.close()
    both.update_state(None, DictionaryChange(removals=[pull.key]))
    client.catch_up()

    client._interactions._refresh()
    client.catch_up()

    assert interactions(both) == {}


def test_a_removal_that_failed_is_sent_again(monkeypatch):
    monkeypatch.setattr(interaction_registry, "REFRESH_SECONDS", 0.02)
    transport = FakeTransport({"a": 1})
    with BaseClient(transport) as client:
        client.subscribe_all_state_updates()
        pull = client.interact([0], (0, 0, 0))
        eventually(lambda: pull.key in transport.state)
        transport.die("the cable was cut")
        pull.end()
        assert pull.key in transport.state

        transport.come_back(transport.state)
        client.subscribe_all_state_updates()

        eventually(lambda: pull.key not in transport.state)


def test_a_handle_of_an_earlier_interaction_does_not_end_a_later_one(both, connection):
    client = connection.client
    value = {"position": [0, 0, 0], "particles": [0], "interaction_type": "spring"}
    first = client.interact_with_value(value)
    key = first.key
    eventually(lambda: key in both.copy_state())
    both.update_state(None, DictionaryChange(removals=[key]))
    eventually(lambda: client._interactions.keys == [])
    second = client.interact_with_value(value, key)

    first.end()
    del first
    gc.collect()
    second.move([1, 1, 1])

    eventually(lambda: position_of(both, second) == [1, 1, 1])
    assert second.active


def test_an_index_beyond_the_atoms_is_refused(both, connection):
    both.publish_frame({"particle.count": 3})
    connection.client.wait_for_frame(10)

    with pytest.raises(InvalidArgument, match="5 is out of range; there are 3 atoms"):
        connection.client.interact([0, 5], (0, 0, 0))


def test_an_interaction_is_sent_again_while_it_lasts(both, connection, monkeypatch):
    monkeypatch.setattr(interaction_registry, "REFRESH_SECONDS", 0.02)
    seen = []
    connection.client.on_change(lambda change: seen.extend(change.updates))

    with connection.client.interact([0], (0, 0, 0)) as pull:
        eventually(lambda: seen.count(pull.key) > 2)


def test_interactions_of_all_clients_are_listed(both, connection):
    both.update_state(
        None, DictionaryChange({"interaction.other": {"scale": 1}, "interaction.bad": 5})
    )
    with connection.client.interact([0], (0, 0, 0)) as pull:
        eventually(lambda: connection.client.interactions.keys() == {pull.key, "interaction.other"})


def test_stale_interactions_are_found_and_removed(both, connection, open_connection, monkeypatch):
    monkeypatch.setattr(interaction_registry, "REFRESH_SECONDS", 0.05)
    live = open_connection().client.interact([1], (0, 0, 0))
    both.update_state(
        None,
        DictionaryChange(
            {
                "interaction.dead": {"owner.id": "nanover-jupyter-dead"},
                "interaction.gone": {"owner.id": "gone"},
                "interaction.headset": {"owner.id": "headset"},
                "avatar.headset": {},
                "interaction.anonymous": {},
                "interaction.malformed": "x",
            }
        ),
    )
    own = connection.client.interact([0], (0, 0, 0))

    stale = connection.client.find_stale_interactions(0.5 * TIME_SCALE)

    assert stale == ["interaction.dead", "interaction.gone"]
    connection.client.remove_interactions([*stale, "avatar.headset"])
    eventually(lambda: not set(stale) & both.copy_state().keys())
    assert {live.key, own.key, "avatar.headset"} <= both.copy_state().keys()


PROGRAM = """
import os, signal, sys, time
from nanover_jupyter import connect
connection = connect(sys.argv[1])
pull = connection.client.interact([0], (0, 0, 0))
connection.client.catch_up()
print("pulling", flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize("end", ["exit", "interrupt", "terminate", "kill"])
def test_interactions_end_with_their_process(both, url, end):
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, url],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    assert program.stdin is not None
    assert program.stdout.readline() == "pulling\n"
    assert len(interactions(both)) == 1
    if end == "exit":
        program.stdin.write("\n")
        program.stdin.flush()
    else:
        kinds = {"interrupt": signal.SIGINT, "terminate": signal.SIGTERM, "kill": signal.SIGKILL}
        os.kill(program.pid, kinds[end])
    program.communicate(timeout=15 * TIME_SCALE)

    eventually(lambda: interactions(both) == {})


# one write at a time ------------------------------------------------------------------


class SlowTransport(FakeTransport):
    """Leaves writes in flight until they are answered, after the first."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[DictionaryChange, PendingCall[bool]]] = []
        self.is_slow = threading.Event()

    def start_update(self, change: DictionaryChange, timeout: float | None) -> PendingCall[bool]:
        if not self.is_slow.is_set():
            return super().start_update(change, timeout)
        call: PendingCall[bool] = PendingCall(lambda: None)
        self.calls.append((change, call))
        return call


def test_moves_wait_for_the_write_in_flight_and_are_merged(monkeypatch):
    monkeypatch.setattr(interaction_registry, "REFRESH_SECONDS", 1000)
    transport = SlowTransport()
    with BaseClient(transport) as client:
        pull = client.interact([0], (0, 0, 0))
        transport.is_slow.set()
        for step in range(5):
            pull.move([step, 0, 0])
        assert [change.updates[pull.key]["position"] for change, _ in transport.calls] == [
            [0, 0, 0]
        ]

        transport.calls[0][1].settle(lambda: True)
        assert transport.calls[1][0].updates[pull.key]["position"] == [4, 0, 0]

        pull.move([9, 9, 9])
        pull.end()
        transport.calls[1][1].settle(lambda: True)
        assert transport.calls[2][0] == DictionaryChange(removals={pull.key})
        transport.calls[2][1].settle(lambda: True)


def test_a_locked_key_is_reported():
    transport = FakeTransport()
    transport.refuse_updates()
    with BaseClient(transport) as client, pytest.raises(UpdateRefused):
        client.interact([0], (0, 0, 0))


def test_a_lost_server_does_not_delay_closing():
    transport = FakeTransport({"a": 1})
    client = BaseClient(transport)
    client.interact([0], (0, 0, 0))
    transport.die("gone")
    client.close()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"particles": []}, "invalid particles: there are none"),
        ({"particles": [-1]}, "invalid particles: -1 is negative"),
        ({"particles": 5}, "invalid particles: 5 is not a list"),
        ({"particles": [1.5]}, "is not a list of indices"),
        ({"particles": [True]}, "use np.flatnonzero"),
        ({"scale": "x"}, "is not a number"),
        ({"max_force": None}, "is not a number"),
        ({"position": [10**400, 0, 0]}, "three finite numbers"),
        ({"kind": "sprnig"}, "'sprnig' is unknown"),
        ({"position": [1, 2]}, "invalid position: .* three finite numbers"),
        ({"position": [1, 2, math.nan]}, "invalid position"),
        ({"position": None}, "invalid position"),
        ({"kind": ""}, "invalid kind"),
        ({"scale": math.inf}, "invalid scale: inf is not finite"),
        ({"max_force": -1}, "invalid max_force"),
        ({"max_force": math.nan}, "invalid max_force"),
    ],
)
def test_invalid_settings_are_rejected(arguments, message):
    with pytest.raises(InvalidArgument, match=message):
        interaction_value(**{"particles": [0], "position": [0, 0, 0], **arguments})


@given(
    st.lists(st.integers(0, 10**6), min_size=1),
    st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3),
)
def test_valid_settings_become_plain_numbers(particles, position):
    value = interaction_value(particles, position)

    assert value["particles"] == particles
    assert value["position"] == position
