"""The book of runs, with a client in the test's hand."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from nanover_jupyter.client.commands.runs import MOST_RUNS, CommandRuns, Run
from nanover_jupyter.client.locks.table import LeaseTable
from nanover_jupyter.errors import CommandFailed, InvalidValue
from nanover_jupyter.transport.pending import PendingCall
from nanover_jupyter.wire.messages import DictionaryChange
from tests.support.clock import FakeClock


class FakeClient:
    """Answers when the test says so."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, object], PendingCall[Any]]] = []
        self.listeners: list[Callable[[DictionaryChange], object]] = []
        self.state: dict[str, Any] = {}
        self.refuses: Exception | None = None
        self.leases = LeaseTable(FakeClock())

    def run_command_async(self, name: str, /, **arguments: object) -> PendingCall[Any]:
        if self.refuses is not None:
            raise self.refuses
        call: PendingCall[Any] = PendingCall(lambda: None)
        self.calls.append((name, arguments, call))
        return call

    def keys(self) -> list[str]:
        return list(self.state)

    def peek(self, key: str, default: Any = None) -> Any:
        return self.state.get(key, default)

    def on_change(self, callback: Callable[[DictionaryChange], object]) -> Callable[[], None]:
        self.listeners.append(callback)
        return lambda: self.listeners.remove(callback)

    def change(self, **updates: Any) -> None:
        named = {key.replace("_", "."): value for key, value in updates.items()}
        self.state.update(named)
        for listener in list(self.listeners):
            listener(DictionaryChange(named))


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def book(client: FakeClient, clock: FakeClock) -> CommandRuns:
    return CommandRuns(client, clock=clock)


def test_a_run_goes_from_running_to_done(
    book: CommandRuns, client: FakeClient, clock: FakeClock
) -> None:
    told: list[Run | None] = []
    book.on_change(told.append)

    book.start("user/x", {"n": 1}, run_id="r1")
    clock.pass_seconds(2.0)
    client.calls[0][2].settle(lambda: {"a": 1})

    assert [run.state for run in told if run] == ["running", "done"]
    run = book.find("r1")
    assert run is not None
    assert (run.result, run.seconds, run.arguments) == ({"a": 1}, 2.0, {"n": 1})


def test_the_same_id_starts_nothing(book: CommandRuns, client: FakeClient) -> None:
    assert book.start("user/x", {}, run_id="r1") is not None
    assert book.start("user/x", {}, run_id="r1") is None
    client.calls[0][2].settle(dict)
    assert book.start("user/x", {}, run_id="r1") is None

    assert len(client.calls) == 1


def test_a_failure_is_kept_with_its_error(book: CommandRuns, client: FakeClient) -> None:
    def fail() -> dict[str, Any]:
        raise CommandFailed("user/x", "no")

    book.start("user/x", {}, run_id="r1")
    client.calls[0][2].settle(fail)

    run = book.find("r1")
    assert run is not None
    assert run.state == "failed"
    assert str(run.error) == "command 'user/x' failed: no"


def test_what_cannot_be_sent_is_kept_and_raised(book: CommandRuns, client: FakeClient) -> None:
    client.refuses = InvalidValue(("n",), "no")

    with pytest.raises(InvalidValue):
        book.start("user/x", {"n": object()}, run_id="r1")

    run = book.find("r1")
    assert run is not None
    assert run.state == "failed"
    assert client.calls == []


def test_a_cancelled_run_is_no_failure(book: CommandRuns, client: FakeClient) -> None:
    book.start("user/x", {}, run_id="r1")

    assert book.cancel("r1")
    assert not book.cancel("r1")
    assert not book.cancel("nowhere")
    assert [run.state for run in book.runs()] == ["cancelled"]


def test_a_run_that_is_cancelled_while_it_is_sent_is_cancelled(
    book: CommandRuns, client: FakeClient
) -> None:
    send = client.run_command_async

    def cancel_meanwhile(name: str, /, **arguments: object) -> PendingCall[Any]:
        assert book.cancel("r1")
        return send(name, **arguments)

    client.run_command_async = cancel_meanwhile  # type: ignore[method-assign]

    call = book.start("user/x", {}, run_id="r1")

    assert call is not None
    assert call.cancelled()
    assert [run.state for run in book.runs()] == ["cancelled"]


def test_runs_stand_newest_first_and_only_so_many_that_ended(
    book: CommandRuns, client: FakeClient
) -> None:
    shown: dict[str, Run] = {}

    def show(run: Run | None) -> None:
        if run is None:
            shown.clear()
            shown.update((known.id, known) for known in reversed(book.runs()))
        else:
            shown[run.id] = run

    book.on_change(show)
    book.start("user/slow", {}, run_id="slow")
    for number in range(3 * MOST_RUNS):
        book.start("user/x", {}, run_id=f"r{number}")
        client.calls[-1][2].settle(dict)

    runs = book.runs()
    assert MOST_RUNS < len(runs) < 1.5 * MOST_RUNS
    assert (runs[0].id, runs[-1].id) == (f"r{3 * MOST_RUNS - 1}", "slow")
    assert tuple(reversed(shown.values())) == runs


