"""A model of cooperative locks on one key, explored exhaustively.

Clients send writes of their own keys. The server applies the writes of all clients in one
order, those of one client in the order in which they were sent. Each client reads that order
at any delay; reading several writes without a step in between is a merged update. A client
that never takes another step has crashed, and one that takes none for long is stalled, so that
neither needs a rule.

Time is abstract: belief by a write ends at any time after the write was sent, which is when
the write *ages*. What clients conclude from their clocks follows:

- An owner believes by a write until it has aged, whether or not the owner takes steps.
- An observer can find a write dead only after it has aged: the observer counts the full ttl
  from when it has read the write, the owner 95 % from before it sent it, and the rates of
  their clocks differ by at most 5 %.
- A client can remove the key of another one only after its last applied write is *silent*: its
  ttl and a minute are over.

Nothing else relates the clocks of clients. So the model has every run that is possible in
real time, and more; what holds in all of its runs holds in reality. To have fewer states,

- a write ages when another client first uses that it has. Before, it only could have ended a
  belief, or an attempt, which may be given up at any time;
- an asking write is applied when it is sent. Sent earlier, it would prove less;
- a client reads writes to which it cannot react together with the next other one.

`python -m tests.support.lock_model` explores larger models than the unit tests.
"""

from __future__ import annotations

import gc
import sys
import time
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, NamedTuple

__all__ = ["Client", "Model", "Mutation", "Report", "State", "Write", "explore"]

Mutation = Literal[
    "",
    "no_echo",
    "no_withdrawal",
    "ignores_higher",
    "dead_by_now",
    "belief_from_echo",
    "late_echo_revives",
    "never_retires",
    "removal_unwatched",
]
Phase = Literal["idle", "asking", "held", "done"]


class Write(NamedTuple):
    """A value of a client's key: its claim, or none.

    Attributes:
        owner: The client whose key it is.
        number: Counts the writes of the owner; 0 for a removal by another client.
        claim: `asking`, `held`, or empty if the key is removed.
        ticket: Decides which of two clients that are asking withdraws.
        offer: The client to which a held claim is handed over; -1 for none.
    """

    owner: int
    number: int
    claim: str = ""
    ticket: int = 0
    offer: int = -1


class Client(NamedTuple):
    """A client: what it does, knows and has sent.

    Attributes:
        phase: A client that is `done` takes no more steps, as it has no attempts left or must
            not use its key any more. In reality it continues with a new id, as another client.
        attempts: How often it may still ask.
        renewals: How often it may still renew a claim.
        view: The last write of each client that it has read.
        dead: For each client, the number of its write that was dead when `asked` was sent.
        sent: The number of its last write.
        echoed: The number of its last write that it has read.
        asked: The number of its asking write.
        basis: The number of the write by which it believes.
        aged: The number of its last write by which belief is over.
        ticket: That of its attempt.
        outbox: Writes that were sent and are not applied yet.
        position: How many writes of `State.order` it has read.
    """

    phase: Phase
    attempts: int
    renewals: int
    view: tuple[Write, ...]
    dead: tuple[int, ...]
    sent: int = 0
    echoed: int = 0
    asked: int = 0
    basis: int = 0
    aged: int = 0
    ticket: int = 0
    outbox: tuple[Write, ...] = ()
    position: int = 0

    @property
    def believes(self) -> bool:
        """Whether it believes that it holds the key."""
        return self.phase == "held" and self.basis > self.aged


class State(NamedTuple):
    """A state of the model.

    Attributes:
        clients: The clients.
        order: The applied writes that some client may still read.
        removals: How many keys may still be removed by clients that use other locks.
        removing: The owners of keys whose removal by others was sent and is not applied yet.
    """

    clients: tuple[Client, ...]
    order: tuple[Write, ...] = ()
    removals: int = 0
    removing: tuple[int, ...] = ()


