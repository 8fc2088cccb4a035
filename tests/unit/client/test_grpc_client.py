"""NanoVer's own client API against a real server, over real sockets."""

from __future__ import annotations

import inspect
import math
import threading
from typing import Any

import grpc
import numpy as np
import pytest

import nanover_jupyter
from nanover_jupyter import (
    AddressError,
    ClosedError,
    CommandFailed,
    CommandInfo,
    ConnectError,
    ConnectionLost,
    DictionaryChange,
    GrpcClient,
    InvalidValue,
    NanoverClient,
    NanoverStubClient,
    TimedOut,
)
from tests.support.eventually import TIME_SCALE, eventually
from tests.support.golden import golden_final_state, needs_golden
from tests.support.own_threads import own_threads
from tests.support.replay_server import ReplayServer

MANY_BYTES = 8_000_000


def client_threads():
    return [name for name in own_threads() if not name.startswith("nanover-server")]


@pytest.fixture
def following(client, server):
    """A client that has the state of a server with one key."""
    server.update_state("server", DictionaryChange({"a": 1}))
    client.subscribe_all_state_updates(0)
    eventually(lambda: client.copy_state() == {"a": 1})
    return client


# the surface ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "signature"),
    [
        (GrpcClient, "(*, channel, make_channel_owner=False)"),
        (GrpcClient.insecure_channel, "(*, address=None, port=None)"),
        (NanoverClient, "(*, channel, make_channel_owner=False)"),
        (NanoverClient.update_available_commands, "(self)"),
        (NanoverClient.run_command, "(self, name, /, **arguments)"),
        (NanoverClient.copy_state, "(self)"),
        (NanoverClient.lock_state, "(self)"),
        (NanoverClient.subscribe_all_state_updates, f"(self, interval={1 / 30})"),
        (NanoverClient.attempt_update_locks, "(self, update)"),
        (NanoverClient.attempt_update_state, "(self, change)"),
        (NanoverClient.close, "(self)"),
        (NanoverStubClient, "(*, channel, stub, make_channel_owner=False)"),
        (CommandInfo, "(name, /, **arguments)"),
        (CommandInfo.from_proto, "(raw)"),
        (DictionaryChange, "(updates=None, removals=None)"),
    ],
    ids=lambda part: getattr(part, "__qualname__", None),
)
def test_the_surface_is_nanovers(function, signature):
    bare = inspect.signature(function)
    # `timeout` is an addition to NanoVer's client, optional and by keyword.
    parameters = [p for p in bare.parameters.values() if p.name != "timeout"]
    bare = bare.replace(
        parameters=[p.replace(annotation=p.empty) for p in parameters],
        return_annotation=bare.empty,
    )

    assert str(bare) == signature


def test_the_classes_are_kin_as_in_nanover():
    assert issubclass(NanoverClient, GrpcClient)
    assert issubclass(NanoverStubClient, NanoverClient)
    assert nanover_jupyter.NanoverClient is NanoverClient


def test_a_client_opens_lazily_at_the_default_address():
    with NanoverClient.insecure_channel() as client:
        assert client.address == "grpc://localhost:38801"
        assert client.status.state == "connecting"
        assert client_threads() == []


def test_a_client_without_a_server_raises_at_the_first_call():
    with NanoverClient.insecure_channel(address="nohost.invalid", port=5) as client:
        with pytest.raises(ConnectError) as caught:
            client.run_command("x")
        assert caught.value.address == "grpc://nohost.invalid:5"


# channels ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [GrpcClient, NanoverClient])
def test_a_channel_that_was_given_stays_its_owners(server, kind):
    with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        client = kind(channel=channel)
        assert client.channel is channel
        assert client.is_channel_owner is False
        client.close()

        with NanoverClient(channel=channel) as other:
            assert other.update_available_commands() == {}


@pytest.mark.parametrize("kind", [GrpcClient, NanoverClient])
def test_a_channel_that_was_handed_over_is_closed_with_the_client(server, kind):
    channel = grpc.insecure_channel(f"127.0.0.1:{server.port}")
    with kind(channel=channel, make_channel_owner=True) as client:
        assert client.is_channel_owner is True
    client.close()

    with pytest.raises(ValueError, match="closed"):
        channel.unary_unary("/x/y")(b"")


def test_a_client_that_opened_its_channel_owns_it(client):
    assert client.is_channel_owner is True


def test_the_owner_of_a_channel_may_close_it_under_the_client(server):
    channel = grpc.insecure_channel(f"127.0.0.1:{server.port}")
    with NanoverClient(channel=channel) as client:
        channel.close()

        with pytest.raises(ClosedError):
            client.run_command("x")
        with pytest.raises(ClosedError):
            client.subscribe_all_state_updates()
        with pytest.raises(ClosedError):  # not taken for a subscription that runs
            client.subscribe_all_state_updates()


