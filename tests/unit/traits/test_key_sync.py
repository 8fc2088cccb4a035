"""What was set here, what the server has, and how the two become one."""

from __future__ import annotations

import gc
import threading
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from nanover_jupyter import ClosedError, Connection, InvalidValue, NanoverServer
from nanover_jupyter.traits import key_sync
from nanover_jupyter.traits.key_sync import KeySync, KeySyncs
from nanover_jupyter.wire.values import ABSENT
from tests.support import slow_state
from tests.support.clock import FakeClock
from tests.support.eventually import eventually
from tests.support.slow_state import ManualDispatcher, SlowState

LONG = 1000.0
NUMBERS = st.integers(0, 3)


class Bench:
    """A KeySync and its server, with nothing between them but what a test does."""

    def __init__(self, *, acknowledges: bool = True) -> None:
        self.server = SlowState(acknowledges=acknowledges)
        self.dispatcher = ManualDispatcher()
        self.clock = FakeClock()
        self.sync = KeySync(self.server, "k", self.dispatcher, self.clock)  # type: ignore[arg-type]
        self.shown: list[Any] = []
        self.sync.subscribe(lambda: self.shown.append(self.sync.value()))

    def set(self, value: Any, *path: str | int) -> None:
        self.sync.set({path: value})

    def foreign(self, value: Any) -> None:
        self.server.there = value

    def broadcast(self) -> None:
        self.server.hear()
        self.sync.on_server_change()

    def time_passes(self) -> None:
        self.clock.pass_seconds(LONG)
        self.dispatcher.run_later()

    def settle(self) -> None:
        """Let everything happen that is on its way."""
        for _ in range(50):
            self.server.arrive()
            self.server.answer()
            self.broadcast()
        self.time_passes()
        for _ in range(50):
            self.server.arrive()
            self.server.answer()
            self.broadcast()
        self.time_passes()

    @property
    def on_server(self) -> Any:
        return ABSENT if self.server.there is slow_state.ABSENT else self.server.there


def test_what_is_set_shows_at_once() -> None:
    bench = Bench()

    bench.set(1)

    assert bench.sync.value() == 1
    assert bench.sync.is_pending


def test_one_write_is_in_flight_and_the_last_word_follows_it() -> None:
    bench = Bench()
    for number in range(100):
        bench.set(number)
    assert bench.server.writes == 1

    bench.server.arrive()
    bench.server.answer()

    assert bench.server.writes == 2
    bench.settle()
    assert bench.on_server == bench.sync.value() == 99
    assert bench.server.writes == 2


def test_an_older_echo_does_not_overwrite_what_was_set_meanwhile() -> None:
    bench = Bench()
    bench.set(1)
    bench.server.arrive()
    bench.set(2)

    bench.broadcast()

    assert bench.sync.value() == 2
    bench.server.answer()
    bench.broadcast()
    assert bench.sync.value() == 2
    bench.settle()
    assert set(bench.shown) == {1, 2}
    assert bench.shown == sorted(bench.shown)


def test_an_accepted_write_shows_until_it_is_seen_back() -> None:
    """The answer overtakes the broadcast on every server that merges changes."""
    bench = Bench()
    bench.foreign(0)
    bench.broadcast()
    bench.set(1)
    bench.server.arrive()
    bench.server.answer()

    assert bench.sync.value() == 1
    assert not bench.sync.is_pending
    assert 0 not in bench.shown[1:]


def test_what_others_wrote_after_ours_shows() -> None:
    bench = Bench()
    bench.set(1)
    bench.server.arrive()
    bench.server.answer()
    bench.broadcast()

    bench.foreign(7)
    bench.broadcast()

    assert bench.sync.value() == 7


def test_what_others_wrote_over_ours_unseen_shows_after_a_while() -> None:
    bench = Bench()
    bench.set(1)
    bench.server.arrive()
    bench.foreign(7)
    bench.server.answer()
    bench.broadcast()

    bench.time_passes()

    assert bench.sync.value() == 7
    assert bench.server.writes == 1


def test_echo_before_the_answer_counts() -> None:
    bench = Bench()
    bench.set(1)
    bench.server.arrive()
    bench.broadcast()
    bench.foreign(7)
    bench.broadcast()
    bench.server.answer()

    assert bench.sync.value() == 7


def test_a_refused_write_shows_the_servers_value_and_why() -> None:
    bench = Bench()
    bench.foreign(5)
    bench.broadcast()
    bench.server.is_locked = True
    bench.set(1)
    bench.server.arrive()
    bench.server.answer()

    assert bench.sync.value() == 5
    assert bench.sync.error == ("the server refused the change of 'k': someone else holds a lock")
    assert not bench.sync.is_pending


def test_the_next_write_that_is_accepted_clears_the_error() -> None:
    bench = Bench()
    bench.server.is_locked = True
    bench.set(1)
    bench.settle()
    bench.server.is_locked = False

    bench.set(2)
    bench.settle()

    assert bench.sync.error == ""
    assert bench.on_server == 2