@dataclass(frozen=True)
class Model:
    """The rules, and how much there is to explore.

    Attributes:
        attempts: For each client, how often it asks.
        renewals: How often each client renews, while it is asking or while it holds the key.
        removals: How many silent keys others remove.
        ages: Whether time passes. Otherwise no claim ends by itself.
        crashes: Whether clients crash. They also may without it, but then others do not rely on it.
        offers: Whether clients hand over.
        mutation: The rule to break.
    """

    attempts: tuple[int, ...]
    renewals: int = 0
    removals: int = 0
    ages: bool = True
    crashes: bool = False
    offers: bool = False
    mutation: Mutation = ""

    def start(self) -> State:
        """Return the first state."""
        none = (0,) * len(self.attempts)
        view = tuple(Write(owner, 0) for owner in range(len(none)))
        clients = [Client("idle", each, self.renewals, view, none) for each in self.attempts]
        return State(tuple(clients), removals=self.removals)

    def steps(self, state: State) -> Iterator[tuple[str, State]]:
        """Yield what may happen next, and the state after it."""
        for index, client in enumerate(state.clients):
            if client.outbox:
                yield f"apply {index}", self._apply(state, index)
            if client.phase == "done":
                continue
            read = self._read_next(state, index)
            if read is not None:
                yield f"read {index}", self._put(state, index, read)
            for label, after in self._own_steps(state, index):
                yield f"{label} {index}", after
            if self.crashes:
                yield f"crash {index}", self._put(state, index, client._replace(phase="done"))
            if state.removals and (number := self._applied(state, index)):
                yield f"find silent {index}", self._find_silent(state, index, number)
        if state.removing:
            owner, *others = state.removing
            order = (*state.order, Write(owner, 0))
            after = state._replace(order=order, removing=tuple(others))
            yield f"remove {owner}", self._put(after, owner, after.clients[owner])

    # a client ---------------------------------------------------------------------------

    def _own_steps(self, state: State, index: int) -> Iterator[tuple[str, State]]:
        client = state.clients[index]
        if client.phase == "idle":
            yield from self._first_asks(state, index)
        elif client.phase == "asking":
            dead = _numbers(client, index) if self.mutation == "dead_by_now" else client.dead
            outcome = self._outcome(client, index, dead)
            if outcome == "held":
                yield "hold", _age(self._put(state, index, self._hold(client, index)), dead)
            if self.mutation != "no_withdrawal" and (outcome == "refused" or self.ages):
                yield "withdraw", self._put(state, index, _end(client, index))
            if client.renewals and client.echoed >= client.asked:
                again = client._replace(renewals=client.renewals - 1)
                yield from self._asks(state, index, again)
        else:
            yield "release", self._put(state, index, _end(client, index))
            if client.believes and client.renewals:
                renewed = client._replace(renewals=client.renewals - 1)
                yield "renew", self._put(state, index, _send(renewed, index, "held"))
            if client.believes and self.offers:
                for other in range(len(state.clients)):
                    if other != index:
                        yield "offer", self._put(state, index, _end(client, index, other))

    def _first_asks(self, state: State, index: int) -> Iterator[tuple[str, State]]:
        """Yield the ways to begin an attempt, after reading any number of writes."""
        client = state.clients[index]
        while client.phase == "idle":
            ticket = max(write.ticket for write in client.view) + 1
            left = client.attempts - 1
            yield from self._asks(
                state, index, client._replace(phase="asking", attempts=left, ticket=ticket)
            )
            if client.position == len(state.order):
                return
            client = self._read(client, index, state.order)

    def _asks(self, state: State, index: int, client: Client) -> Iterator[tuple[str, State]]:
        """Yield the ways to ask: at once, or after the claims in view have died."""
        asked = _send(client._replace(asked=client.sent + 1), index, "asking")
        applied = state._replace(order=(*state.order, *asked.outbox))
        asked = asked._replace(outbox=())
        none, numbers = (0,) * len(state.clients), _numbers(client, index)
        yield "ask", self._put(applied, index, asked._replace(dead=none))
        if self.ages and any(numbers):
            later = self._put(applied, index, asked._replace(dead=numbers))
            yield "ask later", _age(later, numbers)

    def _outcome(self, client: Client, index: int, dead: Sequence[int]) -> str:
        """Return `held`, `refused`, or nothing while it is undecided."""
        if client.echoed < client.asked and self.mutation != "no_echo":
            return ""
        if client.asked <= client.aged and self.mutation != "belief_from_echo":
            return "refused"
        numbers = zip(client.view, _numbers(client, index), dead, strict=True)
        blocking = [
            each for each, number, known in numbers if number > known and each.offer != index
        ]
        own = (client.ticket, index)
        if any(each.claim == "held" or (each.ticket, each.owner) < own for each in blocking):
            return "refused"
        return "" if blocking and self.mutation != "ignores_higher" else "held"

    def _hold(self, client: Client, index: int) -> Client:
        """Believe, then write it."""
        held = _send(client._replace(phase="held", basis=client.asked), index, "held")
        if self.mutation == "belief_from_echo":
            held = held._replace(basis=max(held.basis, held.aged + 1))
        return held

    def _read_next(self, state: State, index: int) -> Client | None:
        """Return a client after it has read until it may react; None if it cannot yet."""
        client = state.clients[index]
        if client.phase == "idle" and not (state.removals or state.removing):
            # It reads when it asks.
            return None
        waits = client.phase == "held" or (
            client.phase == "asking" and client.echoed < client.asked
        )
        while client.position < len(state.order):
            is_own = state.order[client.position].owner == index
            client = self._read(client, index, state.order)
            is_echoed = is_own and (client.phase != "asking" or client.echoed >= client.asked)
            if is_echoed or not waits or self.mutation == "no_echo":
                return client
        return None

    def _read(self, client: Client, index: int, order: Sequence[Write]) -> Client:
        """Return a client after it has read the next write."""
        write = order[client.position]
        client = client._replace(position=client.position + 1)
        if write.owner != index:
            known = write if write.claim else Write(write.owner, 0)
            return client._replace(view=_with(client.view, write.owner, known))
        if not write.number:
            # The own key is missing: everything ends.
            return _retire(client, index)
        client = client._replace(view=_with(client.view, index, write), echoed=write.number)
        # Lost is final: a late echo revives nothing.
        revives = client.believes or self.mutation == "late_echo_revives"
        if client.phase == "held" and write.claim == "held" and revives:
            client = client._replace(basis=write.number)
        return client

    # the server, and other clients -------------------------------------------------------

    def _apply(self, state: State, index: int) -> State:
        client = state.clients[index]
        state = state._replace(order=(*state.order, client.outbox[0]))
        return self._put(state, index, client._replace(outbox=client.outbox[1:]))

    def _applied(self, state: State, index: int) -> int:
        """Return the number of the last applied write of a client that exists; 0 for none."""
        client = state.clients[index]
        own = [each for each in state.order[client.position :] if each.owner == index]
        last = own[-1] if own else client.view[index]
        return last.number if last.claim else 0

    def _find_silent(self, state: State, index: int, number: int) -> State:
        """Send the removal of a key whose last applied write is silent.

        Its owner knows by its own clock, and does not use the key any more, if it has not read
        a later write. A removal that it has sent and not read counts like any other write.
        """
        state = _age(state, _with((0,) * len(state.clients), index, number))
        removing = (*state.removing, index)
        state = state._replace(removals=state.removals - 1, removing=removing)
        client = state.clients[index]
        is_unwatched = self.mutation == "removal_unwatched" and client.phase == "idle"
        if self.mutation == "never_retires" or is_unwatched or client.echoed > number:
            return state
        return self._put(state, index, _retire(client, index))

    def _put(self, state: State, index: int, client: Client) -> State:
        """Return the state with another client, without what nobody will use any more."""
        if client.phase == "done" or (client.phase == "idle" and not client.attempts):
            # As it does not believe, its claims may be dead at once.
            aged = client.sent if self.ages else 0
            client = Client("done", 0, 0, (), (), client.sent, aged=aged, outbox=client.outbox)
        clients = _with(state.clients, index, client)
        order = state.order
        read = min(each.position if each.phase != "done" else len(order) for each in clients)
        if read:
            clients = tuple(
                each._replace(position=each.position - read) if each.position else each
                for each in clients
            )
            order = order[read:]
        return State(clients, order, state.removals, state.removing)


