"""The protocol of cooperative locks, step by step. `test_model.py` explores it."""

from __future__ import annotations

import itertools
import math

import pytest

from nanover_jupyter.client.locks.claims.protocol import (
    BELIEF_SHARE,
    SILENT_SECONDS,
    ClaimProtocol,
)
from nanover_jupyter.wire.messages import DictionaryChange

SECONDS = 9.5
TTL = SECONDS / BELIEF_SHARE


class Exchange:
    """A server and its clients, which receive everything at once unless they are paused."""

    def __init__(self):
        self.now = 100.0
        self.state = {}
        self.clients = []
        self.paused = {}
        self.ids = (f"id-{number:02}" for number in itertools.count())

    def join(self):
        client = ClaimProtocol(wall_clock=lambda: self.now, new_id=lambda: next(self.ids))
        client.receive(self.state, [], self.now, is_full=True)
        self.clients.append(client)
        return client

    def send(self, client, renewals=None):
        change = client.write(self.now, renewals)
        if change is not None:
            self.apply(change)
        return change

    def apply(self, change):
        self.state = {
            key: value
            for key, value in (self.state | change.updates).items()
            if key not in change.removals
        }
        for client in self.clients:
            if client in self.paused:
                self.paused[client].merge(change)
            else:
                client.receive(change.updates, change.removals, self.now)

    def pause(self, client):
        self.paused[client] = DictionaryChange()

    def resume(self, client):
        change = self.paused.pop(client)
        return client.receive(change.updates, change.removals, self.now)

    def ask(self, client, *keys, seconds=SECONDS):
        attempt = client.ask(dict.fromkeys(keys, seconds))
        self.send(client)
        return attempt

    def decide(self, client, attempt):
        return client.decide(attempt, self.now)

    def acquire(self, client, *keys, seconds=SECONDS):
        attempt = self.ask(client, *keys, seconds=seconds)
        outcome = self.decide(client, attempt)
        if outcome != "held":
            client.withdraw(attempt)
        self.send(client)
        return outcome


@pytest.fixture
def exchange():
    return Exchange()


@pytest.fixture
def ada(exchange):
    return exchange.join()


@pytest.fixture
def ben(exchange):
    return exchange.join()


def test_a_free_key_is_held_once_the_own_claim_was_seen(exchange, ada):
    exchange.pause(ada)
    attempt = exchange.ask(ada, "scene")

    assert exchange.decide(ada, attempt) == "pending"
    assert not ada.believes("scene", exchange.now)

    exchange.resume(ada)
    assert exchange.decide(ada, attempt) == "held"
    assert ada.believes("scene", exchange.now)
    exchange.send(ada)
    assert exchange.state[ada.key]["claims"]["scene"]["state"] == "held"


def test_a_held_key_is_refused_and_the_claim_withdrawn(exchange, ada, ben):
    exchange.acquire(ada, "scene", "other")

    assert exchange.acquire(ben, "free", "scene") == "refused"
    assert ben.key not in exchange.state
    assert exchange.acquire(ben, "free") == "held"


def test_the_higher_ticket_withdraws_and_the_lower_waits(exchange, ada, ben):
    exchange.pause(ben)
    exchange.pause(ada)
    first, second = exchange.ask(ada, "scene"), exchange.ask(ben, "scene")
    exchange.resume(ada)
    exchange.resume(ben)

    assert exchange.decide(ada, first) == "contended"
    assert exchange.decide(ben, second) == "refused"

    ben.withdraw(second)
    exchange.send(ben)
    assert exchange.decide(ada, first) == "held"


def test_a_client_that_waits_keeps_its_ticket(exchange, ada, ben):
    cem = exchange.join()
    exchange.acquire(ada, "scene")
    ben.wait("scene", ends_at=math.inf, ttl=30.0, note="please")
    exchange.send(ben)
    exchange.acquire(cem, "elsewhere")  # its tickets are higher from now on
    cem.wait("scene", ends_at=math.inf, ttl=30.0)
    exchange.send(cem)
    ada.release(["scene"])
    exchange.send(ada)
    exchange.pause(ben)
    exchange.pause(cem)
    later, earlier = exchange.ask(cem, "scene"), exchange.ask(ben, "scene")
    exchange.resume(ben)
    exchange.resume(cem)

    assert exchange.decide(cem, later) == "refused"
    assert exchange.decide(ben, earlier) == "contended"
    cem.withdraw(later)
    exchange.send(cem)
    assert exchange.state[cem.key]["claims"]["scene"]["state"] == "waiting"
    assert exchange.decide(ben, earlier) == "held"


def test_belief_counts_from_the_time_of_sending(exchange, ada):
    exchange.pause(ada)
    attempt = exchange.ask(ada, "scene")
    exchange.now += 4.0
    exchange.resume(ada)
    assert exchange.decide(ada, attempt) == "held"

    exchange.now += SECONDS - 4.0 - 0.1
    assert ada.believes("scene", exchange.now)
    exchange.now += 0.1
    assert not ada.believes("scene", exchange.now)