def test_what_was_set_after_a_write_that_is_refused_is_tried() -> None:
    bench = Bench()
    bench.server.is_locked = True
    bench.set(1)
    bench.set(2)
    bench.server.arrive()
    bench.server.is_locked = False

    bench.settle()

    assert bench.on_server == bench.sync.value() == 2


def test_setting_what_is_there_writes_nothing() -> None:
    bench = Bench()
    bench.foreign(3.0)
    bench.broadcast()

    bench.set(3)

    assert bench.server.writes == 0
    assert not bench.sync.is_pending


def test_parts_of_a_value_are_written_together_and_keep_the_rest() -> None:
    bench = Bench()
    bench.foreign({"color": [0, 0, 0], "name": "a", "rest": True})
    bench.broadcast()
    bench.set("b", "name")
    bench.set(1, "color", 0)
    bench.set(2, "color", 2)

    bench.settle()

    assert bench.on_server == {"color": [1, 0, 2], "name": "b", "rest": True}
    assert bench.server.writes == 2


def test_a_part_keeps_what_another_client_wrote_beside_it() -> None:
    bench = Bench()
    bench.foreign({"mine": 0, "theirs": 0})
    bench.broadcast()
    bench.set(1, "mine")
    bench.settle()
    bench.foreign({"mine": 1, "theirs": 2})
    bench.broadcast()

    bench.set(3, "mine")
    bench.settle()

    assert bench.on_server == {"mine": 3, "theirs": 2}


def test_a_part_set_before_the_last_one_was_seen_back_keeps_it() -> None:
    """Built on what the server accepted, not on what it last broadcast."""
    bench = Bench()
    bench.set(1, "a")
    bench.server.arrive()
    bench.server.answer()
    bench.set(2, "b")

    bench.settle()

    assert bench.on_server == {"a": 1, "b": 2}


def test_a_value_that_is_read_while_a_write_is_accepted_is_whole() -> None:
    bench = Bench()
    bench.foreign({"a": 0, "b": 0, "c": 0})
    bench.broadcast()
    for place in "ab":
        bench.set(1, place)
        bench.server.arrive()
        bench.server.answer()
    bench.set(1, "c")
    bench.server.arrive()
    accepted: list[bool] = []

    class Value(dict[str, Any]):
        """Is copied, to be changed, in the moment when the answer comes on another thread."""

        def copy(self) -> dict[str, Any]:
            if not accepted:
                accepted.append(True)
                bench.server.answer()
            return dict(self)

    there = Value(a=0, b=0, c=0)
    bench.server.peek = lambda *_: there  # type: ignore[method-assign]

    assert bench.sync.value() == {"a": 1, "b": 1, "c": 1}
    assert accepted


def test_a_place_that_is_not_there_is_refused_at_once() -> None:
    bench = Bench()
    bench.foreign({"color": [0]})
    bench.broadcast()

    with pytest.raises(InvalidValue, match=r"k\['color'\]\[3\]: a list of length 1 has no item 3"):
        bench.set(1, "color", 3)

    assert bench.server.writes == 0


def test_a_place_that_went_away_before_the_write_is_left_out() -> None:
    bench = Bench()
    bench.foreign([1, 2])
    bench.broadcast()
    bench.set(5, 0)
    bench.set(6, 1)
    bench.server.is_locked = True
    bench.server.arrive()
    bench.server.is_locked = False
    bench.foreign([9])
    bench.broadcast()

    bench.settle()

    assert bench.on_server == bench.sync.value() == [9]


def test_removal_is_a_write_like_any_other() -> None:
    bench = Bench()
    bench.foreign(1)
    bench.broadcast()

    bench.set(ABSENT)
    bench.settle()

    assert bench.on_server is ABSENT
    assert bench.sync.value() is ABSENT


def test_without_answers_being_seen_back_is_the_answer() -> None:
    bench = Bench(acknowledges=False)
    for number in range(10):
        bench.set(number)
    assert bench.server.writes == 1
    assert bench.sync.is_pending

    bench.server.arrive()
    bench.broadcast()

    assert bench.server.writes == 2
    bench.settle()
    assert bench.on_server == bench.sync.value() == 9
    assert not bench.sync.is_pending


def test_without_answers_a_write_that_is_never_seen_does_not_block_the_next() -> None:
    bench = Bench(acknowledges=False)
    bench.set(1)
    bench.set(2)

    bench.time_passes()

    assert bench.server.writes == 2


