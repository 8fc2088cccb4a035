"""What every client does, over a transport that does as it is told."""

from __future__ import annotations

import math

import pytest

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.connection import Connection
from nanover_jupyter.client.status import Status
from nanover_jupyter.errors import (
    ClosedError,
    CommandFailed,
    ConnectionLost,
    InvalidValue,
)
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.messages import DictionaryChange, LockRequest
from tests.support.eventually import eventually
from tests.support.fake_transport import FakeTransport
from tests.support.own_threads import own_threads


@pytest.fixture
def transport():
    return FakeTransport({"a": 1})


@pytest.fixture
def client(transport):
    with BaseClient(transport) as client:
        yield client


@pytest.fixture
def following(client):
    client.load_state(10)
    return client


class Recorder:
    """Remembers what it was called with."""

    def __init__(self):
        self.calls = []

    def __call__(self, *arguments):
        self.calls.append(arguments[0] if arguments else None)


# the state ------------------------------------------------------------------------


def test_a_client_that_loaded_the_state_is_connected(client):
    assert client.status.state == "connecting"
    assert client.copy_state() == {}

    client.load_state(10)

    assert client.status.state == "connected"
    assert client.copy_state() == {"a": 1}
    assert client.health.keys == 1


def test_an_empty_server_is_connected_to_after_a_moment_of_grace():
    with BaseClient(FakeTransport()) as client:
        client.load_state(0.01)

        assert client.status.state == "connected"
        assert client.copy_state() == {}


def test_the_state_of_a_server_that_was_taken_for_empty_arrives_all_the_same(transport):
    transport.state = {}
    with BaseClient(transport) as client:
        client.load_state(0.01)
        transport.change({"late": 1})

        eventually(lambda: client.copy_state() == {"late": 1})


def test_updates_and_removals_reach_the_copy(following, transport):
    transport.change({"b": [1]})
    transport.change({"a": None})

    eventually(lambda: following.copy_state() == {"b": [1]})


def test_the_copy_is_deep_and_the_snapshot_and_peek_share_values(following, transport):
    transport.change({"deep": {"l": [1]}})
    eventually(lambda: "deep" in following.snapshot())

    following.copy_state()["deep"]["l"].append(2)

    assert following.peek("deep") == {"l": [1]}
    assert following.snapshot()["deep"] is following.peek("deep")
    assert following.peek("absent", "x") == "x"


def test_updates_wait_while_the_state_is_locked(following, transport):
    heard = Recorder()
    following.on_change(heard)
    with following.lock_state() as state:
        transport.change({"a": 2})
        assert state == {"a": 1}
        assert following.copy_state() == {"a": 1}
        assert heard.calls == []

    eventually(lambda: heard.calls)
    assert following.copy_state() == {"a": 2}


def test_subscribers_hear_the_first_state_and_then_the_changes(client, transport):
    heard = Recorder()
    client.on_change(heard)
    client.load_state(10)
    eventually(lambda: heard.calls)
    transport.change({"b": 2}, {"a"})
    eventually(lambda: len(heard.calls) == 2)

    assert heard.calls == [DictionaryChange({"a": 1}), DictionaryChange({"b": 2}, {"a"})]


def test_an_exception_of_a_subscriber_does_not_stop_others(client, transport, caplog):
    heard = Recorder()
    client.on_change(lambda _: 1 / 0)
    client.on_change(heard)
    client.load_state(10)
    eventually(lambda: heard.calls)
    transport.change({"a": 2})

    eventually(lambda: len(heard.calls) == 2)
    assert client.copy_state() == {"a": 2}
    assert [record.exc_info[0] for record in caplog.records] == [ZeroDivisionError] * 2


def test_subscribing_again_while_a_subscription_runs_does_nothing(following):
    following.subscribe_all_state_updates()

    assert own_threads() == ["nanover-reader"]


def test_an_update_is_sent_and_its_answer_given(following, transport):
    assert following.attempt_update_state(DictionaryChange({"a": 5})) is True
    transport.refuse_updates()
    assert following.attempt_update_state(DictionaryChange({"a": 6})) is False

    assert transport.state == {"a": 5}


