"""The protocol of cooperative locks: all runs of a model, and random runs of the real code."""

from __future__ import annotations

import pytest

from nanover_jupyter.client.locks.claims import protocol
from nanover_jupyter.client.locks.claims.protocol import ClaimProtocol
from tests.support.lock_model import Model, explore
from tests.support.lock_walks import CLOCK_RATES, DURATIONS, FAULTY, PLAIN, Overlap, Walk

# all runs of the model -------------------------------------------------------------------


@pytest.mark.parametrize(
    "model",
    [
        pytest.param(Model((1, 1, 1)), id="three clients"),
        pytest.param(Model((2, 1), crashes=True), id="crashes"),
        pytest.param(Model((2, 1), offers=True), id="handing over"),
        pytest.param(Model((2, 1), removals=1), id="removal of silent keys"),
        pytest.param(Model((1, 1), renewals=1), id="renewals"),
        pytest.param(Model((1, 1, 1), ages=False), id="three clients without time"),
        pytest.param(Model((2, 2), ages=False), id="two attempts without time"),
    ],
)
def test_no_two_clients_hold_the_key_and_none_is_stuck(model):
    report = explore(model)

    assert report.overlap == ()
    assert report.stuck == ()
    assert report.is_complete


@pytest.mark.parametrize(
    "model",
    [
        pytest.param(Model((1, 1), mutation="no_echo"), id="deciding before the echo"),
        pytest.param(Model((1, 1), mutation="ignores_higher"), id="ignoring higher tickets"),
        pytest.param(Model((1, 1), 1, mutation="dead_by_now"), id="death by the time now"),
        pytest.param(Model((1, 1), mutation="belief_from_echo"), id="belief from the echo on"),
        pytest.param(Model((1, 1), 1, mutation="late_echo_revives"), id="late echoes revive"),
        pytest.param(
            Model((2, 1), removals=1, mutation="never_retires"), id="using a silent key again"
        ),
        pytest.param(
            Model((2, 1), removals=1, mutation="removal_unwatched"),
            id="using a key again after a late removal of its own",
        ),
    ],
)
def test_breaking_a_rule_lets_two_clients_hold_the_key(model):
    assert explore(model).overlap


def test_without_withdrawal_clients_wait_for_each_other():
    assert explore(Model((1, 1), ages=False, mutation="no_withdrawal")).stuck


# random runs of the real code --------------------------------------------------------------


@pytest.fixture(autouse=True)
def short_silence(monkeypatch):
    """Remove silent keys as early as the rates of the clocks allow, so that it happens often."""
    monkeypatch.setattr(protocol, "SILENT_SECONDS", 1.0)


@pytest.mark.parametrize("plan", [PLAIN, FAULTY], ids=["plain", "faulty"])
def test_random_walks_have_no_overlap_and_everybody_gets_all_keys(plan):
    walks = take_walks(plan, 60)

    # A restart or a deleted key lets two clients hold a key for at most the longest ttl.
    longest = max(DURATIONS) / min(CLOCK_RATES)
    assert max(walk.longest_excused for walk in walks) <= longest


def take_walks(plan, count, *make_protocol):
    return [Walk(seed, plan, *make_protocol).run() for seed in range(count)]


class NoEcho(ClaimProtocol):
    def write(self, now, renewals=None, **options):
        change = super().write(now, renewals, **options)
        if self._attempt is not None:
            self._attempt.is_echoed = True
        return change


class Filtered(ClaimProtocol):
    """Decides by a part of the claims of others."""

    def filtered(self, claims, keys, at):
        raise NotImplementedError

    def decide(self, attempt, now):
        blocking = self.peers.blocking
        self.peers.blocking = lambda keys, at: self.filtered(blocking, keys, at)
        try:
            return super().decide(attempt, now)
        finally:
            del self.peers.blocking


class IgnoresOthersThatAsk(Filtered):
    def filtered(self, claims, keys, at):
        return [each for each in claims(keys, at) if each[1].claim.state == "held"]


class ForgetsKeys(Filtered):
    def filtered(self, claims, keys, at):
        return claims(list(keys)[1:], at)


@pytest.mark.parametrize("broken", [NoEcho, IgnoresOthersThatAsk, ForgetsKeys])
def test_random_walks_find_a_broken_rule(broken):
    with pytest.raises(Overlap, match="hold key"):
        take_walks(PLAIN, 200, broken)
