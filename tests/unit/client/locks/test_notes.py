"""Lock notes and requests to release keys."""

from __future__ import annotations

import math
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.client.locks.notes import LockNotes
from nanover_jupyter.client.locks.table import LeaseTable
from nanover_jupyter.errors import LockRefused, TimedOut
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.eventually import eventually

NOW = 1_764_066_000.0


class Shared:
    """A shared state without a server."""

    def __init__(self):
        self.state = {}
        self.listeners = []
        self.writes = []

    def keys(self):
        return list(self.state)

    def peek(self, key):
        return self.state.get(key)

    def write(self, change, _timeout):
        self.writes.append(change)
        self.state.update(change.updates)
        for key in change.removals:
            self.state.pop(key, None)
        for listener in list(self.listeners):
            listener(change)
        return True

    def subscribe(self, callback):
        self.listeners.append(callback)
        return lambda: self.listeners.remove(callback)


@pytest.fixture
def shared():
    return Shared()


class Person:
    """A client with locks and notes, whose scheduled calls the test runs."""

    def __init__(self, shared, clock):
        self.book = LeaseTable(clock)
        self.clock = clock
        self.scheduled = []
        self.notes = LockNotes(
            shared,
            self.book,
            lambda call, after=0.0: self.scheduled.append(call),
            wall_clock=lambda: NOW + clock() - 1000,
        )

    def hold(self, *keys, seconds=10):
        self.book.record_granted(dict.fromkeys(keys, seconds), self.clock())
        self.run()

    def run(self):
        while self.scheduled:
            self.scheduled.pop(0)()


@pytest.fixture
def anna(shared, clock):
    return Person(shared, clock)


@pytest.fixture
def ivan(shared, clock):
    return Person(shared, clock)


def test_no_note_is_written_before_the_client_announces_itself(anna, shared):
    anna.hold("scene")

    assert shared.writes == []


def test_a_note_contains_the_holder_the_keys_and_their_end(anna, ivan):
    anna.notes.announce("Anna", "aligning")
    anna.hold("scene", seconds=10)

    note = ivan.notes.holder_of("scene")
    assert (note.by, note.why, note.until) == ("Anna", "aligning", {"scene": NOW + 10})
    assert ivan.notes.describe_holder(["other", "scene"]).startswith("Anna (until ")
    assert ivan.notes.holder_of("other") is None
    assert anna.notes.notes() == []


def test_an_expired_note_is_ignored(anna, ivan, clock):
    anna.notes.announce("Anna")
    anna.hold("scene", seconds=10)
    clock.pass_seconds(11)

    assert ivan.notes.holder_of("scene") is None


def test_renewals_rarely_update_the_note(anna, shared, clock):
    anna.notes.announce("Anna")
    anna.hold("scene")
    for _ in range(30):
        clock.pass_seconds(1)
        anna.hold("scene")

    notes = [change for change in shared.writes if change.updates]
    assert 5 <= len(notes) <= 7
    assert shared.state[f"lock-note.{anna.notes.name}"]["until"]["scene"] > NOW + 30


def test_the_note_is_removed_with_the_last_lock_and_with_its_client(anna, ivan, shared):
    for person, key in ((anna, "scene"), (ivan, "title")):
        person.notes.announce("somebody")
        person.hold(key)

    anna.book.record_released(["scene"])
    anna.run()
    ivan.notes.withdraw()

    assert shared.state == {}


def test_a_note_is_removed_also_after_an_unanswered_write(anna, shared):
    write = shared.write

    def unanswered(change, timeout):
        write(change, timeout)
        raise TimedOut("changing the shared state", timeout)

    shared.write = unanswered
    anna.notes.announce("Anna")
    anna.hold("scene")
    assert shared.state.keys() == {f"lock-note.{anna.notes.name}"}

    anna.notes.withdraw()

    assert shared.state == {}


def test_a_note_contains_at_most_a_hundred_keys(anna, shared):
    anna.notes.announce("A" * 1000)
    anna.hold(*(f"key-{number}" for number in range(1000)))

    note = shared.state[f"lock-note.{anna.notes.name}"]
    assert len(note["until"]) == 100
    assert len(note["by"]) == 120


def test_a_request_reaches_the_holder(anna, ivan):
    asked = []
    anna.notes.announce("Anna")
    anna.notes.on_asked(asked.append)
    anna.hold("scene")
    ivan.notes.announce("Ivan")

    assert ivan.notes.ask(["scene", "free"], message="please") == ["scene"]

    assert [(ask.by, ask.message, ask.keys) for ask in asked] == [("Ivan", "please", ("scene",))]
    assert anna.notes.requests() == asked