# status ------------------------------------------------------------------------


def test_every_change_of_the_status_has_its_reason(client, transport):
    told = Recorder()
    client.on_status(told)
    client.load_state(10)
    transport.die("cable cut")
    eventually(lambda: client.status.state == "lost")
    client.set_retrying(1, "cable cut")
    client.set_retrying(2, "still cut")
    client.close()

    assert [(status.state, status.reason, status.attempt) for status in told.calls] == [
        ("connected", "", 0),
        ("lost", "cable cut", 0),
        ("lost", "cable cut", 1),
        ("lost", "still cut", 2),
        ("closed", "closed by this client", 0),
    ]
    times = [status.since for status in told.calls]
    assert times == sorted(times)
    assert times[1] == times[2] == times[3]  # lost since one moment, however often tried


def test_closed_listeners_are_called_after_the_last_status(client):
    told: list[str] = []
    client.on_closed(lambda: told.append("done"))
    client.on_status(lambda status: told.append(status.state))
    client.close()
    client.close()
    client.on_closed(lambda: told.append("was done"))

    assert told == ["closed", "done", "was done"]


def test_an_unchanged_status_is_reported_once(client):
    told = Recorder()
    client.on_status(told)
    client.load_state(10)
    client.load_state(10)

    assert len(told.calls) == 1


def test_an_ended_subscription_is_not_called(client):
    told = Recorder()
    client.on_status(told)()

    client.load_state(10)

    assert told.calls == []


def test_calls_to_a_lost_server_say_so(following, transport):
    transport.die("cable cut")

    with pytest.raises(ConnectionLost, match="cable cut"):
        following.run_command("x")


def test_a_new_stream_replaces_the_state_and_reports_removed_keys(following, transport):
    transport.change({"gone": 1, "same": 1})
    eventually(lambda: "gone" in following.snapshot())
    transport.die("restart")
    eventually(lambda: following.status.state == "lost")
    assert "gone" in following.copy_state()
    heard = Recorder()
    following.on_change(heard)

    transport.come_back({"a": 2, "same": 1, "new": 3})
    following.load_state(10)

    assert following.status.state == "connected"
    assert following.copy_state() == {"a": 2, "same": 1, "new": 3}
    eventually(lambda: heard.calls)
    assert heard.calls == [DictionaryChange({"a": 2, "new": 3}, {"gone"})]


def test_a_server_that_comes_back_empty_empties_the_state(following, transport):
    transport.die("restart")
    eventually(lambda: following.status.state == "lost")
    heard = Recorder()
    following.on_change(heard)

    transport.come_back({})
    following.load_state(10)

    assert following.copy_state() == {}
    eventually(lambda: heard.calls)
    assert heard.calls == [DictionaryChange(removals={"a"})]


def test_following_a_server_that_is_gone_leaves_the_client_lost(client, transport):
    transport.die("cable cut")

    with pytest.raises(ConnectionLost, match="while loading the state: cable cut"):
        client.load_state(10)

    assert (client.status.state, client.status.reason) == ("lost", "cable cut")


# commands ------------------------------------------------------------------------


def test_the_commands_known_are_those_last_asked_for(client, transport):
    transport.commands["x"] = (dict, {"a": 1})
    assert client.available_commands == {}

    assert client.update_available_commands() == {"x": CommandInfo("x", a=1)}

    transport.commands["y"] = (dict, {})
    assert list(client.available_commands) == ["x"]


def test_the_commands_known_are_a_copy(client, transport):
    transport.commands["x"] = (dict, {})
    client.update_available_commands().clear()
    client.available_commands.clear()

    assert list(client.available_commands) == ["x"]


def test_listeners_hear_when_the_commands_changed_and_only_then(client, transport):
    told = Recorder()
    client.on_commands(told)
    transport.commands["x"] = (dict, {"a": 1})
    client.update_available_commands()
    client.update_available_commands()
    transport.commands["x"] = (dict, {"a": 2})
    client.update_available_commands()

    assert len(told.calls) == 2


