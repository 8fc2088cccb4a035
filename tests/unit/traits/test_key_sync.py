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


class Setup:
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


def test_a_value_is_visible_when_it_is_set() -> None:
    setup = Setup()

    setup.set(1)

    assert setup.sync.value() == 1
    assert setup.sync.is_pending


def test_one_write_is_in_flight_and_the_last_word_follows_it() -> None:
    setup = Setup()
    for number in range(100):
        setup.set(number)
    assert setup.server.writes == 1

    setup.server.arrive()
    setup.server.answer()

    assert setup.server.writes == 2
    setup.settle()
    assert setup.on_server == setup.sync.value() == 99
    assert setup.server.writes == 2


def test_an_older_echo_does_not_overwrite_a_newer_value() -> None:
    setup = Setup()
    setup.set(1)
    setup.server.arrive()
    setup.set(2)

    setup.broadcast()

    assert setup.sync.value() == 2
    setup.server.answer()
    setup.broadcast()
    assert setup.sync.value() == 2
    setup.settle()
    assert set(setup.shown) == {1, 2}
    assert setup.shown == sorted(setup.shown)


def test_an_accepted_write_shows_until_it_is_seen_back() -> None:
    """The answer overtakes the broadcast on every server that merges changes."""
    setup = Setup()
    setup.foreign(0)
    setup.broadcast()
    setup.set(1)
    setup.server.arrive()
    setup.server.answer()

    assert setup.sync.value() == 1
    assert not setup.sync.is_pending
    assert 0 not in setup.shown[1:]


def test_a_later_value_of_another_client_is_visible() -> None:
    setup = Setup()
    setup.set(1)
    setup.server.arrive()
    setup.server.answer()
    setup.broadcast()

    setup.foreign(7)
    setup.broadcast()

    assert setup.sync.value() == 7


def test_a_value_overwritten_without_an_echo_is_replaced_after_a_while() -> None:
    setup = Setup()
    setup.set(1)
    setup.server.arrive()
    setup.foreign(7)
    setup.server.answer()
    setup.broadcast()

    setup.time_passes()

    assert setup.sync.value() == 7
    assert setup.server.writes == 1


def test_echo_before_the_answer_counts() -> None:
    setup = Setup()
    setup.set(1)
    setup.server.arrive()
    setup.broadcast()
    setup.foreign(7)
    setup.broadcast()
    setup.server.answer()

    assert setup.sync.value() == 7


def test_a_refused_write_shows_the_servers_value_and_why() -> None:
    setup = Setup()
    setup.foreign(5)
    setup.broadcast()
    setup.server.is_locked = True
    setup.set(1)
    setup.server.arrive()
    setup.server.answer()

    assert setup.sync.value() == 5
    assert setup.sync.error == ("the server refused to change 'k': another client holds a lock")
    assert not setup.sync.is_pending


def test_the_next_write_that_is_accepted_clears_the_error() -> None:
    setup = Setup()
    setup.server.is_locked = True
    setup.set(1)
    setup.settle()
    setup.server.is_locked = False

    setup.set(2)
    setup.settle()

    assert setup.sync.error == ""
    assert setup.on_server == 2


def test_a_value_set_after_a_refused_write_is_written() -> None:
    setup = Setup()
    setup.server.is_locked = True
    setup.set(1)
    setup.set(2)
    setup.server.arrive()
    setup.server.is_locked = False

    setup.settle()

    assert setup.on_server == setup.sync.value() == 2


def test_setting_the_current_value_writes_nothing() -> None:
    setup = Setup()
    setup.foreign(3.0)
    setup.broadcast()

    setup.set(3)

    assert setup.server.writes == 0
    assert not setup.sync.is_pending


def test_parts_of_a_value_are_written_together_and_keep_the_rest() -> None:
    setup = Setup()
    setup.foreign({"color": [0, 0, 0], "name": "a", "rest": True})
    setup.broadcast()
    setup.set("b", "name")
    setup.set(1, "color", 0)
    setup.set(2, "color", 2)

    setup.settle()

    assert setup.on_server == {"color": [1, 0, 2], "name": "b", "rest": True}
    assert setup.server.writes == 2


def test_writing_a_part_keeps_other_parts_of_other_clients() -> None:
    setup = Setup()
    setup.foreign({"mine": 0, "theirs": 0})
    setup.broadcast()
    setup.set(1, "mine")
    setup.settle()
    setup.foreign({"mine": 1, "theirs": 2})
    setup.broadcast()

    setup.set(3, "mine")
    setup.settle()

    assert setup.on_server == {"mine": 3, "theirs": 2}


def test_a_part_set_before_the_last_one_was_seen_back_keeps_it() -> None:
    """Built on what the server accepted, not on what it last broadcast."""
    setup = Setup()
    setup.set(1, "a")
    setup.server.arrive()
    setup.server.answer()
    setup.set(2, "b")

    setup.settle()

    assert setup.on_server == {"a": 1, "b": 2}