class Racing(RuleBasedStateMachine):
    """We and others write, and messages come in every order that a server allows."""

    acknowledges = True

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench(acknowledges=self.acknowledges)
        self.sets = 0
        self.wanted: Any = None

    @rule(number=NUMBERS)
    def set_whole(self, number: int) -> None:
        self._set({"part": number})

    @rule(number=NUMBERS)
    def set_part(self, number: int) -> None:
        self._set({"part": number}, path=("part",), part=number)

    @rule()
    def remove(self) -> None:
        self._set(ABSENT)

    @rule(number=NUMBERS)
    def others_write(self, number: int) -> None:
        self.bench.foreign({"part": number})

    @rule()
    def others_remove(self) -> None:
        self.bench.foreign(slow_state.ABSENT)

    @rule()
    def others_lock(self) -> None:
        self.bench.server.is_locked = True

    @rule()
    def others_unlock(self) -> None:
        self.bench.server.is_locked = False

    @rule()
    def write_arrives(self) -> None:
        self.bench.server.arrive()

    @rule()
    def answer_arrives(self) -> None:
        self.bench.server.answer()

    @rule()
    def broadcast_arrives(self) -> None:
        self.bench.broadcast()

    @rule()
    def time_passes(self) -> None:
        self.bench.time_passes()
        self.wanted = self.bench.sync.value()

    @invariant()
    def what_was_set_shows_until_it_is_accepted_or_refused(self) -> None:
        if self.bench.sync.is_pending and not self.bench.sync.error:
            assert self.bench.sync.value() == self.wanted

    def teardown(self) -> None:
        self.bench.settle()
        assert self.bench.sync.value() == self.bench.on_server, "both sides agree in the end"
        assert self.bench.shown[-1:] in ([], [self.bench.on_server]), "and everybody was told"
        assert not self.bench.sync.is_pending
        assert self.bench.server.writes <= self.sets, "nothing is written that nobody set"

    def _set(self, whole: Any, *, path: tuple[str, ...] = (), part: Any = None) -> None:
        self.sets += 1
        self.wanted = whole
        self.bench.set(part if path else whole, *path)


class RacingUnanswered(Racing):
    """The same, where being seen back is the only answer."""

    acknowledges = False


TestRacing = Racing.TestCase
TestRacingUnanswered = RacingUnanswered.TestCase


# with real clients ----------------------------------------------------------------


def test_everybody_shares_the_sync_of_a_key(connection: Connection) -> None:
    one = KeySyncs.sync(connection.client, "k")

    assert KeySyncs.sync(connection.client, "k") is one
    assert KeySyncs.sync(connection.client, "other") is not one


def test_a_closed_client_shares_nothing(connection: Connection) -> None:
    connection.close()

    with pytest.raises(ClosedError):
        KeySyncs.sync(connection.client, "k")


def test_setting_while_the_state_is_held_still_does_not_lock_up(connection: Connection) -> None:
    """lock_state stops the thread of the changes, which must not hold our lock then."""
    sync = KeySyncs.sync(connection.client, "k")
    for number in range(50):
        sync.set({(): number})
        with connection.client.lock_state():
            sync.set({(): number + 0.5})

    eventually(lambda: not sync.is_pending and connection.client.peek("k") == 49.5)


def test_a_key_that_nobody_shares_any_more_is_let_go_once_its_last_word_is_out(
    connection: Connection, server: NanoverServer
) -> None:
    client = connection.client
    kept = KeySyncs.sync(client, "kept")
    for number in range(20):
        KeySyncs.sync(client, f"key-{number}").set({(): number})
    gc.collect()

    eventually(lambda: len(server.copy_state()) == 20)
    # Collecting takes its time: not before what was written is seen back.
    eventually(lambda: client.snapshot() == server.copy_state())
    eventually(
        lambda: gc.collect() + 1 and list(key_sync._key_syncs.get(client)._syncs) == ["kept"]
    )
    assert KeySyncs.sync(client, "kept") is kept


def interrupt_once(owner: Any, name: str) -> None:
    """Ctrl-C comes in the next call of a method."""
    method = getattr(owner, name)

    def interrupted(*_: Any) -> None:
        setattr(owner, name, method)
        raise KeyboardInterrupt

    setattr(owner, name, interrupted)


def test_ctrl_c_during_a_write_does_not_hold_up_those_after_it():
    bench = Bench()
    interrupt_once(bench.server, "update_state_async")

    with pytest.raises(KeyboardInterrupt):
        bench.set(1)
    bench.set(2)
    bench.settle()

    assert bench.server.there == 2
    assert not bench.sync.is_pending


def test_ctrl_c_while_listeners_are_told_does_not_silence_them():
    bench = Bench()
    interrupt_once(bench.dispatcher, "post")

    with pytest.raises(KeyboardInterrupt):
        bench.set(1)
    bench.settle()
    bench.set(2)

    assert bench.shown[-1] == 2


def test_what_is_set_while_another_thread_finds_nothing_to_write_is_written():
    bench = Bench()
    bench.foreign(1)
    bench.broadcast()
    there, looks = bench.server.peek, []

    def set_meanwhile(key, default):
        looks.append(key)
        if len(looks) == 2:  # the first look is that of `set`, this one that of the write
            other = threading.Thread(target=bench.set, args=(2,))
            other.start()
            other.join(5)
        return there(key, default)

    bench.server.peek = set_meanwhile
    bench.set(1)
    bench.server.peek = there
    for _ in range(5):
        bench.server.arrive()
        bench.server.answer()

    assert bench.server.there == 2
    assert not bench.sync.is_pending
