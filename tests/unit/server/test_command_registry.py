"""Running commands, and the message of each failure."""

from __future__ import annotations

import threading
from concurrent.futures import Future

import numpy as np
import pytest

from nanover_jupyter.errors import InvalidValue
from nanover_jupyter.server.command_registry import (
    CommandRaised,
    CommandRegistration,
    CommandRegistry,
    CommandRejected,
    dict_result,
)


@pytest.fixture
def commands() -> CommandRegistry:
    return CommandRegistry()


def test_arguments_override_the_defaults_key_by_key(commands):
    commands.register("echo", lambda **given: given, {"a": 1, "b": 2})

    assert commands.run("echo", {"b": 3, "c": 4}) == {"a": 1, "b": 3, "c": 4}


def test_any_string_may_be_an_argument_name(commands):
    commands.register("echo", lambda **given: given)

    assert commands.run("echo", {"not an identifier": 1, "": 2}) == {"not an identifier": 1, "": 2}


def test_a_command_may_return_nothing_or_an_empty_dict(commands):
    commands.register("nothing", lambda: None)
    commands.register("empty", dict)

    assert commands.run("nothing", {}) is None
    assert commands.run("empty", {}) == {}


def test_dict_results_are_normalized():
    result = {"positions": np.zeros(2), "pair": (1, 2)}

    assert dict_result("numbers", result) == {"positions": [0.0, 0.0], "pair": [1, 2]}
    assert dict_result("nothing", None) is None


@pytest.mark.parametrize("result", [[1], "text", 3, b"raw", None, {"a": 1}])
def test_a_command_may_return_anything(commands, result):
    commands.register("any", lambda: result)

    assert commands.run("any", {}) is result


def test_a_command_cannot_modify_its_defaults(commands):
    commands.register("grow", lambda items: items.append(1), {"items": []})
    commands.run("grow", {})
    commands.registrations["grow"].arguments["items"].append(2)
    commands.registrations["grow"].run()

    assert commands.registrations["grow"].arguments == {"items": []}


def test_an_unknown_command_is_rejected_in_quotes(commands):
    with pytest.raises(CommandRejected) as caught:
        commands.run("nope", {})

    assert caught.value.message == "'Unknown command: nope'"


def test_a_key_error_counts_as_a_rejection(commands):
    commands.register("look", lambda: {}["boom"])

    with pytest.raises(CommandRejected) as caught:
        commands.run("look", {})
    assert caught.value.message == "'boom'"


@pytest.mark.parametrize("error", [ValueError("too big"), ValueError(""), OSError("gone")])
def test_other_exceptions_are_reported_by_their_message(commands, error):
    def fail():
        raise error

    commands.register("fail", fail)

    with pytest.raises(CommandRaised) as caught:
        commands.run("fail", {})
    assert caught.value.message == str(error)
    assert caught.value.__cause__ is error


def test_a_command_that_exits_does_not_end_the_thread(commands):
    def leave():
        raise SystemExit(3)

    commands.register("leave", leave)

    with pytest.raises(CommandRaised, match="3"):
        commands.run("leave", {})


def test_an_exception_without_a_message_is_reported_by_its_type(commands):
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    def fail():
        raise Mute

    commands.register("fail", fail)

    with pytest.raises(CommandRaised) as caught:
        commands.run("fail", {})
    assert caught.value.message == "Mute"


def test_unexpected_and_missing_arguments_are_named(commands):
    def load(index):
        return {"index": index}

    commands.register("load", load)

    with pytest.raises(CommandRaised, match="unexpected keyword argument 'foo'"):
        commands.run("load", {"foo": 1, "index": 2})
    with pytest.raises(CommandRaised, match="missing 1 required positional argument: 'index'"):
        commands.run("load", {})


@pytest.mark.parametrize("result", [{1, 2}, b"bytes", [1], "text", 3, {1: 2}, {"a": {3}}])
def test_unserializable_dict_results_are_rejected(result):
    with pytest.raises(CommandRejected) as caught:
        dict_result("bad", result)
    assert caught.value.message == (
        f"Command (bad) generated results that cannot be serialised: {result!r}"
    )


def test_an_unserializable_result_without_repr_is_rejected():
    class Shy:
        def __repr__(self) -> str:
            raise RuntimeError

    with pytest.raises(CommandRejected, match="Shy object at"):
        dict_result("bad", Shy())


# commands that return a future ---------------------------------------------------


@pytest.fixture
def later(commands):
    """The future that the command "later" returns."""
    future = Future()
    commands.register("later", lambda: future)
    return future


def test_a_command_may_return_a_future(commands, later):
    call = commands.start("later", {})
    assert not call.done()

    later.set_result({"at": "last"})

    assert call.result(0) == {"at": "last"}


@pytest.mark.parametrize(
    ("error", "kind"), [(KeyError("boom"), CommandRejected), (OSError("gone"), CommandRaised)]
)
def test_a_failed_future_is_a_failed_command(commands, later, error, kind):
    call = commands.start("later", {})

    later.set_exception(error)

    assert type(call.exception(0)) is kind
    assert call.exception(0).message == str(error)


def test_cancelling_a_call_cancels_the_commands_future(commands, later):
    commands.start("later", {}).cancel()

    assert later.cancelled()


def test_a_cancelled_future_is_a_failed_command(commands, later):
    call = commands.start("later", {})

    later.cancel()

    assert "cancelled" in call.exception(0).message


def test_a_name_is_registered_once(commands):
    commands.register("a", dict)
    with pytest.raises(ValueError, match="already"):
        commands.register("a", dict)
    commands.unregister("a")
    commands.register("a", dict)
    with pytest.raises(KeyError):
        commands.unregister("b")


def test_invalid_registrations_raise_errors(commands):
    with pytest.raises(TypeError, match="not callable"):
        commands.register("a", "callback")
    with pytest.raises(InvalidValue):
        commands.register("a", dict, {"default": {1}})
    with pytest.raises(InvalidValue):
        commands.register("\ud800", dict)
    with pytest.raises(InvalidValue, match="label"):
        commands.register("a", dict, label=3)
    with pytest.raises(InvalidValue, match="icon"):
        commands.register("a", dict, icon="\ud800")

    assert commands.registrations == {}


def test_a_registration_has_all_of_its_arguments(commands):
    commands.register("a", dict, {"n": 1}, label="A", icon="★")

    registration = commands.registrations["a"]
    assert registration == CommandRegistration(
        name="a", handler=dict, arguments={"n": 1}, label="A", icon="★"
    )
    assert registration.run() == {"n": 1}
    assert registration.run({"m": 2}) == {"n": 1, "m": 2}


def test_the_registry_is_not_locked_while_a_command_runs(commands):
    started, go_on = threading.Event(), threading.Event()

    def wait():
        started.set()
        assert go_on.wait(5)

    commands.register("wait", wait)
    runner = threading.Thread(target=commands.run, args=("wait", {}))
    runner.start()
    assert started.wait(5)

    commands.unregister("wait")
    commands.register("other", dict)
    assert commands.run("other", {}) == {}
    go_on.set()
    runner.join(5)