def test_large_results_are_let_go_for_younger_ones(book: CommandRuns, client: FakeClient) -> None:
    told: dict[str, Run] = {}
    book.on_change(lambda run: told.update({run.id: run} if run else {}))
    for number in range(8):
        book.start("user/x", {}, run_id=f"r{number}")
        client.calls[-1][2].settle(lambda: {"text": "x" * 100_000})
    book.start("user/x", {}, run_id="small")
    client.calls[-1][2].settle(lambda: {"n": 1})

    kept = [run.id for run in book.runs() if not run.result_dropped]
    assert kept == ["small", "r7", "r6", "r5", "r4", "r3"]
    assert book.find("r0").result is None  # type: ignore[union-attr]
    assert [told[run.id] for run in book.runs()] == list(book.runs())


def test_only_what_is_over_can_be_forgotten(book: CommandRuns, client: FakeClient) -> None:
    told: list[Run | None] = []
    book.start("user/x", {}, run_id="over")
    client.calls[0][2].settle(dict)
    book.start("user/x", {}, run_id="on")
    book.on_change(told.append)

    book.forget("on")
    assert told == []
    book.forget()

    assert [run.id for run in book.runs()] == ["on"]
    assert told == [None]


def test_effects_are_told_a_second_after_the_end_and_then_nobody_listens(
    book: CommandRuns, client: FakeClient, clock: FakeClock
) -> None:
    book.start("user/x", {}, run_id="r1")
    client.change(made=1)
    client.calls[0][2].settle(dict)
    book.tick()
    assert book.find("r1").effects is None  # type: ignore[union-attr]
    clock.pass_seconds(1.5)

    book.tick()

    assert book.find("r1").effects.added == ("made",)  # type: ignore[union-attr]
    assert client.listeners == []


def test_nobody_listens_to_the_state_for_a_run_that_is_forgotten_or_has_ended_its_work(
    book: CommandRuns, client: FakeClient, clock: FakeClock
) -> None:
    book.start("user/x", {}, run_id="forgotten")
    client.calls[0][2].settle(dict)
    assert client.listeners
    book.forget("forgotten")
    assert client.listeners == []

    book.start("user/x", {}, run_id="works on")
    client.calls[1][2].settle(lambda: {"progress": "job"})
    clock.pass_seconds(1.5)
    book.tick()
    client.change(job=0.5)
    assert client.listeners
    client.change(job=1.0)
    assert client.listeners == []


def test_progress_follows_the_key_of_the_command(book: CommandRuns, client: FakeClient) -> None:
    book.start("user/x", {}, run_id="r1")
    book.start("user/y", {}, run_id="r2", progress="mine")

    client.change(user_x_progress=0.25, mine=0.5)
    client.change(user_x_progress="nonsense")

    assert [run.progress for run in book.runs()] == [0.5, 0.25]


def test_a_result_may_name_the_key_of_work_that_goes_on(
    book: CommandRuns, client: FakeClient, clock: FakeClock
) -> None:
    book.start("user/x", {}, run_id="r1")
    client.calls[0][2].settle(lambda: {"progress": "job.1"})
    clock.pass_seconds(5)
    book.tick()

    client.change(job_1=0.5)
    assert book.find("r1").progress == 0.5  # type: ignore[union-attr]
    client.change(job_1=1.0)
    client.change(job_1=0.1)

    assert book.find("r1").progress == 1.0  # type: ignore[union-attr]


def test_a_result_may_tell_the_progress_itself(book: CommandRuns, client: FakeClient) -> None:
    book.start("user/x", {}, run_id="r1")
    client.calls[0][2].settle(lambda: {"progress": 0.3})

    assert book.find("r1").progress == 0.3  # type: ignore[union-attr]


class Result(dict):
    """One that can be watched."""


def test_a_large_result_that_was_let_go_takes_no_memory_any_more(client):
    book = CommandRuns(client)
    first = None
    for _ in range(6):
        book.start("user/large", {})
        result = Result(text="x" * 60_000)
        first = first or weakref.ref(result)
        client.calls.pop()[2].settle(lambda result=result: result)
        del result
    assert book.runs()[-1].result_dropped

    gc.collect()
    assert first() is None


def test_ctrl_c_while_a_run_is_sent_ends_it(client):
    client.refuses = KeyboardInterrupt()
    book = CommandRuns(client)

    with pytest.raises(KeyboardInterrupt):
        book.start("user/x", {})

    assert book.runs()[0].state == "cancelled"
