"""One value as a trait: here, there, at the same time, and when somebody says no."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import traitlets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nanover_jupyter import (
    ClosedError,
    Connection,
    DictionaryChange,
    InvalidValue,
    NanoverClient,
    NanoverServer,
)
from nanover_jupyter.traits.dispatcher import MainThreadDispatcher
from nanover_jupyter.traits.values import (
    SharedBool,
    SharedFloat,
    SharedInt,
    SharedList,
    SharedText,
    SharedValue,
    shared,
)
from tests.support.eventually import eventually
from tests.support.relay import relay_to
from tests.support.shared_state import put, settled

Connect = Callable[..., Connection]


def test_value_follows_the_server(either: Connect, server: NanoverServer) -> None:
    put(server, "k", 1.0)
    value = shared(either(), "k")
    assert value.value == 1.0

    put(server, "k", "two")

    eventually(lambda: value.value == "two")


def test_setting_it_writes_it(either: Connect, server: NanoverServer) -> None:
    value = shared(either(), "k")

    value.value = {"deep": [1, None, "x"]}

    eventually(lambda: server.copy_state().get("k") == {"deep": [1, None, "x"]})
    eventually(lambda: value.exists and settled(value))


def test_default_shows_and_is_not_written(either: Connect, server: NanoverServer) -> None:
    value = shared(either(), "k", default=1.5)

    assert value.value == 1.5
    assert not value.exists
    assert server.copy_state() == {}


def test_removal_on_the_server_brings_back_the_default(
    either: Connect, server: NanoverServer
) -> None:
    put(server, "k", 3)
    value = shared(either(), "k", default=[1])

    server.update_state(None, DictionaryChange(removals={"k"}))

    eventually(lambda: not value.exists)
    assert value.value == [1]


def test_remove_removes_it(either: Connect, server: NanoverServer) -> None:
    put(server, "k", 3)
    value = shared(either(), "k", default=0)

    value.remove()

    eventually(lambda: "k" not in server.copy_state())
    eventually(lambda: value.value == 0 and not value.exists)


def test_none_is_a_removal_where_the_wire_has_no_null(
    connection: Connection, server: NanoverServer
) -> None:
    put(server, "k", 3, seen_by=connection)
    value = shared(connection, "k", default=0)

    value.value = None

    eventually(lambda: "k" not in server.copy_state())
    eventually(lambda: value.value == 0 and settled(value))


def test_none_is_a_value_where_the_wire_has_null(
    open_connection: Connect, server: NanoverServer
) -> None:
    put(server, "k", 3)
    value = shared(open_connection("ws"), "k", default=0)

    value.value = None

    eventually(lambda: settled(value))
    assert value.value is None


def test_many_settings_come_to_a_few_writes_and_the_last_word(
    either: Connect, server: NanoverServer
) -> None:
    value = SharedFloat(either(), "k")
    writes: list[Any] = []
    other = shared(either(), "k")
    other.observe(lambda change: writes.append(change.new), "value")

    for number in range(500):
        value.value = number

    eventually(lambda: settled(value) and server.copy_state() == {"k": 499})
    eventually(lambda: other.value == 499)
    assert value.value == 499
    assert writes == sorted(writes)


def test_echoes_of_own_writes_do_not_notify_again(either: Connect) -> None:
    """The echo says 1.0, where 1 was set."""
    value = shared(either(), "k")
    seen: list[Any] = []
    value.observe(lambda change: seen.append(change.new), "value")

    for number in (1, 2, 1):
        value.value = number
        eventually(lambda: settled(value))
    heard = threading.Event()
    MainThreadDispatcher.of(value.connection.client).post_later(0.2, heard.set)
    assert heard.wait(10)

    assert seen == [1, 2, 1]


def test_two_values_of_a_key_are_one_at_once(connection: Connection) -> None:
    one, other = shared(connection, "k"), shared(connection.client, "k")

    one.value = 7

    eventually(lambda: other.value == 7)


def test_parts_of_a_value_are_values(either: Connect, server: NanoverServer) -> None:
    put(server, "avatar.me", {"name": "Ada", "color": [0.0, 0.5, 1.0]})
    connection = either()
    red = shared(connection, "avatar.me", path=("color", 0), kind=traitlets.Float(min=0, max=1))
    name = shared(connection, "avatar.me", path="name")

    red.value, name.value = 0.25, "Grace"

    whole = {"name": "Grace", "color": [0.25, 0.5, 1.0]}
    eventually(lambda: server.copy_state() == {"avatar.me": whole})
    eventually(lambda: settled(red, name))
    with pytest.raises(traitlets.TraitError):
        red.value = 2.0


def test_a_part_that_is_missing_shows_the_default_until_it_is_set(
    connection: Connection, server: NanoverServer
) -> None:
    name = shared(connection, "avatar.me", "nobody", path="name")
    assert (name.value, name.exists) == ("nobody", False)

    name.value = "Ada"

    eventually(lambda: server.copy_state() == {"avatar.me": {"name": "Ada"}})
    eventually(lambda: name.exists)
    name.remove()
    eventually(lambda: server.copy_state() == {"avatar.me": {}})
    eventually(lambda: name.value == "nobody")


def test_a_missing_item_is_refused_and_the_value_stays(
    connection: Connection, server: NanoverServer
) -> None:
    put(server, "k", [1.0], seen_by=connection)
    item = shared(connection, "k", path=1)

    with pytest.raises(InvalidValue, match=r"k\[1\]: a list of length 1 has no item 1"):
        item.value = 5

    assert item.value is None


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (SharedFloat, 2.5, "2.5"),
        (SharedInt, 3, 3.5),
        (SharedBool, True, "yes"),
        (SharedText, "x", 1),
        (SharedList, [1.0], 5),
    ],
)
def test_kinds_take_their_own_and_refuse_the_rest(
    connection: Connection, server: NanoverServer, kind: type[SharedValue], good: Any, bad: Any
) -> None:
    value = kind(connection, "k")
    value.value = good
    with pytest.raises(traitlets.TraitError):
        value.value = bad

    assert value.value == good
    eventually(lambda: server.copy_state() == {"k": good})


def test_the_error_names_the_path_of_a_value_that_cannot_be_sent(connection: Connection) -> None:
    value = shared(connection, "k", 1)

    with pytest.raises(InvalidValue, match=r"k\['a'\]\[1\]: an object is not"):
        value.value = {"a": [0, object()]}

    assert value.value == 1


def test_whole_numbers_of_grpc_are_integers_where_those_are_wanted(
    connection: Connection, server: NanoverServer
) -> None:
    put(server, "one", 3, seen_by=connection)
    put(server, "many", [1, 2, 3], seen_by=connection)
    one = SharedInt(connection, "one")
    many = shared(connection, "many", kind=traitlets.List(traitlets.Int()))
    pair = shared(connection, "many", kind=traitlets.Tuple(default_value=(0,)))

    assert (one.value, many.value, pair.value) == (3, [1, 2, 3], (1, 2, 3))
    assert [type(number) for number in (one.value, *many.value)] == [int] * 4
    assert one.error == many.error == pair.error == ""


def test_an_invalid_value_sets_the_error_and_keeps_the_last_value(
    connection: Connection, server: NanoverServer
) -> None:
    put(server, "k", 3, seen_by=connection)
    value = SharedInt(connection, "k")
    put(server, "k", "many")
    eventually(lambda: value.error)

    assert value.value == 3
    assert value.error.startswith("the value of 'k' does not fit the trait: ")
    put(server, "k", 4)
    eventually(lambda: value.value == 4 and value.error == "")


def test_a_value_converted_by_the_trait_is_not_written_back(
    connection: Connection, server: NanoverServer
) -> None:
    """traitlets makes a list of a text, and CInt a number."""
    put(server, "k", "12", seen_by=connection)

    many = SharedList(connection, "k")
    number = shared(connection, "k", kind=traitlets.CInt())

    assert (many.value, number.value) == (["12"], 12)
    put(server, "k", "13")
    eventually(lambda: (many.value, number.value) == (["13"], 13))
    assert settled(many, number)
    assert server.copy_state() == {"k": "13"}


def test_a_value_that_is_set_is_copied(connection: Connection, server: NanoverServer) -> None:
    value = shared(connection, "k")
    mine = [1]
    value.value = mine
    mine.append(2)
    eventually(lambda: settled(value))
    assert value.value == [1]

    value.value = mine

    eventually(lambda: server.copy_state() == {"k": [1, 2]})


def test_a_value_that_is_read_is_a_copy(connection: Connection, server: NanoverServer) -> None:
    put(server, "k", [1], seen_by=connection)
    shared(connection, "k").value.append(2)

    assert connection.client.copy_state() == {"k": [1]}


def test_kind_must_be_a_trait(connection: Connection) -> None:
    assert shared(connection, "k", kind=traitlets.Bool).value is False
    with pytest.raises(TypeError, match="kind must be a trait"):
        shared(connection, "k", kind=3)


def test_repr_has_the_value_and_whether_it_exists(connection: Connection) -> None:
    value = shared(connection, "k", 1, path=("a", 0))

    assert repr(value) == "<SharedValue 'k'['a'][0]: 1, not on the server>"


# refusals and faults ---------------------------------------------------------------


def test_refused_write_rolls_back_and_says_why(
    open_connection: Connect, server: NanoverServer
) -> None:
    put(server, "k", 1.0)
    value = SharedFloat(open_connection(), "k")
    other = open_connection().client
    assert other.attempt_update_locks({"k": 60})
    seen: list[float] = []
    value.observe(lambda change: seen.append(change.new), "value")

    value.value = 2

    eventually(lambda: value.error)
    eventually(lambda: value.value == 1.0 and settled(value))
    assert value.error == "the server refused to change 'k': another client holds a lock"
    assert seen == [2.0, 1.0]
    assert other.attempt_update_locks({"k": None})
    value.value = 3
    eventually(lambda: server.copy_state() == {"k": 3.0} and value.error == "")


def test_own_locks_do_not_block_writes(connection: Connection, server: NanoverServer) -> None:
    value = shared(connection, "k")
    assert connection.client.attempt_update_locks({"k": 60})

    value.value = 2

    eventually(lambda: server.copy_state() == {"k": 2})


def test_a_value_set_while_the_server_hangs_is_written_later(
    open_connection: Connect, server: NanoverServer
) -> None:
    with relay_to(server.port) as relay:
        value = SharedFloat(open_connection(port=relay.port), "k")
        heard: list[Any] = []
        other = shared(open_connection(), "k")
        other.observe(lambda change: heard.append(change.new), "value")
        relay.freeze()
        for number in range(1, 50):
            value.value = number
        assert value.value == 49
        assert value.pending or not value.exists

        relay.thaw()

        eventually(lambda: server.copy_state() == {"k": 49})
        eventually(lambda: settled(value) and value.exists)
        eventually(lambda: other.value == 49)
        assert heard in ([1, 49], [49])


def test_a_write_that_the_connection_loses_rolls_back(
    open_connection: Connect, server: NanoverServer
) -> None:
    put(server, "k", 1.0)
    with relay_to(server.port) as relay:
        value = SharedFloat(open_connection(port=relay.port), "k")
        relay.cut()
        eventually(lambda: value.connection.client.status.state == "lost")

        value.value = 2

        eventually(lambda: value.error)
        eventually(lambda: value.value == 1.0 and settled(value))
        relay.mend()
        put(server, "k", 5.0)
        eventually(lambda: value.value == 5.0, seconds=20)
        value.value = 6
        eventually(lambda: server.copy_state() == {"k": 6.0} and value.error == "")


def test_changes_during_a_lost_connection_are_visible_afterwards(
    open_connection: Connect, server: NanoverServer
) -> None:
    put(server, "k", 1.0)
    with relay_to(server.port) as relay:
        value = shared(open_connection(port=relay.port), "k")
        relay.cut()
        server.update_state(None, DictionaryChange(removals={"k"}))
        relay.mend()

        eventually(lambda: not value.exists, seconds=20)


def test_closed_it_stays_as_it_is(connection: Connection, server: NanoverServer) -> None:
    with shared(connection, "k") as value:
        value.value = 1
    eventually(lambda: connection.client.peek("k") == 1)
    other = shared(connection, "k")
    put(server, "k", 2)
    eventually(lambda: other.value == 2)

    assert value.value == 1


def test_a_closed_connection_is_refused(connection: Connection) -> None:
    value = shared(connection, "k", 1)
    connection.close()

    with pytest.raises(ClosedError):
        shared(connection, "k")
    with pytest.raises(ClosedError):
        value.value = 5
    assert value.value == 1


def test_a_client_that_follows_nothing_yet_is_made_to(server: NanoverServer) -> None:
    put(server, "k", 1)
    with NanoverClient.insecure_channel(address="127.0.0.1", port=server.port) as client:
        value = shared(client, "k")

        eventually(lambda: value.value == 1)


# races -----------------------------------------------------------------------------


@pytest.mark.parametrize("clients", [2, 4])
def test_racing_clients_end_up_with_the_same(
    either: Connect, server: NanoverServer, clients: int, quick_echoes: None
) -> None:
    values = [SharedFloat(either(), "k") for _ in range(clients)]
    start = threading.Barrier(clients)

    def drag(value: SharedFloat, offset: int) -> None:
        start.wait()
        for number in range(200):
            value.value = offset + number

    threads = [
        threading.Thread(target=drag, args=(value, 1000 * number))
        for number, value in enumerate(values)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    def agree() -> bool:
        return len({value.value for value in values} | {server.copy_state().get("k")}) == 1

    eventually(lambda: settled(*values) and agree())
    # Nobody writes any more: what somebody sets now stays.
    put(server, "k", -1.0)
    eventually(lambda: {value.value for value in values} == {-1.0})
    assert server.copy_state() == {"k": -1.0}


@given(
    steps=st.lists(
        st.tuples(st.integers(0, 1), st.sampled_from(["a", "b"]), st.integers(0, 9)), max_size=25
    )
)
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_parts_set_by_two_clients_end_up_the_same_everywhere(
    open_connection: Connect,
    server: NanoverServer,
    quick_echoes: None,
    steps: list[tuple[int, str, int]],
) -> None:
    server.update_state(None, DictionaryChange({"k": {"a": 0, "b": 0}}))
    connections = [open_connection(), open_connection()]
    parts = [
        {name: shared(connection, "k", path=name) for name in ("a", "b")}
        for connection in connections
    ]
    for who, name, number in steps:
        parts[who][name].value = number

    everything = [value for ours in parts for value in ours.values()]
    eventually(lambda: settled(*everything))
    eventually(
        lambda: all(
            {name: value.value for name, value in ours.items()} == server.copy_state()["k"]
            for ours in parts
        )
    )
    for connection in connections:
        connection.close()