def test_a_probe_learns_the_commands_or_fails(client, transport):
    transport.commands["x"] = (dict, {})
    client.probe(10)
    assert list(client.available_commands) == ["x"]

    transport.die("cable cut")
    with pytest.raises(ConnectionLost):
        client.probe(10)
    assert list(client.available_commands) == ["x"]


def test_a_command_may_have_arguments_of_any_name(client, transport):
    transport.commands["x"] = (lambda **arguments: arguments, {})

    given = {"name": 1, "self": 2, "timeout": 3}
    assert client.run_command("x", **given) == given


def test_a_failed_command_raises(client):
    with pytest.raises(CommandFailed, match="command 'x' failed: Unknown command: x"):
        client.run_command("x")


# locks ------------------------------------------------------------------------


def lease_states(client):
    return {lease.key: lease.state for lease in client.leases.rows()}


def test_granted_locks_are_in_the_book(client):
    assert client.attempt_update_locks({"a": 60, "b": math.inf}) is True

    assert lease_states(client) == {"a": "held", "b": "held"}
    assert client.leases.get("a").seconds == 60


def test_released_locks_are_released_in_the_table(client):
    client.attempt_update_locks({"a": 60, "b": 60})
    client.attempt_update_locks({"a": None, "c": 60})

    assert lease_states(client) == {"a": "released", "b": "held", "c": "held"}


def test_refused_locks_are_in_the_table_and_nothing_was_released(client, transport):
    client.attempt_update_locks({"mine": 60})
    transport.held_elsewhere.add("theirs")

    assert client.attempt_update_locks({"theirs": 60, "mine": None}) is False

    assert lease_states(client) == {"mine": "held", "theirs": "refused"}


def test_locks_are_pending_while_the_server_thinks(client):
    seen = []
    client.leases.subscribe(lambda: seen.append(lease_states(client)))
    client.attempt_update_locks({"a": 60})

    assert seen[0] == {"a": "pending"}
    assert seen[-1] == {"a": "held"}


def test_a_lock_request_without_an_answer_is_lost_with_the_reason(client, transport):
    transport.die("cable cut")

    with pytest.raises(ConnectionLost):
        client.attempt_update_locks({"a": 60})

    lease = client.leases.get("a")
    assert lease.state == "lost"
    assert lease.note.startswith(
        "lost the connection to fake://server while changing locks: cable cut; unknown whether"
    )


@pytest.mark.parametrize("seconds", ["5", b"5", math.nan, True, [1], 10**400], ids=repr)
def test_an_invalid_duration_is_refused_and_does_not_change_the_table(client, transport, seconds):
    client.attempt_update_locks({"held": 60})

    with pytest.raises(InvalidValue) as caught:
        client.attempt_update_locks({"held": 30, "a": seconds})

    assert caught.value.path == ("a",)
    assert lease_states(client) == {"held": "held"}
    assert len(transport.lock_requests) == 1


# closing ------------------------------------------------------------------------


def test_closing_ends_all_threads_and_keeps_the_state(client):
    client.on_change(lambda _: None)
    client.load_state(10)
    assert sorted(own_threads()) == ["nanover-changes", "nanover-reader"]

    client.close()
    client.close()

    assert own_threads() == []
    assert client.status.state == "closed"
    assert client.copy_state() == {"a": 1}


@pytest.mark.parametrize("follow", [True, False])
def test_closing_releases_the_locks_that_are_still_held(client, transport, follow):
    if follow:
        client.load_state(10)
    client.attempt_update_locks({"a": 60, "b": 60, "short": 0})
    client.attempt_update_locks({"b": None})

    client.close()

    assert transport.lock_requests[-1] == LockRequest({}, frozenset({"a"}))
    assert client.leases.get("a").state == "released"


def test_closing_does_not_bother_a_server_that_holds_nothing_of_ours(following, transport):
    following.close()

    assert transport.lock_requests == []


