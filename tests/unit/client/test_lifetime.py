"""A connection that nothing refers to ends by itself, and one that is in use does not."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from nanover_jupyter.client import connection as connection_module
from nanover_jupyter.client.background_calls import Signal
from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.connection import Connection, connect
from nanover_jupyter.client.history.recorder import Recorder
from nanover_jupyter.client.imd.imd_client import NanoverImdClient
from nanover_jupyter.client.imd.particle_interaction import ParticleInteraction
from nanover_jupyter.client.listeners import Listeners, WeakCallback
from nanover_jupyter.client.websocket_client import NanoverWebSocketClient
from nanover_jupyter.server import NanoverServer
from nanover_jupyter.transport.pending import PendingCall
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.eventually import eventually
from tests.support.fake_transport import FakeTransport
from tests.support.own_threads import own_threads


@pytest.fixture
def both(no_thread_stays: None) -> Iterator[NanoverServer]:
    with NanoverServer(websocket_port=0) as server:
        server.update_state("server", DictionaryChange({"a": 1}))
        server.register_command("x", dict)
        yield server


@pytest.fixture(params=["grpc", "ws"])
def url(both: NanoverServer, request: pytest.FixtureRequest) -> str:
    port = both.port if request.param == "grpc" else both.websocket_port
    return f"{request.param}://127.0.0.1:{port}"


def client_threads() -> list[str]:
    return [name for name in own_threads() if not name.startswith("nanover-server")]


def collected(reference: weakref.ref[Any]) -> bool:
    gc.collect()
    return reference() is None


def ended(reference: weakref.ref[Any]) -> bool:
    return collected(reference) and not client_threads()


def dropped(url: str, use: Callable[[Connection], object]) -> weakref.ref[Connection]:
    """Connect, use the connection, and keep nothing of it."""
    connection = connect(url)
    use(connection)
    return weakref.ref(connection)


def nothing(_: Connection) -> None:
    pass


def run(connection: Connection) -> None:
    call = connection.runs.start("x", {})
    assert call is not None
    call.result(10)


def subscribe_for_a_moment(connection: Connection) -> None:
    heard = threading.Event()
    stop = connection.client.on_change(lambda _: heard.set())
    connection.client.attempt_update_state(DictionaryChange({"b": 1}))
    heard.wait(10)
    stop()
    connection.client.on_status(print)()


def lock_for_a_moment(connection: Connection) -> None:
    if connection.client.capabilities.locks:
        connection.client.lock("a").release()


def record(connection: Connection) -> None:
    Recorder.of(connection.client)


def interact_for_a_moment(connection: Connection) -> None:
    with connection.client.interact([0], (0, 0, 0)):
        connection.client.selections.create("A")


def forget_an_interaction(connection: Connection) -> None:
    connection.client.interact([0], (0, 0, 0))


def use_like_nanovers_client(connection: Connection) -> None:
    client = NanoverImdClient(connection)
    client.start_interaction(ParticleInteraction(particles=[0]))


USES = [
    nothing,
    run,
    subscribe_for_a_moment,
    lock_for_a_moment,
    record,
    interact_for_a_moment,
    forget_an_interaction,
    use_like_nanovers_client,
]


@pytest.mark.parametrize("use", USES, ids=lambda use: use.__name__)
def test_connection_that_nothing_refers_to_ends(url: str, use: Callable[..., object]) -> None:
    reference = dropped(url, use)

    eventually(lambda: ended(reference))


def test_connection_that_nothing_refers_to_ends_while_its_server_is_away(
    url: str, both: NanoverServer
) -> None:
    def lose_the_server(connection: Connection) -> None:
        both.close()
        eventually(lambda: connection.status.attempt >= 1)

    reference = dropped(url, lose_the_server)

    eventually(lambda: ended(reference))


def test_a_collected_connection_releases_its_locks(both: NanoverServer) -> None:
    url = f"grpc://127.0.0.1:{both.port}"
    dropped(url, lambda connection: connection.client.attempt_update_locks({"a": 60}))
    eventually(lambda: gc.collect() >= 0 and not client_threads())

    with connect(url) as connection:
        assert connection.client.attempt_update_locks({"a": 1})


def test_client_keeps_its_connection(url: str) -> None:
    client = connect(url).client
    gc.collect()

    assert isinstance(client.connection, Connection)
    assert client.run_command("x") == {}
    client.connection.close()


@pytest.mark.parametrize("subscribe", ["on_change", "on_status"])
def test_subscription_keeps_its_connection_until_it_ends(url: str, subscribe: str) -> None:
    stops: list[Callable[[], None]] = []
    reference = dropped(url, lambda c: stops.append(getattr(c.client, subscribe)(lambda _: None)))
    assert not collected(reference)

    stops.pop()()
    eventually(lambda: ended(reference))


def test_held_lease_keeps_its_connection_until_it_is_released(both: NanoverServer) -> None:
    url = f"grpc://127.0.0.1:{both.port}"
    with connect(url).client.lock("a") as lease:
        gc.collect()
        assert lease.state == "held"
        reference = weakref.ref(lease.owner)
        assert not collected(reference)
    del lease

    eventually(lambda: ended(reference))


class Unanswered(FakeTransport):
    """Leaves calls unanswered."""

    def start_update(self, *_: object) -> PendingCall[bool]:
        return PendingCall(lambda: None)

    def start_command(self, *_: object) -> PendingCall[dict[str, Any]]:
        return PendingCall(lambda: None)


@pytest.mark.parametrize(
    "start",
    [
        lambda client: client.update_state_async(DictionaryChange({"a": 1})),
        lambda client: client.run_command_async("x"),
    ],
    ids=["update", "command"],
)
@pytest.mark.parametrize(
    "end",
    [lambda call: call.settle(lambda: True), lambda call: call.cancel()],
    ids=["answered", "cancelled"],
)
def test_unanswered_call_keeps_its_client(
    start: Callable[[BaseClient], PendingCall[Any]], end: Callable[[PendingCall[Any]], object]
) -> None:
    client = BaseClient(Unanswered())
    call, reference = start(client), weakref.ref(client)
    del client
    assert not collected(reference)

    end(call)
    eventually(lambda: collected(reference))


def test_offered_command_keeps_its_connection(both: NanoverServer) -> None:
    def offer(connection: Connection) -> None:
        assert isinstance(connection.client, NanoverWebSocketClient)
        connection.client.register_command("mine", dict)

    reference = dropped(f"ws://127.0.0.1:{both.websocket_port}", offer)
    assert not collected(reference)

    connection = reference()
    assert connection is not None
    connection.close()
    del connection
    eventually(lambda: ended(reference))


def test_connecting_again_and_again_leaves_a_bounded_number_open(url: str) -> None:
    gc.collect()
    gc.disable()
    try:
        for _ in range(3 * connection_module._MANY_OPEN):
            connect(url)
            assert len(connection_module._open) <= connection_module._MANY_OPEN
    finally:
        gc.enable()
    eventually(lambda: gc.collect() >= 0 and not client_threads())


# the parts --------------------------------------------------------------------------------


def test_a_signal_wakes_its_waiter_and_is_cleared() -> None:
    signal = Signal()
    woken = threading.Event()
    waiter = threading.Thread(target=lambda: signal.wait(None) and woken.set())
    waiter.start()
    signal.set()
    waiter.join(10)

    assert woken.is_set()
    assert not signal.wait(0)


def test_signal_that_was_set_before_is_found() -> None:
    signal = Signal()
    signal.set()
    signal.set()

    assert signal.wait(10)
    assert not signal.wait(0)


def test_weak_callback_calls_its_method_and_keeps_nothing() -> None:
    class Hearer:
        def __init__(self) -> None:
            self.heard: list[int] = []

        def hear(self, number: int) -> None:
            self.heard.append(number)

    listeners: Listeners[int] = Listeners()
    hearer = Hearer()
    listeners.subscribe(WeakCallback(hearer.hear))
    listeners.notify(1)
    assert hearer.heard == [1]

    reference = weakref.ref(hearer)
    del hearer
    assert collected(reference)
    listeners.notify(2)