def test_a_decision_that_comes_too_late_is_lost(exchange, ada):
    exchange.pause(ada)
    attempt = exchange.ask(ada, "scene")
    exchange.now += SECONDS
    exchange.resume(ada)

    assert exchange.decide(ada, attempt) == "lost"


def test_a_renewal_counts_once_it_was_seen(exchange, ada):
    exchange.acquire(ada, "scene")
    exchange.now += 3.0
    exchange.pause(ada)
    exchange.send(ada, {"scene": SECONDS})

    assert not ada.is_echoed(ada.beat)
    assert not ada.believes("scene", exchange.now + SECONDS - 3.0)

    exchange.resume(ada)
    assert ada.is_echoed(ada.beat)
    assert ada.believes("scene", exchange.now + SECONDS - 0.1)


def test_a_renewal_of_many_keys_writes_one_number(exchange, ada, ben):
    keys = [f"key-{number}" for number in range(100)]
    exchange.acquire(ada, *keys)
    change = exchange.send(ada, dict.fromkeys(keys, SECONDS))

    assert change == DictionaryChange({f"{ada.key}.beat": ada.beat})
    exchange.now += TTL - 0.1
    exchange.send(ben)
    assert exchange.acquire(ben, *keys) == "refused"
    ada.release(keys)
    exchange.send(ada)
    assert exchange.state == {}


def test_a_write_that_was_not_sent_is_written_again(exchange, ada, ben):
    exchange.acquire(ada, "a", "b")
    ada.release(["a"])
    assert ada.write(exchange.now) is not None
    ada.on_send_failed()
    assert ada.has_unsent
    exchange.send(ada, {"b": SECONDS})

    assert exchange.acquire(ben, "a") == "held"
    ada.release(["b"])
    assert ada.write(exchange.now) is not None
    ada.on_send_failed()
    exchange.send(ada)
    assert ada.key not in exchange.state


def test_a_foreign_beat_does_no_harm(exchange, ada):
    exchange.acquire(ada, "scene")

    for value in (7, None, {"x": 1}, float("nan")):
        assert ada.receive({f"{ada.key}.beat": value}, [], exchange.now) is not None
    assert ada.receive({}, [f"{ada.key}.beat"], exchange.now) is not None
    assert ada.believes("scene", exchange.now)


def test_a_late_echo_revives_nothing(exchange, ada):
    exchange.acquire(ada, "scene")
    exchange.now += SECONDS - 0.1
    exchange.pause(ada)
    exchange.send(ada, {"scene": SECONDS})
    exchange.now += 0.2
    exchange.resume(ada)

    assert not ada.believes("scene", exchange.now)


def test_a_shorter_renewal_does_not_let_others_in_earlier(exchange, ada, ben):
    exchange.acquire(ada, "scene")
    exchange.pause(ada)
    exchange.send(ada, {"scene": 1.0})
    exchange.now += 5.0

    assert ada.believes("scene", exchange.now)
    assert exchange.acquire(ben, "scene") == "refused"


def test_a_crashed_client_is_ignored_after_its_ttl(exchange, ada, ben):
    exchange.acquire(ada, "scene")
    exchange.now += TTL - 0.01
    assert exchange.acquire(ben, "scene") == "refused"
    exchange.now += 0.01
    assert exchange.acquire(ben, "scene") == "held"
    assert not ada.believes("scene", exchange.now)


def test_a_stopped_observer_does_not_take_unread_beats_for_death(exchange, ada, ben):
    exchange.acquire(ada, "scene")
    attempt = exchange.ask(ben, "scene")
    exchange.pause(ben)  # it has seen its own claim, and reads nothing more
    for _ in range(10):
        exchange.now += TTL / 2
        exchange.send(ada, {"scene": SECONDS})

    assert exchange.decide(ben, attempt) == "refused"


def test_a_client_that_was_silent_gets_a_new_key(exchange, ada, ben):
    exchange.acquire(ada, "scene")
    old_key = ada.key
    exchange.now += TTL
    assert exchange.acquire(ada, "scene") == "held"

    assert ada.key != old_key
    assert old_key not in exchange.state


def test_the_key_of_a_client_that_is_gone_is_removed_later(exchange, ada, ben):
    exchange.acquire(ada, "scene")
    exchange.clients.remove(ada)
    exchange.now += TTL + SILENT_SECONDS - 1.0
    exchange.acquire(ben, "scene")
    assert ada.key in exchange.state

    exchange.now += 1.0
    exchange.acquire(ben, "other")
    assert ada.key not in exchange.state


@pytest.mark.parametrize("value", [None, 5, {"claims": {}}, {"beat": 1, "claims": {}, "name": ""}])
def test_a_foreign_value_of_the_own_key_ends_all_claims(exchange, ada, value):
    exchange.acquire(ada, "scene")
    key = ada.key

    assert ada.receive({key: value}, [], exchange.now) is None

    assert not ada.believes("scene", exchange.now)
    assert ada.key != key