def test_closing_works_though_the_server_is_gone(following, transport):
    following.attempt_update_locks({"a": 60})
    transport.die("cable cut")

    following.close()

    assert following.status.state == "closed"
    assert len(transport.lock_requests) == 1


def test_a_closed_client_refuses_every_call(following):
    following.close()

    for call in (
        following.update_available_commands,
        lambda: following.run_command("x"),
        lambda: following.attempt_update_state(DictionaryChange({"a": 1})),
        lambda: following.attempt_update_locks({"a": 1}),
        following.subscribe_all_state_updates,
        lambda: following.load_state(1),
        lambda: following.probe(1),
    ):
        with pytest.raises(ClosedError):
            call()
    assert following.status.state == "closed"


def test_a_client_may_be_closed_by_its_subscriber_and_its_listener():
    for attach in ("on_change", "on_status"):
        client = BaseClient(FakeTransport({"a": 1}))
        getattr(client, attach)(lambda _, client=client: client.close())
        client.subscribe_all_state_updates(0)

        eventually(lambda client=client: client.status.state == "closed")
        eventually(lambda: not own_threads())


@pytest.mark.parametrize(
    "follows",
    [
        lambda client: client.wait_for("a", timeout=10),
        lambda client: client.changes("*").close(),
        lambda client: Connection.of(client).close(),
    ],
    ids=["waiting", "changes", "a connection"],
)
def test_the_requested_interval_is_kept_when_the_client_subscribes_again(follows):
    class Asked(FakeTransport):
        def start(self, listener, interval):
            intervals.append(interval)
            super().start(listener, interval)

    intervals = []
    transport = Asked({"a": 1})
    with BaseClient(transport) as client:
        client.subscribe_all_state_updates(0)
        client.load_state(10)
        transport.die("restart")
        eventually(lambda: client.status.state == "lost")
        transport.come_back({"a": 1})

        follows(client)

        eventually(lambda: len(intervals) == 2)
    assert intervals == [0, 0]


def test_a_close_that_ctrl_c_broke_off_can_be_repeated(monkeypatch):
    transport = FakeTransport({"a": 1})
    client = BaseClient(transport)
    client.load_state(10)
    client.on_change(lambda _: None)
    told = []
    client.on_closed(lambda: told.append("closed"))
    close = transport.close

    def interrupted():
        monkeypatch.setattr(transport, "close", close)
        raise KeyboardInterrupt

    monkeypatch.setattr(transport, "close", interrupted)
    with pytest.raises(KeyboardInterrupt):
        client.close()
    client.close()
    client.close()

    assert told == ["closed"]
    eventually(lambda: not own_threads())


def test_a_late_notification_has_the_current_status(client):
    seen = []
    client.on_status(lambda status: seen.append(status.state))
    client.load_state(10)

    client._stream.status_listeners.notify(Status("loading", "", 0, 0.0))

    assert seen[-1] == "connected"


@pytest.mark.parametrize(
    ("call", "method"),
    [
        (lambda client, **limit: client.update_available_commands(**limit), "list_commands"),
        (
            lambda client, **limit: client.attempt_update_state(DictionaryChange({}), **limit),
            "update_state",
        ),
        (
            lambda client, **limit: client.attempt_update_locks({"a": 1.0}, **limit),
            "update_locks",
        ),
        (
            lambda client, timeout=None: client.lock("a", auto_renew=False, call_timeout=timeout),
            "update_locks",
        ),
        (lambda client, **limit: client.start_command("x", {}, **limit), "start_command"),
    ],
)
def test_the_timeout_of_a_call_is_an_argument(client, transport, monkeypatch, call, method):
    timeouts = []
    original = getattr(transport, method)

    def record(*arguments):
        timeouts.append(arguments[-1])
        return original(*arguments)

    monkeypatch.setattr(transport, method, record)
    call(client)
    default = client.command_timeout if method == "start_command" else client.call_timeout
    assert timeouts[0] == default
    client.attempt_update_locks({"a": None})
    timeouts.clear()

    call(client, timeout=45.0)

    assert timeouts[0] == 45.0
    assert (client.call_timeout, client.command_timeout) == (20.0, 600.0)