def test_a_stub_is_attached_to_the_channel(server):
    class Stub:
        def __init__(self, channel):
            self.channel = channel

    with (
        grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel,
        NanoverStubClient(channel=channel, stub=Stub) as client,
    ):
        assert isinstance(client.stub, Stub)
        assert client.stub.channel is client.channel is channel
        assert client.is_channel_owner is False
        assert client.update_available_commands() == {}
    with NanoverStubClient.insecure_channel(
        address="127.0.0.1", port=server.port, stub=Stub
    ) as client:
        assert client.stub.channel is client.channel
        assert client.is_channel_owner is True
        assert client.update_available_commands() == {}


def test_a_subclass_may_bring_its_stub_along(server):
    class Frames(NanoverStubClient):
        def __init__(self, *, channel, make_channel_owner=False):
            super().__init__(channel=channel, stub=id, make_channel_owner=make_channel_owner)

    with Frames.insecure_channel(address="127.0.0.1", port=server.port) as client:
        assert client.stub == id(client.channel)


def test_a_stub_may_come_with_an_encrypted_channel():
    with NanoverStubClient.secure_channel(address="127.0.0.1", port=5, stub=id) as client:
        assert client.stub == id(client.channel)
        assert client.address == "grpcs://127.0.0.1:5"


@pytest.mark.parametrize("make", ["insecure_channel", "secure_channel"])
def test_a_client_that_cannot_be_made_leaves_no_channel_open(monkeypatch, make):
    closed = []

    class Channel:
        def close(self):
            closed.append(self)

    monkeypatch.setattr("nanover_jupyter.client.grpc_client.open_channel", lambda *_: Channel())
    with pytest.raises(TypeError, match="stub"):
        getattr(NanoverStubClient, make)()

    assert len(closed) == 1


# state ------------------------------------------------------------------------


def test_a_change_is_applied_and_received_by_all_clients(following, make_client, server):
    other = make_client()
    other.subscribe_all_state_updates(0)

    assert following.attempt_update_state(DictionaryChange({"b": {"x": [1, None]}}, ["a"])) is True

    assert server.copy_state() == {"b": {"x": [1, None]}}
    eventually(lambda: other.copy_state() == {"b": {"x": [1.0, None]}})
    eventually(lambda: following.copy_state() == {"b": {"x": [1.0, None]}})


def test_none_removes_a_key(following, server):
    assert following.attempt_update_state(DictionaryChange({"a": None}))

    assert server.copy_state() == {}


def test_numpy_values_can_be_shared(following, server):
    change = DictionaryChange({"n": np.float32(0.5), "l": np.arange(3), "b": np.bool_(True)})  # noqa: FBT003

    assert following.attempt_update_state(change)

    assert server.copy_state() == {"a": 1, "n": 0.5, "l": [0, 1, 2], "b": True}


@pytest.mark.parametrize("value", [object(), {1, 2}, b"raw", {1: "x"}, "\ud800", [10**400]])
def test_a_value_that_cannot_be_serialized_is_a_type_error_before_anything_is_sent(
    following, server, value
):
    with pytest.raises(TypeError) as caught:
        following.attempt_update_state(DictionaryChange({"ok": 1, "bad": [value]}))

    assert isinstance(caught.value, InvalidValue)
    assert caught.value.path[:2] == ("bad", 0)
    assert server.copy_state() == {"a": 1}


def test_the_copy_of_the_state_is_deep(following, server):
    server.update_state("server", DictionaryChange({"deep": {"l": [1]}}))
    eventually(lambda: "deep" in following.copy_state())
    following.copy_state()["deep"]["l"].append(2)

    assert following.copy_state()["deep"] == {"l": [1]}


def test_updates_wait_while_the_state_is_locked(following, make_client, server):
    witness = make_client()
    witness.subscribe_all_state_updates(0)
    with following.lock_state() as state:
        server.update_state("server", DictionaryChange({"a": 2}))
        eventually(lambda: witness.copy_state() == {"a": 2})
        assert state == {"a": 1}
        assert following.copy_state() == {"a": 1}

    eventually(lambda: following.copy_state() == {"a": 2})


def test_a_slow_subscriber_gets_missed_changes_merged(following, server):
    changes = []
    busy, go_on = threading.Event(), threading.Event()

    def slow(change):
        changes.append(change)
        busy.set()
        assert go_on.wait(20)

    following.on_change(slow)
    server.update_state("server", DictionaryChange({"n": 0}))
    assert busy.wait(10)
    for number in range(1, 100):
        server.update_state("server", DictionaryChange({"n": number}))
    server.update_state("server", DictionaryChange({"z": 1}, ["a"]))
    eventually(lambda: "z" in following.copy_state())
    go_on.set()

    eventually(lambda: len(changes) == 2)
    assert changes == [
        DictionaryChange({"n": 0.0}),
        DictionaryChange({"n": 99.0, "z": 1.0}, {"a"}),
    ]