def test_a_missing_own_key_ends_all_claims(exchange, ada):
    exchange.acquire(ada, "scene")

    assert ada.receive({}, [ada.key], exchange.now) is None
    assert ada.held_keys(exchange.now) == []


def test_an_empty_state_after_a_restart_ends_all_claims(exchange, ada, ben):
    exchange.acquire(ada, "scene")

    assert ada.receive({}, [], exchange.now, is_full=True) is None
    assert ben.receive({}, [], exchange.now, is_full=True) == {"scene"}
    exchange.state = {}
    assert exchange.acquire(ben, "scene") == "held"


def test_the_echo_of_a_release_is_no_loss(exchange, ada):
    exchange.acquire(ada, "scene")
    exchange.pause(ada)
    ada.release(["scene"])
    exchange.send(ada)
    attempt = exchange.ask(ada, "other")

    assert exchange.resume(ada) is not None
    assert exchange.decide(ada, attempt) == "held"


def test_a_key_that_is_handed_over_goes_to_one_client(exchange, ada, ben):
    cem = exchange.join()
    exchange.acquire(ada, "scene")
    ben.wait("scene", ends_at=math.inf, ttl=30.0)
    exchange.send(ben)
    ada.offer(["scene"], ben.client_id, exchange.now)
    exchange.send(ada)

    assert not ada.believes("scene", exchange.now)
    assert exchange.acquire(cem, "scene") == "refused"
    assert exchange.acquire(ben, "scene") == "held"
    assert ada.has_unsent
    exchange.send(ada)
    assert ada.key not in exchange.state


def test_an_offer_that_is_not_taken_ends(exchange, ada, ben):
    exchange.acquire(ada, "scene")
    ben.wait("scene", ends_at=math.inf, ttl=30.0)
    exchange.send(ben)
    ada.offer(["scene"], ben.client_id, exchange.now)
    exchange.send(ada)
    assert ada.next_end() == exchange.now + 5.0

    exchange.now += 5.0
    exchange.send(ada)
    assert ada.key not in exchange.state


def test_an_offer_ends_with_the_wish_of_the_other_client(exchange, ada, ben):
    exchange.acquire(ada, "scene")
    ben.wait("scene", ends_at=math.inf, ttl=30.0)
    exchange.send(ben)
    ada.offer(["scene"], ben.client_id, exchange.now)
    exchange.send(ada)
    ben.stop_waiting("scene")
    exchange.send(ben)

    assert ada.has_unsent
    exchange.send(ada)
    assert exchange.state == {}


def test_a_key_is_offered_only_to_a_client_that_waits(exchange, ada, ben):
    exchange.acquire(ada, "scene")
    ada.offer(["scene"], ben.client_id, exchange.now)
    exchange.send(ada)

    assert exchange.state == {}


def test_what_others_cannot_read_is_not_sent_and_no_foreign_value(exchange, ada, ben):
    attempt = ada.ask({"scene": SECONDS}, until=1e15)
    exchange.send(ada)
    assert exchange.decide(ada, attempt) == "held"
    exchange.send(ada)
    ada.wait("x" * 600, ends_at=math.inf, ttl=30.0, note="\ud83d")
    ada.wait("other", ends_at=math.inf, ttl=30.0, note="\ud83d" * 200)
    exchange.send(ada)

    claims = exchange.state[ada.key]["claims"]
    assert claims.keys() == {"scene", "other"}
    assert claims["other"]["note"] == "?" * 120
    assert exchange.send(ada) is None
    assert ada.believes("scene", exchange.now)


def test_a_shorter_renewal_shortens_belief(exchange, ada):
    exchange.acquire(ada, "scene")
    exchange.send(ada, {"scene": 1.0})

    assert ada.believes("scene", exchange.now + 0.9)
    assert not ada.believes("scene", exchange.now + 1.0)


def test_waiting_blocks_nobody_and_ends_by_itself(exchange, ada, ben):
    ben.wait("scene", ends_at=exchange.now + 5.0, ttl=5.0, note="x" * 500)
    exchange.send(ben)
    assert exchange.acquire(ada, "scene") == "held"

    exchange.now += 5.0
    exchange.send(ben)
    assert ben.key not in exchange.state


def test_nothing_is_sent_that_others_know(exchange, ada):
    exchange.acquire(ada, "scene")

    assert exchange.send(ada) is None
    ada.name = "Ada"
    assert exchange.send(ada) is not None


def test_the_highest_ticket_of_another_client_leaves_tickets_readable(exchange, ada, ben):
    claims = {"x": {"state": "asking", "nonce": 1, "ticket": 2**53, "ttl": 5.0, "since": 0.0}}
    exchange.apply(DictionaryChange({"lock.hostile": {"name": "", "beat": 1, "claims": claims}}))

    assert exchange.acquire(ada, "scene") == "held"
    assert exchange.acquire(ben, "scene") == "refused"