def _with(items: tuple, index: int, item: object) -> tuple:
    return (*items[:index], item, *items[index + 1 :])


def _numbers(client: Client, index: int) -> tuple[int, ...]:
    """Return the numbers of the claims of others that a client has in view."""
    return tuple(each.number if each.claim and each.owner != index else 0 for each in client.view)


def _age(state: State, numbers: Sequence[int]) -> State:
    """Let writes age, by number for each client."""
    for index, number in enumerate(numbers):
        client = state.clients[index]
        if client.aged < number:
            clients = _with(state.clients, index, client._replace(aged=number))
            state = state._replace(clients=clients)
    return state


def _send(client: Client, index: int, claim: str = "", offer: int = -1) -> Client:
    ticket = client.ticket if claim == "asking" else 0
    write = Write(index, client.sent + 1, claim, ticket, offer)
    return client._replace(sent=write.number, outbox=(*client.outbox, write))


def _end(client: Client, index: int, offer: int = -1) -> Client:
    """End the claim; with an offer, hand it over."""
    none = (0,) * len(client.view)
    ended = client._replace(phase="idle", ticket=0, asked=0, basis=0, dead=none)
    return _send(ended, index) if offer < 0 else _send(ended, index, "held", offer)


def _retire(client: Client, index: int) -> Client:
    """Remove the own key and do not use it any more."""
    return _send(client._replace(phase="done"), index)