def test_the_interval_bounds_how_often_changes_come(client, server):
    server.update_state("server", DictionaryChange({"n": 0}))
    heard = []
    client.on_change(heard.append)
    client.subscribe_all_state_updates(60)
    eventually(lambda: heard)
    for number in range(1, 50):
        server.update_state("server", DictionaryChange({"n": number}))

    # A second client shows that the server has long sent what it sends at once.
    assert client.attempt_update_state(DictionaryChange({"mine": 1}))
    assert len(heard) <= 2


def test_states_far_above_four_mebibytes_arrive(client, server):
    big = "x" * MANY_BYTES
    server.update_state("server", DictionaryChange({"big": big}))
    client.subscribe_all_state_updates()

    eventually(lambda: client.copy_state().get("big") == big)


def test_states_far_above_four_mebibytes_can_be_sent(following, server):
    assert following.attempt_update_state(DictionaryChange({"big": ["x" * MANY_BYTES]}))

    assert len(server.copy_state()["big"][0]) == MANY_BYTES


@needs_golden
@pytest.mark.parametrize("stream", ["vr_recording_state_first60", "vr_avatar_stream"])
def test_a_recorded_session_of_real_people_arrives_as_it_was(stream):
    with ReplayServer(stream) as recorded:
        client = NanoverClient.insecure_channel(address="127.0.0.1", port=recorded.port)
        with client:
            client.subscribe_all_state_updates(0)
            expected = golden_final_state(stream)

            eventually(lambda: client.copy_state() == expected)
            assert "playback/load" in client.update_available_commands()


# locks ------------------------------------------------------------------------


def test_a_lock_excludes_another_client_until_it_is_released(make_client, server):
    one, other = make_client(), make_client()
    assert one.attempt_update_locks({"scene": 60}) is True

    assert other.attempt_update_locks({"scene": 60, "free": 60}) is False
    assert other.attempt_update_state(DictionaryChange({"scene": 1})) is False
    assert other.attempt_update_state(DictionaryChange(removals=["scene"])) is False
    assert one.attempt_update_state(DictionaryChange({"scene": 2})) is True
    assert other.attempt_update_locks({"scene": None}) is True  # not theirs: passed over
    assert other.attempt_update_locks({"scene": 60}) is False

    assert one.attempt_update_locks({"scene": None}) is True
    assert other.attempt_update_locks({"scene": 60}) is True
    assert server.copy_state() == {"scene": 2}


def test_a_lock_ends_by_its_own_time(make_client):
    one, other = make_client(), make_client()
    assert one.attempt_update_locks({"scene": 0.05})

    eventually(lambda: other.attempt_update_locks({"scene": 60}))
    assert one.attempt_update_locks({"scene": 60}) is False
    assert one.leases.get("scene").state == "refused"


def test_a_closed_client_has_released_its_locks_without_a_subscription(make_client):
    one, other = make_client(), make_client()
    assert one.attempt_update_locks({"scene": math.inf})
    one.close()

    assert other.attempt_update_locks({"scene": 60}) is True


# commands ------------------------------------------------------------------------


def test_commands_are_those_of_the_server_when_it_was_asked(client, server):
    server.register_command("user/x", dict, {"a": 1, "none": None, "l": [True]})
    assert client.available_commands == {}

    fetched = client.update_available_commands()

    assert fetched == {"user/x": CommandInfo("user/x", a=1, none=None, l=[True])}
    assert client.available_commands == fetched
    fetched.clear()
    assert list(client.available_commands) == ["user/x"]
    assert str(client.available_commands["user/x"]) == "'user/x':(a=1.0, l=[True], none=None)"


def test_a_command_runs_with_its_defaults_overridden(client, server):
    server.register_command("echo", lambda **arguments: arguments, {"a": 1, "b": 2})

    assert client.run_command("echo", b="x", c=None) == {"a": 1.0, "b": "x", "c": None}


def test_a_command_without_result_gives_an_empty_dict(client, server):
    server.register_command("quiet", lambda: None)

    assert client.run_command("quiet") == {}


def test_a_failed_command_is_an_rpc_error_too_with_the_words_of_the_server(client, server):
    def fail():
        raise ValueError("no such molecule")

    server.register_command("fail", fail)

    with pytest.raises(grpc.RpcError) as caught:
        client.run_command("fail")

    assert isinstance(caught.value, CommandFailed)
    assert str(caught.value) == "command 'fail' failed: no such molecule"
    assert caught.value.code() is grpc.StatusCode.UNKNOWN
    assert caught.value.details() == "Exception calling application: no such molecule"


