"""Random walks of clients with the real protocol of cooperative locks.

A walk chooses each next step at random: a client does something, the server applies the next
write of a connection, a client receives a merged update, or time passes, often more than a
ttl. So delays and stops have any length. The clocks of clients run at different rates.
Clients crash and reconnect, the server restarts empty, and keys are deleted by clients that do
not know the convention, as far as the walk permits it.

Two clients that believe at the same time that they hold a key are an overlap. It is excused if
they are connected to different lives of the server, or if the key of one was deleted.

`python -m tests.support.lock_walks 100000` takes many walks.
"""

from __future__ import annotations

import itertools
import random
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from nanover_jupyter.client.locks.claims.protocol import Attempt, ClaimProtocol
from nanover_jupyter.wire.messages import DictionaryChange

__all__ = [
    "CLOCK_RATES",
    "DURATIONS",
    "FAULTY",
    "PLAIN",
    "Overlap",
    "Plan",
    "Stuck",
    "Walk",
]

# The rates of two clocks differ by less than the 5 % that the protocol absorbs.
CLOCK_RATES = (0.977, 1.023)
DURATIONS = (5.0, 10.0, 19.0)
PAUSES = (0.01, 0.3, 3.0, 6.0, 11.0, 21.0)
FAIR_ROUNDS = 400


class Overlap(AssertionError):
    """Two clients believe that they hold a key."""


class Stuck(AssertionError):
    """A client waits for a key and does not get it."""


@dataclass(frozen=True)
class Plan:
    """What happens in a walk.

    Attributes:
        clients: How many clients there are.
        keys: How many keys they lock.
        steps: The length of the walk.
        weights: How often each kind of step is chosen, relative to the others.
    """

    clients: int
    keys: int
    steps: int
    weights: Mapping[str, float]


_USUAL: Final = {"act": 8, "apply": 6, "deliver": 6, "settle": 2, "pause": 2}
_FAULTS: Final = {"crash": 0.2, "reconnect": 0.3, "restart": 0.1, "delete": 0.1}
PLAIN = Plan(clients=3, keys=1, steps=150, weights=_USUAL)
FAULTY = Plan(clients=5, keys=3, steps=250, weights=_USUAL | _FAULTS)


@dataclass(eq=False)
class Connection:
    """A connection to one life of the server."""

    life: int
    # How much of the server's log the client has received.
    position: int = 0
    outbox: list[DictionaryChange] = field(default_factory=list)


@dataclass(eq=False)
class Node:
    """A process with one client, and its clock."""

    name: str
    protocol: ClaimProtocol
    rate: float
    offset: float
    connection: Connection
    attempt: Attempt | None = None
    asked_at: float = 0.0
    durations: dict[str, float] = field(default_factory=dict)