# exploration ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Report:
    """What an exploration found.

    Attributes:
        states: The number of states.
        overlap: The steps to a state in which two clients believe; empty if there is none.
        stuck: The steps to a state in which a client waits for ever; empty if there is none.
        is_complete: Whether all states were explored.
    """

    states: int
    overlap: tuple[str, ...] = ()
    stuck: tuple[str, ...] = ()
    is_complete: bool = True


def explore(model: Model, limit: int = sys.maxsize) -> Report:
    """Explore the states of a model, nearest first, until one is wrong.

    A state is stuck if a client is not done and there is no step, or if a client may still
    ask and no client can ever hold the key.
    """
    states = [model.start()]
    numbers = {states[0]: 0}
    came_from = array("i", [-1])
    before, after = array("i"), array("i")
    hopeful = set[int]()
    with _no_garbage_collection():
        for number, state in enumerate(states):
            is_end = True
            for label, next_state in model.steps(state):
                is_end = False
                known = numbers.get(next_state)
                if known is None:
                    if len(states) >= limit:
                        return Report(len(states), is_complete=False)
                    known = numbers[next_state] = len(states)
                    states.append(next_state)
                    came_from.append(number)
                    if sum(client.believes for client in next_state.clients) > 1:
                        return Report(len(states), _trace(model, states, came_from, known))
                before.append(number)
                after.append(known)
                if label.startswith("hold"):
                    hopeful.add(number)
            if is_end and any(client.phase != "done" for client in state.clients):
                return Report(len(states), stuck=_trace(model, states, came_from, number))
        _propagate(hopeful, before, after, len(states))
    for number, state in enumerate(states):
        if number not in hopeful and any(client.phase == "idle" for client in state.clients):
            return Report(len(states), stuck=_trace(model, states, came_from, number))
    return Report(len(states))


def _propagate(hopeful: set[int], before: array[int], after: array[int], count: int) -> None:
    """Add the states from which a hopeful one can be reached."""
    reached_from: list[list[int]] = [[] for _ in range(count)]
    for one, other in zip(before, after, strict=True):
        reached_from[other].append(one)
    pending = list(hopeful)
    while pending:
        for number in reached_from[pending.pop()]:
            if number not in hopeful:
                hopeful.add(number)
                pending.append(number)


def _trace(
    model: Model, states: Sequence[State], came_from: Sequence[int], number: int
) -> tuple[str, ...]:
    """Return the steps from the first state to another."""
    steps: list[str] = []
    while number:
        before, state = came_from[number], states[number]
        steps.append(next(label for label, after in model.steps(states[before]) if after == state))
        number = before
    return tuple(reversed(steps))


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Millions of tuples without cycles make the collector slow."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


DEEP = (
    Model((1, 1, 1), crashes=True),
    Model((1, 1, 1), renewals=1),
    Model((1, 1, 1), offers=True),
    Model((2, 1, 1), removals=1),
    Model((2, 2), renewals=1, removals=2, offers=True),
    Model((3, 2), crashes=True),
)


def main() -> None:
    """Explore larger models; an argument limits their states."""
    limit = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
    for model in DEEP:
        started_at = time.monotonic()
        report = explore(model, limit)
        seconds = time.monotonic() - started_at
        print(model, report, f"{seconds:.0f} s", flush=True)  # noqa: T201 - a small program


if __name__ == "__main__":
    main()