def test_an_unknown_command_and_a_wrong_argument_are_clear_failures(client, server):
    server.register_command("load", lambda index: {"index": index})

    with pytest.raises(CommandFailed, match="command 'nope' failed: Unknown command: nope"):
        client.run_command("nope")
    with pytest.raises(CommandFailed, match="unexpected keyword argument 'foo'"):
        client.run_command("load", foo=1)
    with pytest.raises(CommandFailed, match="missing 1 required positional argument"):
        client.run_command("load")
    assert client.run_command("load", index=3) == {"index": 3.0}


def test_an_argument_that_cannot_be_sent_is_a_type_error(client):
    with pytest.raises(TypeError, match=r"cannot send a\['b'\]: a set is not"):
        client.run_command("x", a={"b": {1}})


def test_a_command_that_takes_too_long_times_out(client, server):
    go_on = threading.Event()
    server.register_command("wait", lambda: go_on.wait(10 * TIME_SCALE) and None)
    client.command_timeout = 0.1

    with pytest.raises(TimeoutError) as caught:
        client.run_command("wait")

    go_on.set()
    assert isinstance(caught.value, TimedOut)
    assert caught.value.doing == "running 'wait'"


@pytest.mark.parametrize(("end", "kind"), [("server", ConnectionLost), ("client", ClosedError)])
def test_a_command_that_waits_fails_at_once_when_either_side_closes(
    client, server, end, kind, impatient_servers
):
    started, go_on = threading.Event(), threading.Event()

    def wait():
        started.set()
        go_on.wait(20 * TIME_SCALE)

    server.register_command("wait", wait)
    failures = []

    def run():
        try:
            client.run_command("wait")
        except Exception as error:  # noqa: BLE001 - looked at below
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert started.wait(10)
    {"server": server, "client": client}[end].close()
    thread.join(5 * TIME_SCALE)
    go_on.set()

    assert [isinstance(error, kind) for error in failures] == [True]


def test_many_threads_may_use_one_client(client, server):
    server.register_command("echo", lambda **arguments: arguments)
    failures = []

    def work(number):
        try:
            for step in range(20):
                assert client.run_command("echo", n=number) == {"n": number}
                assert client.attempt_update_state(DictionaryChange({f"k{number}": step}))
        except BaseException as error:  # noqa: BLE001 - looked at below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert server.copy_state() == {f"k{number}": 19 for number in range(8)}


# the end ------------------------------------------------------------------------


def test_closing_leaves_no_thread_and_freezes_the_state(following, server):
    before = {thread.name for thread in threading.enumerate()}
    following.on_change(lambda _: None)
    assert len(client_threads()) == 2

    following.close()
    following.close()

    assert client_threads() == []
    assert {thread.name for thread in threading.enumerate()} <= before
    server.update_state("server", DictionaryChange({"a": 2}))
    assert following.copy_state() == {"a": 1}


def test_a_closed_client_raises(following):
    following.close()

    with pytest.raises(ClosedError, match="is closed; connect again"):
        following.run_command("x")
    with pytest.raises(ClosedError):
        following.subscribe_all_state_updates()


def test_a_channel_that_does_not_close_does_not_block(monkeypatch):
    monkeypatch.setattr("nanover_jupyter.client.grpc_client._CLOSING_SECONDS", 0.1)
    closing, at_last = threading.Event(), threading.Event()

    class Stuck:
        def close(self):
            closing.set()
            at_last.wait(10 * TIME_SCALE)

    GrpcClient(channel=Stuck(), make_channel_owner=True).close()

    assert closing.is_set()
    assert client_threads() == ["nanover-closing"]
    at_last.set()
    eventually(lambda: client_threads() == [])


def test_a_server_that_goes_away_leaves_the_last_state_and_a_reason(following, server):
    server.close()

    eventually(lambda: following.status.state == "lost")
    assert following.status.reason
    assert following.copy_state() == {"a": 1}


def test_a_client_shows_where_it_leads(client, server):
    assert repr(client) == f"<NanoverClient of grpc://127.0.0.1:{server.port}: connecting>"


@pytest.mark.parametrize("open_", [NanoverClient.insecure_channel, NanoverClient.secure_channel])
def test_a_host_with_a_password_is_refused_without_showing_it(open_: Any) -> None:
    with pytest.raises(AddressError, match="remove the user name and password") as caught:
        open_(address="anna:hunter2@host")

    assert "hunter2" not in f"{caught.value} {caught.value!r}"