class Walk:
    """One walk.

    Args:
        seed: Everything random depends on it.
        plan: What happens.
        make_protocol: Creates the protocol of a client; its argument creates new ids.

    Attributes:
        counts: How often each thing happened.
        steps: What happened, for people.
        longest_excused: The longest excused overlap that was seen, in seconds.
    """

    def __init__(
        self,
        seed: int,
        plan: Plan = PLAIN,
        make_protocol: Callable[..., ClaimProtocol] = ClaimProtocol,
    ) -> None:
        self.plan = plan
        self.counts: Counter[str] = Counter()
        self.steps: list[str] = []
        self.longest_excused = 0.0
        self._make_protocol = make_protocol
        self._random = random.Random(seed)
        self._numbers = itertools.count()
        self._now = 0.0
        self._life = 0
        self._state: dict[str, Any] = {}
        # What the server applied in this life; and the writes on broken connections.
        self._log: list[DictionaryChange] = []
        self._broken: list[Connection] = []
        # Clients whose key was deleted, and since when they overlap with others.
        self._deleted_ids: set[str] = set()
        self._excused_since: dict[tuple[str, str, str], float] = {}
        self._keys = [f"key{n}" for n in range(plan.keys)]
        self._nodes = [self._start() for _ in range(plan.clients)]

    def run(self) -> Walk:
        """Take the walk, then let all clients acquire all keys one after the other.

        Raises:
            Overlap: Two clients hold a key.
            Stuck: A client does not get a key.
        """
        kinds, weights = zip(*self.plan.weights.items(), strict=True)
        for kind in self._random.choices(kinds, weights, k=self.plan.steps):
            getattr(self, f"_{kind}")()
        self._finish()
        return self

    # steps ----------------------------------------------------------------------------

    def _act(self) -> None:
        node, rng = self._random.choice(self._nodes), self._random
        now, protocol = self._local(node), node.protocol
        held = protocol.held_keys(now)
        renewals: dict[str, float] = {}
        if node.attempt is not None and rng.random() < 0.97:
            self._decide(node, now, patience=40.0)
        elif node.attempt is not None:
            protocol.withdraw(node.attempt)
            node.attempt = None
        elif (not held and rng.random() < 0.5) or rng.random() < 0.1:
            free = [key for key in self._keys if key not in held]
            if free:
                if rng.random() < 0.3:
                    protocol.wait(rng.choice(free), ends_at=now + 30.0, ttl=20.0)
                self._ask(node, rng.sample(free, rng.randint(1, len(free))), now)
        elif held and rng.random() < 0.6:
            renewals = {key: node.durations[key] * rng.choice((0.5, 1.0)) for key in held}
            self._note(node, f"renews {renewals}")
        elif held and rng.random() < 0.7:
            self._note(node, "releases")
            protocol.release(held)
        elif held:
            other = rng.choice(self._nodes)
            self._note(node, f"offers to {other.name}")
            protocol.offer(held, other.protocol.client_id, now)
        self._send(node, renewals)
        self._check(node)

    def _apply(self) -> None:
        every = [*(node.connection for node in self._nodes), *self._broken]
        sending = [each for each in every if each.outbox and each.life == self._life]
        if sending:
            outbox = self._random.choice(sending).outbox
            for _ in range(self._random.randint(1, len(outbox))):
                self._change(outbox.pop(0))

    def _deliver(self) -> None:
        node = self._random.choice(self._nodes)
        if node.connection.life == self._life and node.connection.position < len(self._log):
            first, last = node.connection.position + 1, len(self._log)
            cut = last if self._random.random() < 0.5 else self._random.randint(first, last)
            self._receive(node, cut)
            self._check(node)

    def _settle(self) -> None:
        """Let all updates through, from and to most clients."""
        online = [node for node in self._nodes if self._random.random() < 0.7]
        for node in online:
            while node.connection.outbox and node.connection.life == self._life:
                self._change(node.connection.outbox.pop(0))
        for node in online:
            if node.connection.life == self._life:
                self._receive(node, len(self._log))
                self._check(node)

    def _pause(self) -> None:
        self._now += self._random.choice(PAUSES)

    def _crash(self) -> None:
        self.counts["crash"] += 1
        node = self._nodes.pop(self._random.randrange(len(self._nodes)))
        self._note(node, "crashes")
        self._broken.append(node.connection)
        self._nodes.append(self._start())

    def _reconnect(self) -> None:
        self._reconnect_node(self._random.choice(self._nodes))

    def _reconnect_node(self, node: Node) -> None:
        self.counts["reconnect"] += 1
        self._note(node, "reconnects")
        # The server may still apply what was sent before.
        self._broken.append(node.connection)
        node.protocol.lose_all()
        self._connect(node)
        self._send(node)

    def _restart(self) -> None:
        self.counts["restart"] += 1
        self.steps.append("the server restarts")
        self._life += 1
        self._state, self._log = {}, []

    def _delete(self) -> None:
        node = self._random.choice(self._nodes)
        if node.protocol.key in self._state and node.connection.life == self._life:
            self.counts["delete"] += 1
            self._note(node, "loses its key")
            self._deleted_ids.add(node.protocol.client_id)
            self._change(DictionaryChange(removals=[node.protocol.key]))
            # Not merged with a later write of its own, or its owner could not notice.
            self._receive(node, len(self._log))

    # clients --------------------------------------------------------------------------

    def _start(self) -> Node:
        rng = self._random
        number = next(self._numbers)
        node = Node(
            f"node{number}",
            # Ids in random order, as they decide between equal tickets.
            self._make_protocol(new_id=lambda: f"{rng.getrandbits(32):08x}-{number}"),
            rng.uniform(*CLOCK_RATES),
            rng.uniform(0.0, 1e6),
            Connection(self._life),
        )
        self._connect(node)
        return node

    def _connect(self, node: Node) -> None:
        node.connection = Connection(self._life, len(self._log))
        node.protocol.receive(dict(self._state), (), self._local(node), is_full=True)

    def _ask(self, node: Node, keys: list[str], now: float) -> None:
        duration = self._random.choice(DURATIONS)
        self._note(node, f"asks for {keys} for {duration} s")
        node.attempt = node.protocol.ask(dict.fromkeys(keys, duration))
        node.asked_at = now
        node.durations.update(dict.fromkeys(keys, duration))

    def _decide(self, node: Node, now: float, patience: float) -> str:
        assert node.attempt is not None
        outcome = node.protocol.decide(node.attempt, now)
        self.counts[outcome] += 1
        self._note(node, outcome)
        if outcome in ("refused", "lost") or now > node.asked_at + patience:
            node.protocol.withdraw(node.attempt)
        elif outcome != "held":
            return outcome
        node.attempt = None
        return outcome

    def _send(self, node: Node, renewals: dict[str, float] | None = None) -> None:
        change = node.protocol.write(self._local(node), renewals)
        if change is not None:
            node.connection.outbox.append(change)

    def _receive(self, node: Node, cut: int) -> None:
        changes = self._log[node.connection.position : cut]
        node.connection.position = cut
        updates: dict[str, Any] = {}
        removals: set[str] = set()
        for each in changes:
            for key in each.removals:
                updates.pop(key, None)
                removals.add(key)
            updates.update(each.updates)
            removals -= each.updates.keys()
        self._note(node, "receives")
        node.protocol.receive(updates, removals, self._local(node))

    def _change(self, change: DictionaryChange) -> None:
        for key in change.removals:
            self._state.pop(key, None)
        self._state.update(change.updates)
        self._log.append(change)
        self.steps.append(f"{self._now:.2f} applied {change.updates} -{change.removals or ''}")

    # checks ---------------------------------------------------------------------------

    def _check(self, node: Node) -> None:
        for key in node.protocol.held_keys(self._local(node)):
            for other in self._nodes:
                if other is not node and other.protocol.believes(key, self._local(other)):
                    self._overlap(key, node, other)

    def _overlap(self, key: str, node: Node, other: Node) -> None:
        is_deleted = {node.protocol.client_id, other.protocol.client_id} & self._deleted_ids
        if node.connection.life == other.connection.life and not is_deleted:
            raise Overlap("\n".join([*self.steps, f"{node.name} and {other.name} hold {key}"]))
        names = sorted((node.name, other.name))
        began_at = self._excused_since.setdefault((key, names[0], names[1]), self._now)
        self.counts["excused"] += 1
        self.longest_excused = max(self.longest_excused, self._now - began_at)

    def _finish(self) -> None:
        """Let each client acquire all keys, without any fault from now on."""
        missing = set(self._nodes)
        for _ in range(FAIR_ROUNDS):
            self._now += 0.25
            for connection in (*self._broken, *(node.connection for node in self._nodes)):
                while connection.outbox and connection.life == self._life:
                    self._change(connection.outbox.pop(0))
            for node in self._random.sample(self._nodes, len(self._nodes)):
                self._act_fairly(node, missing)
            if not missing:
                return
        names = [node.name for node in missing]
        raise Stuck("\n".join([*self.steps[-200:], f"{names} wait for ever"]))

    def _act_fairly(self, node: Node, missing: set[Node]) -> None:
        if node.connection.life != self._life:
            self._reconnect_node(node)
        self._receive(node, len(self._log))
        now, protocol = self._local(node), node.protocol
        held = protocol.held_keys(now)
        if node.attempt is not None:
            self._decide(node, now, patience=5.0)
        elif len(held) == len(self._keys):
            missing.discard(node)
            protocol.release(held)
        elif held:
            protocol.release(held)
        elif node in missing:
            for key in self._keys:
                protocol.wait(key, ends_at=now + 100.0, ttl=20.0)
            if not any(protocol.peers.blocking(self._keys, now)):
                self._ask(node, self._keys, now)
        if node not in missing:
            for key in self._keys:
                protocol.stop_waiting(key)
        self._send(node)
        self._check(node)

    def _local(self, node: Node) -> float:
        return node.offset + node.rate * self._now

    def _note(self, node: Node, text: str) -> None:
        self.steps.append(f"{self._now:.2f} {node.name} ({node.protocol.client_id}) {text}")


def main() -> None:
    """Take many walks; an argument says how many."""
    counts: Counter[str] = Counter()
    for seed in range(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000):
        for plan in (PLAIN, FAULTY):
            counts += Walk(seed, plan).run().counts
    print(dict(counts))  # noqa: T201 - a small program


if __name__ == "__main__":
    main()
