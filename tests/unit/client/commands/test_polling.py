"""How often commands are asked for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nanover_jupyter.client.background_calls import BoundedExecutor
from nanover_jupyter.client.commands.polling import CommandPoll
from nanover_jupyter.client.status import ConnectionState, Status
from nanover_jupyter.errors import NanoverJupyterError, TimedOut
from nanover_jupyter.wire.command_info import CommandInfo
from tests.support.clock import FakeClock


def standing(state: ConnectionState) -> Status:
    return Status(state, "", 0, 0.0)


class AtOnce(BoundedExecutor):
    """Does on this thread what others would do on their own."""

    def submit(self, call: Callable[[], object]) -> bool:
        call()
        return True


class FakeClient:
    """Counts how often it is asked."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.status = standing("connected")
        self.available_commands: dict[str, CommandInfo] = {}
        self.offers: dict[str, CommandInfo] = {"user/x": CommandInfo("user/x")}
        self.asked = 0
        self.takes = 0.0
        self.fails: NanoverJupyterError | None = None
        self.tell_status: Callable[[Status], object] = lambda _: None

    def update_available_commands(self) -> dict[str, CommandInfo]:
        self.asked += 1
        self.clock.pass_seconds(self.takes)
        if self.fails is not None:
            raise self.fails
        self.available_commands = dict(self.offers)
        return self.available_commands

    def on_status(self, callback: Callable[[Status], object]) -> Callable[[], None]:
        self.tell_status = callback
        return lambda: None


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def client(clock: FakeClock) -> FakeClient:
    return FakeClient(clock)


@pytest.fixture
def poll(client: FakeClient, clock: FakeClock) -> CommandPoll:
    poll = CommandPoll(client, AtOnce(), clock=clock)
    poll.on_view_opened()
    assert client.asked == 1
    client.asked = 0
    return poll


def beats(poll: CommandPoll, clock: FakeClock, seconds: int) -> None:
    for _ in range(seconds):
        clock.pass_seconds(1.0)
        poll.tick()


def test_an_unchanged_list_is_fetched_less_often(
    poll: CommandPoll, client: FakeClient, clock: FakeClock
) -> None:
    beats(poll, clock, 60)
    first_minute = client.asked
    beats(poll, clock, 600)

    assert 3 <= first_minute <= 6
    assert client.asked - first_minute == 20


def test_a_change_resets_the_interval(
    poll: CommandPoll, client: FakeClient, clock: FakeClock
) -> None:
    beats(poll, clock, 300)
    client.offers = {}
    beats(poll, clock, 31)
    client.asked = 0

    beats(poll, clock, 6)

    assert client.asked == 1


def test_a_new_view_fetches_an_old_list(
    poll: CommandPoll, client: FakeClient, clock: FakeClock
) -> None:
    beats(poll, clock, 300)
    clock.pass_seconds(6.0)
    client.asked = 0

    poll.on_view_opened()
    poll.on_view_opened()

    assert client.asked == 1


def test_fetching_a_long_list_takes_a_bounded_part_of_the_time(
    poll: CommandPoll, client: FakeClient, clock: FakeClock
) -> None:
    client.takes = 2.0

    beats(poll, clock, 600)

    assert client.asked * client.takes <= 0.021 * 600 + client.takes


def test_nothing_is_fetched_without_a_connection(
    poll: CommandPoll, client: FakeClient, clock: FakeClock
) -> None:
    client.status = standing("lost")

    beats(poll, clock, 60)

    assert client.asked == 0


def test_an_error_is_reported_once_and_cleared_by_a_reconnection(
    poll: CommandPoll, client: FakeClient, clock: FakeClock
) -> None:
    told: list[str | None] = []
    poll.on_error(lambda: told.append(poll.error))
    client.fails = TimedOut("listing the commands", 5.0)
    beats(poll, clock, 20)
    client.fails = None
    client.tell_status(standing("connected"))

    assert told == [str(TimedOut("listing the commands", 5.0)), None]


def test_a_failed_refresh_has_a_reason(poll: CommandPoll, client: FakeClient) -> None:
    client.fails = TimedOut("listing the commands", 5.0)

    with pytest.raises(TimedOut):
        poll.refresh()

    assert poll.error is not None