def test_an_answered_request_is_removed(anna, ivan, shared):
    anna.notes.announce("Anna")
    anna.hold("scene", "title")
    ivan.notes.ask("scene")
    anna.notes.dismiss(anna.notes.requests()[0])
    assert anna.notes.requests() == []

    ivan.notes.ask("scene")
    anna.book.record_released(["scene"])
    anna.run()

    assert not any(key.startswith("lock-ask.") for key in shared.state)


def test_unknown_holders_are_not_asked(ivan, shared):
    assert ivan.notes.ask("scene") == []
    assert shared.state == {}


def test_notes_of_crashed_clients_are_removed(anna, shared, clock):
    shared.state = {
        "lock-note.dead": {"by": "x", "why": "", "until": {"scene": NOW - 120}},
        "lock-note.late": {"by": "x", "why": "", "until": {"scene": NOW - 10}},
        "lock-note.junk": "junk",
        "lock-ask.dead.other": {"by": "x", "says": "", "keys": ["scene"]},
        "lock-ask.late.other": {"by": "x", "says": "", "keys": ["scene"]},
        "lock-notes-of-mine": 1,
    }
    anna.notes.announce("Anna")
    anna.run()

    assert set(shared.state) == {"lock-note.late", "lock-ask.late.other", "lock-notes-of-mine"}


@pytest.mark.parametrize(
    "at", [1e300, 1e15, -1e15, math.inf, math.nan, pytest.param(10**400, id="10^400"), True, "soon"]
)
def test_a_note_with_an_impossible_time_is_ignored(ivan, shared, at):
    shared.state["lock-note.odd"] = {"by": "Anna", "until": {"scene": at, "title": NOW + 10}}

    assert ivan.notes.describe_holder(["scene"]) == ""
    assert ivan.notes.describe_holder(["title"]).startswith("Anna (until ")


values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@given(values, values, values)
def test_invalid_notes_are_ignored(value, until, keys):
    shared = Shared()
    person = Person(shared, lambda: 1000.0)
    person.book.record_granted({"scene": 60}, 1000.0)
    person.notes.announce("Anna")
    shared.write(
        DictionaryChange(
            {
                "lock-note.a": value,
                "lock-note.b": {"by": value, "why": value, "until": until},
                f"lock-ask.{person.notes.name}.a": value,
                f"lock-ask.{person.notes.name}.b": {"by": value, "says": value, "keys": keys},
            }
        ),
        1,
    )

    assert isinstance(person.notes.describe_holder(["scene"]), str)
    person.notes.requests()
    person.run()


def test_two_clients_exchange_notes_and_requests(make_client, server, quick_notes):
    anna, ivan = make_client(), make_client()
    asked = []
    anna.lock_notes.announce("Anna's notebook")
    anna.lock_notes.on_asked(asked.append)
    lease = anna.lock("scene")
    ivan.subscribe_all_state_updates()
    eventually(lambda: ivan.lock_notes.holder_of("scene"))
    with pytest.raises(LockRefused, match=r"Anna's notebook \(until .* or later\) holds it"):
        ivan.lock("scene")
    assert ivan.leases.get("scene").note.startswith("held by Anna's notebook")

    ivan.lock_notes.ask("scene", by="Ivan", message="for a minute")

    eventually(lambda: asked)
    lease.release()
    ivan.lock("scene", timeout=5)
    eventually(lambda: not any(key.startswith("lock-") for key in server.copy_state()))


def test_a_note_being_written_does_not_outlive_its_withdrawal(anna, shared):
    anna.notes.announce("Anna")
    write, on_its_way, go_on = shared.write, threading.Event(), threading.Event()

    def slowly(change, timeout):
        written = write(change, timeout)
        if change.updates:
            on_its_way.set()
            go_on.wait(5)
        return written

    shared.write = slowly
    holding = threading.Thread(target=anna.hold, args=("scene",))
    holding.start()
    assert on_its_way.wait(5)
    withdrawing = threading.Thread(target=anna.notes.withdraw)
    withdrawing.start()
    withdrawing.join(0.1)
    go_on.set()
    withdrawing.join(5)
    holding.join(5)

    assert shared.state == {}


def test_a_closed_client_leaves_no_note(make_client, server, quick_notes):
    client = make_client()
    client.lock_notes.announce("Anna")
    client.lock("scene")
    eventually(lambda: any(key.startswith("lock-note.") for key in server.copy_state()))

    client.close()

    assert server.copy_state() == {}
