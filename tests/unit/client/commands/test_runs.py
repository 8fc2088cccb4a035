"""Runs of commands, with a fake client."""

from __future__ import annotations

import gc
import math
import weakref
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from nanover_jupyter.client.commands.runs import (
    MAX_FINISHED_RUNS,
    CommandRuns,
    Run,
    progress_key,
    read_progress,
)
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

    def start_command(
        self, name: str, arguments: Mapping[str, object], *, timeout: float | None = None
    ) -> PendingCall[Any]:
        if self.refuses is not None:
            raise self.refuses
        call: PendingCall[Any] = PendingCall(lambda: None)
        self.calls.append((name, dict(arguments), call))
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
def command_runs(client: FakeClient, clock: FakeClock) -> CommandRuns:
    return CommandRuns(client, clock=clock)


def test_a_run_goes_from_running_to_done(
    command_runs: CommandRuns, client: FakeClient, clock: FakeClock
) -> None:
    changes: list[Run | None] = []
    command_runs.on_change(changes.append)

    command_runs.start("user/x", {"n": 1}, run_id="r1")
    clock.pass_seconds(2.0)
    client.calls[0][2].settle(lambda: {"a": 1})

    assert [run.state for run in changes if run] == ["running", "done"]
    run = command_runs.find("r1")
    assert run is not None
    assert (run.result, run.seconds, run.arguments) == ({"a": 1}, 2.0, {"n": 1})


def test_the_same_id_starts_nothing(command_runs: CommandRuns, client: FakeClient) -> None:
    assert command_runs.start("user/x", {}, run_id="r1") is not None
    assert command_runs.start("user/x", {}, run_id="r1") is None
    client.calls[0][2].settle(dict)
    assert command_runs.start("user/x", {}, run_id="r1") is None

    assert len(client.calls) == 1


def test_a_failure_is_kept_with_its_error(command_runs: CommandRuns, client: FakeClient) -> None:
    def fail() -> dict[str, Any]:
        raise CommandFailed("user/x", "no")

    command_runs.start("user/x", {}, run_id="r1")
    client.calls[0][2].settle(fail)

    run = command_runs.find("r1")
    assert run is not None
    assert run.state == "failed"
    assert str(run.error) == "command 'user/x' failed: no"


def test_a_run_that_cannot_be_sent_is_kept_as_failed(
    command_runs: CommandRuns, client: FakeClient
) -> None:
    client.refuses = InvalidValue(("n",), "no")

    with pytest.raises(InvalidValue):
        command_runs.start("user/x", {"n": object()}, run_id="r1")

    run = command_runs.find("r1")
    assert run is not None
    assert run.state == "failed"
    assert client.calls == []


def test_a_cancelled_run_is_not_a_failure(command_runs: CommandRuns, client: FakeClient) -> None:
    command_runs.start("user/x", {}, run_id="r1")

    assert command_runs.cancel("r1")
    assert not command_runs.cancel("r1")
    assert not command_runs.cancel("nowhere")
    assert [run.state for run in command_runs.runs()] == ["cancelled"]


def test_a_run_that_is_cancelled_while_it_is_sent_is_cancelled(
    command_runs: CommandRuns, client: FakeClient
) -> None:
    send = client.start_command

    def cancel_meanwhile(
        name: str, arguments: Mapping[str, object], *, timeout: float | None = None
    ) -> PendingCall[Any]:
        assert command_runs.cancel("r1")
        return send(name, arguments, timeout=timeout)

    client.start_command = cancel_meanwhile  # type: ignore[method-assign]

    call = command_runs.start("user/x", {}, run_id="r1")

    assert call is not None
    assert call.cancelled()
    assert [run.state for run in command_runs.runs()] == ["cancelled"]


def test_runs_are_newest_first_and_finished_ones_are_bounded(
    command_runs: CommandRuns, client: FakeClient
) -> None:
    shown: dict[str, Run] = {}

    def show(run: Run | None) -> None:
        if run is None:
            shown.clear()
            shown.update((known.id, known) for known in reversed(command_runs.runs()))
        else:
            shown[run.id] = run

    command_runs.on_change(show)
    command_runs.start("user/slow", {}, run_id="slow")
    for number in range(3 * MAX_FINISHED_RUNS):
        command_runs.start("user/x", {}, run_id=f"r{number}")
        client.calls[-1][2].settle(dict)

    runs = command_runs.runs()
    assert MAX_FINISHED_RUNS < len(runs) < 1.5 * MAX_FINISHED_RUNS
    assert (runs[0].id, runs[-1].id) == (f"r{3 * MAX_FINISHED_RUNS - 1}", "slow")
    assert tuple(reversed(shown.values())) == runs