def test_a_value_that_is_read_while_a_write_is_accepted_is_whole() -> None:
    setup = Setup()
    setup.foreign({"a": 0, "b": 0, "c": 0})
    setup.broadcast()
    for place in "ab":
        setup.set(1, place)
        setup.server.arrive()
        setup.server.answer()
    setup.set(1, "c")
    setup.server.arrive()
    accepted: list[bool] = []

    class Value(dict[str, Any]):
        """Is copied, to be changed, in the moment when the answer comes on another thread."""

        def copy(self) -> dict[str, Any]:
            if not accepted:
                accepted.append(True)
                setup.server.answer()
            return dict(self)

    there = Value(a=0, b=0, c=0)
    setup.server.peek = lambda *_: there  # type: ignore[method-assign]

    assert setup.sync.value() == {"a": 1, "b": 1, "c": 1}
    assert accepted


def test_a_missing_path_is_refused_at_once() -> None:
    setup = Setup()
    setup.foreign({"color": [0]})
    setup.broadcast()

    with pytest.raises(InvalidValue, match=r"k\['color'\]\[3\]: a list of length 1 has no item 3"):
        setup.set(1, "color", 3)

    assert setup.server.writes == 0


def test_a_place_that_went_away_before_the_write_is_left_out() -> None:
    setup = Setup()
    setup.foreign([1, 2])
    setup.broadcast()
    setup.set(5, 0)
    setup.set(6, 1)
    setup.server.is_locked = True
    setup.server.arrive()
    setup.server.is_locked = False
    setup.foreign([9])
    setup.broadcast()

    setup.settle()

    assert setup.on_server == setup.sync.value() == [9]


def test_removal_is_a_write_like_any_other() -> None:
    setup = Setup()
    setup.foreign(1)
    setup.broadcast()

    setup.set(ABSENT)
    setup.settle()

    assert setup.on_server is ABSENT
    assert setup.sync.value() is ABSENT


def test_without_answers_being_seen_back_is_the_answer() -> None:
    setup = Setup(acknowledges=False)
    for number in range(10):
        setup.set(number)
    assert setup.server.writes == 1
    assert setup.sync.is_pending

    setup.server.arrive()
    setup.broadcast()

    assert setup.server.writes == 2
    setup.settle()
    assert setup.on_server == setup.sync.value() == 9
    assert not setup.sync.is_pending


def test_without_answers_a_write_that_is_never_seen_does_not_block_the_next() -> None:
    setup = Setup(acknowledges=False)
    setup.set(1)
    setup.set(2)

    setup.time_passes()

    assert setup.server.writes == 2


class Racing(RuleBasedStateMachine):
    """We and others write, and messages come in every order that a server allows."""

    acknowledges = True

    def __init__(self) -> None:
        super().__init__()
        self.setup = Setup(acknowledges=self.acknowledges)
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
        self.setup.foreign({"part": number})

    @rule()
    def others_remove(self) -> None:
        self.setup.foreign(slow_state.ABSENT)

    @rule()
    def others_lock(self) -> None:
        self.setup.server.is_locked = True

    @rule()
    def others_unlock(self) -> None:
        self.setup.server.is_locked = False

    @rule()
    def write_arrives(self) -> None:
        self.setup.server.arrive()

    @rule()
    def answer_arrives(self) -> None:
        self.setup.server.answer()

    @rule()
    def broadcast_arrives(self) -> None:
        self.setup.broadcast()

    @rule()
    def time_passes(self) -> None:
        self.setup.time_passes()
        self.wanted = self.setup.sync.value()

    @invariant()
    def what_was_set_shows_until_it_is_accepted_or_refused(self) -> None:
        if self.setup.sync.is_pending and not self.setup.sync.error:
            assert self.setup.sync.value() == self.wanted

    def teardown(self) -> None:
        self.setup.settle()
        assert self.setup.sync.value() == self.setup.on_server, "both sides agree in the end"
        assert self.setup.shown[-1:] in ([], [self.setup.on_server]), "and everybody was told"
        assert not self.setup.sync.is_pending
        assert self.setup.server.writes <= self.sets, "nothing is written that nobody set"

    def _set(self, whole: Any, *, path: tuple[str, ...] = (), part: Any = None) -> None:
        self.sets += 1
        self.wanted = whole
        self.setup.set(part if path else whole, *path)


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


def test_an_unused_key_is_collected_after_its_last_write(
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
    setup = Setup()
    interrupt_once(setup.server, "update_state_async")

    with pytest.raises(KeyboardInterrupt):
        setup.set(1)
    setup.set(2)
    setup.settle()

    assert setup.server.there == 2
    assert not setup.sync.is_pending


def test_ctrl_c_during_a_notification_does_not_end_notifications():
    setup = Setup()
    interrupt_once(setup.dispatcher, "post")

    with pytest.raises(KeyboardInterrupt):
        setup.set(1)
    setup.settle()
    setup.set(2)

    assert setup.shown[-1] == 2


def test_a_value_set_while_another_thread_has_nothing_to_write_is_written():
    setup = Setup()
    setup.foreign(1)
    setup.broadcast()
    there, looks = setup.server.peek, []

    def set_meanwhile(key, default):
        looks.append(key)
        if len(looks) == 2:  # the first look is that of `set`, this one that of the write
            other = threading.Thread(target=setup.set, args=(2,))
            other.start()
            other.join(5)
        return there(key, default)

    setup.server.peek = set_meanwhile
    setup.set(1)
    setup.server.peek = there
    for _ in range(5):
        setup.server.arrive()
        setup.server.answer()

    assert setup.server.there == 2
    assert not setup.sync.is_pending
