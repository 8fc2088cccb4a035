"""Behavior of every transport: the fake, and gRPC and WebSocket over real sockets."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any, Protocol

import grpc
import pytest

from nanover_jupyter.errors import (
    ClosedError,
    CommandFailed,
    ConnectError,
    ConnectionLost,
    InvalidValue,
    NotSupported,
)
from nanover_jupyter.server import NanoverServer
from nanover_jupyter.transport.address import Address
from nanover_jupyter.transport.base import Transport
from nanover_jupyter.transport.grpc.transport import CHANNEL_OPTIONS, GrpcTransport
from nanover_jupyter.transport.websocket.connect_options import connect_options
from nanover_jupyter.transport.websocket.transport import WebSocketTransport
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.messages import Capabilities, DictionaryChange, LockKind, LockRequest
from tests.support.eventually import eventually
from tests.support.fake_transport import FakeTransport
from tests.support.own_threads import own_threads
from tests.support.run_listener import RunListener

SOON = 10.0


class Rig(Protocol):
    """A transport and its server."""

    transport: Transport

    def change(self, updates: Mapping[str, Any], removals: set[str] = ...) -> None: ...

    def hold(self, key: str) -> None: ...

    def register(
        self, name: str, callback: Callable[..., Any], defaults: Mapping[str, Any]
    ) -> None: ...

    def state(self) -> dict[str, Any]: ...

    def die(self) -> None: ...

    def come_back(self, state: Mapping[str, Any]) -> None: ...


class FakeRig:
    def __init__(self, _stack: ExitStack) -> None:
        self.transport = FakeTransport()
        self.change = self.transport.change
        self.hold = self.transport.held_elsewhere.add
        self.come_back = self.transport.come_back

    def register(self, name, callback, defaults):
        self.transport.commands[name] = (callback, dict(defaults))

    def state(self):
        return self.transport.state

    def die(self):
        self.transport.die("reset")


class GrpcRig:
    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.server = stack.enter_context(NanoverServer())
        target = f"127.0.0.1:{self.server.port}"
        channel = stack.enter_context(grpc.insecure_channel(target, options=CHANNEL_OPTIONS))
        self.transport = GrpcTransport(channel, access_token="me", address=f"grpc://{target}")

    def change(self, updates, removals=frozenset()):
        self.server.update_state("server", DictionaryChange(updates, removals))

    def hold(self, key):
        self.server.update_locks("someone else", {key: 60})

    def register(self, name, callback, defaults):
        self.server.register_command(name, callback, defaults)

    def state(self):
        return self.server.copy_state()

    def die(self):
        self.server.close()

    def come_back(self, state):
        self.server = self._stack.enter_context(NanoverServer(port=self.server.port))
        self.change(state)


class WebSocketRig:
    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.server = stack.enter_context(
            NanoverServer(websocket_port=0, application_defaults=False)
        )
        address = Address("127.0.0.1", self.server.websocket_port, "ws")
        self.transport = WebSocketTransport(connect_options(address))

    def change(self, updates, removals=frozenset()):
        self.server.update_state("server", DictionaryChange(updates, removals))

    def hold(self, key):
        raise AssertionError("this protocol has no locks")

    def register(self, name, callback, defaults):
        self.server.register_command(name, callback, defaults)

    def state(self):
        return self.server.copy_state()

    def die(self):
        self.server.close()

    def come_back(self, state):
        port = self.server.websocket_port
        self.server = self._stack.enter_context(
            NanoverServer(websocket_port=port, application_defaults=False)
        )
        self.change(state)


RIGS = {"fake": FakeRig, "gRPC": GrpcRig, "WebSocket": WebSocketRig}


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest, no_thread_stays: None) -> Iterator[Rig]:
    with ExitStack() as stack:
        rig = RIGS[request.param](stack)
        stack.callback(rig.transport.close)
        yield rig


@pytest.fixture
def able(rig: Rig) -> Capabilities:
    return rig.transport.capabilities


@pytest.fixture
def locking(rig: Rig, able: Capabilities) -> Rig:
    """A rig with locks."""
    if able.locks is not LockKind.SERVER:
        pytest.skip(f"{able.transport} has no locks")
    return rig


def follow(rig: Rig) -> RunListener:
    listener = RunListener()
    rig.transport.start(listener, 0)
    return listener


# the subscription ------------------------------------------------------------------------


def test_the_first_change_is_the_full_state(rig):
    rig.change({"a": 1, "b": {"c": [None, True, "x"]}})

    listener = follow(rig)

    eventually(lambda: listener.changes)
    assert listener.changes[0] == DictionaryChange({"a": 1, "b": {"c": [None, True, "x"]}})


def test_an_empty_server_sends_nothing_until_a_key_is_added(rig):
    listener = follow(rig)
    rig.change({"a": 1})

    eventually(lambda: listener.changes)
    assert listener.changes == [DictionaryChange({"a": 1})]


def test_changes_arrive_in_order_with_their_removals(rig):
    rig.change({"a": 0, "gone": 1})
    listener = follow(rig)
    eventually(lambda: listener.changes)
    for number in range(1, 50):
        rig.change({"a": number})
    rig.change({"last": True}, {"gone"})

    eventually(lambda: "last" in listener.state)
    numbers = [change.updates["a"] for change in listener.changes if "a" in change.updates]
    assert numbers == sorted(numbers)
    assert listener.state == {"a": 49, "last": True}
    assert listener.removed == {"gone"}


def test_a_subscription_is_received_on_one_reader_thread(rig):
    rig.change({"a": 1})
    listener = follow(rig)
    eventually(lambda: listener.changes)
    rig.transport.close()

    assert len(listener.ends) == 1
    (name,) = listener.threads
    assert name.startswith("nanover-reader")


def test_own_updates_are_received(rig):
    listener = follow(rig)

    assert rig.transport.update_state(DictionaryChange({"mine": 1}), SOON)

    eventually(lambda: listener.state == {"mine": 1})


# the state ------------------------------------------------------------------------


def test_an_update_is_applied_with_its_removals(rig):
    rig.change({"a": 1, "b": 2})

    assert rig.transport.update_state(DictionaryChange({"a": 3, "c": [4]}, {"b"}), SOON) is True

    eventually(lambda: rig.state() == {"a": 3, "c": [4]})


def test_none_in_an_update_is_a_value_or_removes_the_key(rig, able):
    rig.change({"a": 1, "b": 2})

    assert rig.transport.update_state(DictionaryChange({"a": None}), SOON)

    left = {"a": None, "b": 2} if able.null_values else {"b": 2}
    eventually(lambda: rig.state() == left)


def test_integers_come_back_as_integers_or_as_floats(rig, able):
    listener = follow(rig)

    assert rig.transport.update_state(DictionaryChange({"n": 2**53 - 1}), SOON)

    eventually(lambda: listener.changes)
    assert listener.state == {"n": 2**53 - 1}
    if able.transport != "gRPC":
        assert able.integers
        assert type(listener.state["n"]) is int


@pytest.mark.parametrize(
    "change", [DictionaryChange({"free": 1, "held": 2}), DictionaryChange({"free": 1}, {"held"})]
)
def test_an_update_with_a_locked_key_is_refused_completely(locking, change):
    locking.change({"held": 0})
    locking.hold("held")

    assert locking.transport.update_state(change, SOON) is False

    assert locking.state() == {"held": 0}


@pytest.mark.parametrize(
    ("value", "path"), [({"b": [0, {1}]}, ("a", "b", 1)), (object(), ("a",)), ("\ud800", ("a",))]
)
def test_a_value_that_cannot_be_sent_is_rejected_before_sending(rig, value, path):
    with pytest.raises(InvalidValue) as caught:
        rig.transport.update_state(DictionaryChange({"ok": 1, "a": value}), SOON)

    assert caught.value.path == path
    assert rig.state() == {}


# locks ------------------------------------------------------------------------


def test_locks_are_granted_renewed_and_released(locking):
    assert locking.transport.update_locks(LockRequest({"a": 5, "b": 5}), SOON) is True
    assert locking.transport.update_locks(LockRequest({"a": 9}), SOON) is True
    assert locking.transport.update_locks(LockRequest({}, frozenset({"a", "b"})), SOON) is True


def test_a_lock_held_by_another_client_is_refused(locking):
    locking.hold("held")

    assert locking.transport.update_locks(LockRequest({"free": 5, "held": 5}), SOON) is False


def test_a_release_of_a_key_that_is_not_held_is_granted(locking):
    locking.hold("held")

    assert (
        locking.transport.update_locks(LockRequest({}, frozenset({"held", "free"})), SOON) is True
    )


@pytest.mark.parametrize("seconds", [float("nan"), "5", True])
def test_an_invalid_duration_is_rejected(locking, seconds):
    with pytest.raises(InvalidValue) as caught:
        locking.transport.update_locks(LockRequest({"a": seconds}), SOON)

    assert caught.value.path == ("a",)


def test_unsupported_locks_are_rejected_before_sending(rig, able):
    if able.locks is LockKind.SERVER:
        pytest.skip(f"{able.transport} has locks")
    rig.die()

    with pytest.raises(NotSupported, match=r"this server \(WebSocket\) does not support locks"):
        rig.transport.update_locks(LockRequest({"a": 5}), SOON)


# commands ------------------------------------------------------------------------


def test_commands_are_listed_with_their_defaults(rig):
    rig.register("user/x", dict, {"a": 1, "none": None, "deep": {"l": []}})
    rig.register("plain", dict, {})

    listed = {info.name: info for info in rig.transport.list_commands(SOON)}

    assert listed == {
        "user/x": CommandInfo("user/x", a=1, none=None, deep={"l": []}),
        "plain": CommandInfo("plain"),
    }


def test_arguments_override_the_defaults_key_by_key(rig):
    rig.register("echo", lambda **arguments: arguments, {"a": 1, "b": 2})

    assert rig.transport.run_command("echo", {"b": [3], "c": None}, SOON) == {
        "a": 1,
        "b": [3],
        "c": None,
    }


def test_a_command_without_a_result_gives_an_empty_one(rig):
    rig.register("quiet", lambda: None, {})

    assert rig.transport.run_command("quiet", {}, SOON) == {}


def test_an_unknown_command_fails_with_its_name(rig):
    with pytest.raises(CommandFailed) as caught:
        rig.transport.run_command("nope", {}, SOON)

    assert caught.value.name == "nope"
    assert caught.value.message == "Unknown command: nope"


def test_a_command_that_raises_fails_with_its_message(rig):
    def fail():
        raise ValueError("no such molecule")

    rig.register("fail", fail, {})

    with pytest.raises(CommandFailed) as caught:
        rig.transport.run_command("fail", {}, SOON)

    assert (caught.value.name, caught.value.message) == ("fail", "no such molecule")


def test_an_argument_that_cannot_be_sent_is_rejected_before_the_command_runs(rig):
    ran = threading.Event()
    rig.register("note", lambda **_: ran.set(), {})

    with pytest.raises(InvalidValue) as caught:
        rig.transport.run_command("note", {"a": [{1}]}, SOON)

    assert caught.value.path == ("a", 0)
    assert not ran.is_set()


# calls that are not waited for --------------------------------------------------------------


def test_a_started_call_has_the_result_of_the_blocking_one(rig):
    rig.register("echo", lambda **arguments: arguments, {"a": 1})

    assert rig.transport.start_update(DictionaryChange({"b": 2}), SOON).result(SOON) is True
    assert rig.transport.start_command("echo", {"c": 3}, SOON).result(SOON) == {"a": 1, "c": 3}
    eventually(lambda: rig.state() == {"b": 2})


def test_a_started_update_may_be_refused(locking):
    locking.hold("held")

    refused = locking.transport.start_update(DictionaryChange({"held": 2}), SOON)

    assert refused.result(SOON) is False
    assert locking.state() == {}


def test_a_started_call_may_fail(rig):
    error = rig.transport.start_command("nope", {}, SOON).exception(SOON)

    assert isinstance(error, CommandFailed)
    assert error.message == "Unknown command: nope"


def test_a_call_that_cannot_be_sent_raises_at_the_start(rig):
    with pytest.raises(InvalidValue, match="cannot send a: a set"):
        rig.transport.start_update(DictionaryChange({"a": {1}}), SOON)
    with pytest.raises(InvalidValue, match="cannot send a: a set"):
        rig.transport.start_command("x", {"a": {1}}, SOON)


# ends ------------------------------------------------------------------------


def test_a_lost_server_ends_the_subscription_once_with_a_reason(rig):
    rig.change({"a": 1})
    listener = follow(rig)
    eventually(lambda: listener.changes)

    rig.die()

    reason = listener.end()
    assert getattr(reason, "reason", "")
    assert not any("reader" in name for name in own_threads())


def test_calls_to_a_lost_server_raise(rig):
    rig.die()

    for call in all_calls(rig.transport):
        with pytest.raises((ConnectionLost, ConnectError)):
            call()


def test_a_subscription_can_be_restarted_when_the_server_is_back(rig):
    rig.change({"old": 1})
    first = follow(rig)
    eventually(lambda: first.changes)
    rig.die()
    first.end()
    rig.come_back({"new": 2})
    # The channel may notice slightly later than the server.
    eventually(lambda: answers(rig.transport))

    second = follow(rig)

    eventually(lambda: second.changes)
    assert second.changes[0] == DictionaryChange({"new": 2})
    assert first.state == {"old": 1}


def test_closing_ends_the_subscription_once_without_a_reason(rig):
    rig.change({"a": 1})
    listener = follow(rig)
    eventually(lambda: listener.changes)

    rig.transport.close()
    rig.transport.close()

    assert listener.ends == [None]
    assert not any("reader" in name for name in own_threads())


def test_a_listener_may_close_the_transport_on_the_reader_thread(rig):
    returned = threading.Event()

    class Closing(RunListener):
        def on_change(self, change):
            super().on_change(change)
            rig.transport.close()
            returned.set()

    rig.change({"a": 1})
    listener = Closing()
    rig.transport.start(listener, 0)

    assert listener.end() is None
    assert returned.is_set()


def test_a_closed_transport_rejects_all_calls(rig):
    rig.transport.close()

    for call in all_calls(rig.transport):
        with pytest.raises(ClosedError):
            call()
    with pytest.raises(ClosedError):
        rig.transport.start(RunListener(), 0)


def test_a_transport_has_an_address(rig):
    assert "://" in rig.transport.address


def all_calls(transport: Transport) -> list[Callable[[], object]]:
    locks = [lambda: transport.update_locks(LockRequest({"a": 1}), SOON)]
    return [
        *(locks if transport.capabilities.locks is LockKind.SERVER else []),
        lambda: transport.update_state(DictionaryChange({"a": 1}), SOON),
        lambda: transport.list_commands(SOON),
        lambda: transport.run_command("x", {}, SOON),
        lambda: transport.start_update(DictionaryChange({"a": 1}), SOON).result(SOON),
        lambda: transport.start_command("x", {}, SOON).result(SOON),
    ]


def answers(transport: Transport) -> bool:
    try:
        transport.list_commands(SOON)
    except (ConnectionLost, ConnectError):
        return False
    return True