def test_old_large_results_are_discarded(command_runs: CommandRuns, client: FakeClient) -> None:
    changes: dict[str, Run] = {}
    command_runs.on_change(lambda run: changes.update({run.id: run} if run else {}))
    for number in range(8):
        command_runs.start("user/x", {}, run_id=f"r{number}")
        client.calls[-1][2].settle(lambda: {"text": "x" * 100_000})
    command_runs.start("user/x", {}, run_id="small")
    client.calls[-1][2].settle(lambda: {"n": 1})

    kept = [run.id for run in command_runs.runs() if not run.result_dropped]
    assert kept == ["small", "r7", "r6", "r5", "r4", "r3"]
    assert command_runs.find("r0").result is None  # type: ignore[union-attr]
    assert [changes[run.id] for run in command_runs.runs()] == list(command_runs.runs())


def test_only_finished_runs_can_be_removed(command_runs: CommandRuns, client: FakeClient) -> None:
    changes: list[Run | None] = []
    command_runs.start("user/x", {}, run_id="over")
    client.calls[0][2].settle(dict)
    command_runs.start("user/x", {}, run_id="on")
    command_runs.on_change(changes.append)

    command_runs.forget("on")
    assert changes == []
    command_runs.forget()

    assert [run.id for run in command_runs.runs()] == ["on"]
    assert changes == [None]


def test_effects_are_complete_a_second_after_the_end_and_end_the_subscription(
    command_runs: CommandRuns, client: FakeClient, clock: FakeClock
) -> None:
    command_runs.start("user/x", {}, run_id="r1")
    client.change(made=1)
    client.calls[0][2].settle(dict)
    command_runs.tick()
    assert command_runs.find("r1").effects is None  # type: ignore[union-attr]
    clock.pass_seconds(1.5)

    command_runs.tick()

    assert command_runs.find("r1").effects.added == ("made",)  # type: ignore[union-attr]
    assert client.listeners == []


def test_a_run_that_was_removed_or_has_ended_needs_no_subscription(
    command_runs: CommandRuns, client: FakeClient, clock: FakeClock
) -> None:
    command_runs.start("user/x", {}, run_id="forgotten")
    client.calls[0][2].settle(dict)
    assert client.listeners
    command_runs.forget("forgotten")
    assert client.listeners == []

    command_runs.start("user/x", {}, run_id="works on")
    client.calls[1][2].settle(lambda: {"progress": "job"})
    clock.pass_seconds(1.5)
    command_runs.tick()
    client.change(job=0.5)
    assert client.listeners
    client.change(job=1.0)
    assert client.listeners == []


def test_progress_follows_the_key_of_the_command(
    command_runs: CommandRuns, client: FakeClient
) -> None:
    command_runs.start("user/x", {}, run_id="r1")
    command_runs.start("user/y", {}, run_id="r2", progress="mine")

    client.change(user_x_progress=0.25, mine=0.5)
    client.change(user_x_progress="nonsense")

    assert [run.progress for run in command_runs.runs()] == [0.5, 0.25]


def test_a_result_may_name_the_progress_key_of_continued_work(
    command_runs: CommandRuns, client: FakeClient, clock: FakeClock
) -> None:
    command_runs.start("user/x", {}, run_id="r1")
    client.calls[0][2].settle(lambda: {"progress": "job.1"})
    clock.pass_seconds(5)
    command_runs.tick()

    client.change(job_1=0.5)
    assert command_runs.find("r1").progress == 0.5  # type: ignore[union-attr]
    client.change(job_1=1.0)
    client.change(job_1=0.1)

    assert command_runs.find("r1").progress == 1.0  # type: ignore[union-attr]


def test_a_result_may_contain_the_progress(command_runs: CommandRuns, client: FakeClient) -> None:
    command_runs.start("user/x", {}, run_id="r1")
    client.calls[0][2].settle(lambda: {"progress": 0.3})

    assert command_runs.find("r1").progress == 0.3  # type: ignore[union-attr]


class Result(dict):
    """One that can be watched."""


def test_a_discarded_result_takes_no_memory(client):
    command_runs = CommandRuns(client)
    first = None
    for _ in range(6):
        command_runs.start("user/large", {})
        result = Result(text="x" * 60_000)
        first = first or weakref.ref(result)
        client.calls.pop()[2].settle(lambda result=result: result)
        del result
    assert command_runs.runs()[-1].result_dropped

    gc.collect()
    assert first() is None


def test_ctrl_c_while_a_run_is_sent_ends_it(client):
    client.refuses = KeyboardInterrupt()
    command_runs = CommandRuns(client)

    with pytest.raises(KeyboardInterrupt):
        command_runs.start("user/x", {})

    assert command_runs.runs()[0].state == "cancelled"


def test_the_default_progress_key_is_the_name_with_dots() -> None:
    assert progress_key("user/slow-report") == "user.slow-report.progress"


@pytest.mark.parametrize(
    ("value", "progress"),
    [(0, 0.0), (0.25, 0.25), (1, 1.0), (7.0, 1.0), (-1, 0.0), (math.inf, 1.0)],
)
def test_progress_is_clamped(value: float, progress: float) -> None:
    assert read_progress(value) == progress


@pytest.mark.parametrize("value", [None, True, "0.5", math.nan, [0.5], {}])
def test_progress_of_another_type_is_none(value: Any) -> None:
    assert read_progress(value) is None
