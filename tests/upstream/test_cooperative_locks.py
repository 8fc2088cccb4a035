"""Five processes contend for three locks while some of them are stopped and killed.

The environment variable `NANOVER_LOCK_SECONDS` sets for how long, and `NANOVER_LOCK_SEED` selects
what is stopped and killed. With `-s`, pytest prints what happened.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from nanover_jupyter import connect
from nanover_jupyter.server import NanoverServer
from tests.support.eventually import TIME_SCALE, eventually
from tests.support.lock_log import Belief, Crash, HandOvers, LockLogs, Stop, WorkerLog, percentile
from tests.support.lock_processes import LockProcesses
from tests.upstream.conftest import RealServer

KEYS = ["plan", "notes", "view"]
SECONDS = float(os.environ.get("NANOVER_LOCK_SECONDS", "3"))
SEED = int(os.environ.get("NANOVER_LOCK_SEED", "1"))
DURATION = 0.5
# The others ask for a key at random times, alone or with others, and share a few cores.
SLACK = 2.0 * TIME_SCALE


@pytest.fixture
def contend(tmp_path: Path) -> Iterator[Callable[[list[str]], None]]:
    """Runs a worker at each address, and checks what they recorded."""
    started: list[LockProcesses] = []

    def contend(urls: list[str]) -> None:
        workers = LockProcesses(urls, KEYS, tmp_path, DURATION, SEED)
        started.append(workers)
        workers.run(SECONDS)
        # Also those that started last, and what was held by those that were killed last.
        require_none(lambda: workers.logs().without_grants())
        require_none(lambda: [each for each in workers.logs().crashes() if each.taken is None])
        workers.finish()
        logs = workers.logs()
        print(f"\n{summary(logs, workers.kills, workers.ttl)}")  # noqa: T201 - for people
        assert logs.overlaps() == []
        assert late_crashes(logs, workers.ttl) == []
        require_clean(urls[0], workers.killed_names())

    yield contend
    for workers in started:
        workers.kill_all()


@pytest.fixture
def embedded_server() -> Iterator[NanoverServer]:
    with NanoverServer(websocket_port=0) as server:
        yield server


def late_crashes(logs: LockLogs, ttl: float) -> list[Crash]:
    """Return the keys of killed workers that nobody acquired in time.

    A worker that is stopped or killed while it asks for the key delays the others once more.
    """
    limit = ttl + 2 * DURATION / 3 + SLACK
    return [each for each in logs.crashes() if each.seconds > limit + each.disturbances * ttl]


def require_clean(url: str, killed: set[str]) -> None:
    """Require that only workers that were killed have left keys."""
    with connect(url) as connection:

        def left_behind() -> dict[str, object]:
            state = connection.client.snapshot()
            locks = {key: value for key, value in state.items() if key.startswith("lock.")}
            crashed = [
                key
                for key, value in locks.items()
                if isinstance(value, dict) and value.get("name") in killed
            ]
            mine = {*crashed, *(f"{key}.beat" for key in crashed)}
            return {key: value for key, value in locks.items() if key not in mine}

        require_none(left_behind)


def require_none(find: Callable[[], object]) -> None:
    """Wait until `find()` returns nothing; fail with what it returns after a timeout."""
    with suppress(AssertionError):
        eventually(lambda: not find(), every=0.1)
    assert not find()


def summary(logs: LockLogs, kills: int, ttl: float) -> str:
    """Return the numbers of a run, for people."""
    grants = logs.grants()
    crashes = logs.crashes()
    calm = sorted(each.seconds for each in crashes if not each.disturbances)
    hand_overs = logs.hand_overs()
    times = hand_overs.seconds
    lines = {
        "grants": f"{sum(grants.values())} by {len(grants)} workers, {min(grants.values())} to "
        f"{max(grants.values())} each",
        "refusals": logs.count("refused"),
        "failures": logs.count("failed"),
        "ends": f"{logs.ends()}, {logs.lost_awake()} of them lost without a stop",
        "edits": f"{logs.count('edited')}, {logs.repeated_edits()} of them repeated",
        "stops": len(logs.stops),
        "kills": f"{kills}, with {len(crashes)} held keys",
        "overlaps": len(logs.overlaps()),
        "crash freed": f"in {percentile(calm, 50):.3f} s, at most {percentile(calm, 100):.3f} s; "
        f"at most {max((each.seconds for each in crashes), default=math.nan):.3f} s if others were "
        f"stopped or killed meanwhile; the ttl is {ttl:.3f} s",
        "hand over": f"{len(times)}, in {percentile(times, 50) * 1000:.0f} ms, p99 "
        f"{percentile(times, 99) * 1000:.0f} ms; {hand_overs.missed} missed, "
        f"{hand_overs.disturbed} disturbed",
    }
    return "\n".join(f"{name:>12}: {text}" for name, text in lines.items())


# the servers -----------------------------------------------------------------------


def test_processes_never_share_a_lock_of_a_real_server(server: RealServer, contend):
    contend([f"ws://127.0.0.1:{server.port}"] * 5)


def test_processes_never_share_a_lock_of_the_embedded_server(embedded_server, contend):
    contend([f"ws://127.0.0.1:{embedded_server.websocket_port}"] * 5)


def test_processes_never_share_a_lock_over_two_protocols(embedded_server, contend):
    websocket = f"ws://127.0.0.1:{embedded_server.websocket_port}"
    contend([websocket] * 3 + [f"grpc://127.0.0.1:{embedded_server.port}"] * 2)


# the checks can fail ---------------------------------------------------------------


def held(lease: int, at: float, ends_at: float, *keys: str) -> dict[str, object]:
    return {"kind": "held", "at": at, "lease": lease, "keys": keys, "ends_at": ends_at}


def ended(lease: int, at: float, how: str = "released", **details: object) -> dict[str, object]:
    return {"kind": "ended", "at": at, "lease": lease, "how": how, **details}


def test_overlapping_locks_are_found():
    ada = WorkerLog("ada", [held(1, 0.0, 1.0, "plan"), held(1, 0.5, 1.5, "plan"), ended(1, 1.2)])
    ben = WorkerLog("ben", [held(1, 1.1, 2.0, "notes", "plan"), ended(1, 1.3)])
    first, second = Belief("plan", "ada", 0.0, 1.2), Belief("plan", "ben", 1.1, 1.3)
    assert LockLogs([ada, ben]).overlaps() == [(first, second)]


def test_a_long_lock_overlaps_a_lock_that_follows_a_short_one():
    ada = WorkerLog("ada", [held(1, 0.0, 9.0, "plan"), ended(1, 9.0)])
    ben = WorkerLog("ben", [held(1, 1.0, 2.0, "plan"), ended(1, 2.0)])
    cleo = WorkerLog("cleo", [held(1, 3.0, 4.0, "plan"), ended(1, 4.0)])
    assert len(LockLogs([ada, ben, cleo]).overlaps()) == 2


def test_a_stopped_worker_holds_a_lock_until_its_own_deadline():
    ada = WorkerLog("ada", [held(1, 0.0, 1.0, "plan"), ended(1, 3.0, "lost")])
    ben = WorkerLog("ben", [held(1, 0.9, 2.0, "plan"), ended(1, 1.9)])
    cleo = WorkerLog("cleo", [held(1, 1.9, 3.0, "plan"), ended(1, 2.9)])
    assert len(LockLogs([ada, ben]).overlaps()) == 1
    assert LockLogs([ada, cleo]).overlaps() == []


def test_a_killed_worker_holds_a_lock_until_then():
    ada = WorkerLog("ada", [held(1, 0.0, 1.0, "plan")], killed_at=0.5)
    assert ada.beliefs() == [Belief("plan", "ada", 0.0, 0.5)]


def test_a_lock_of_a_killed_worker_that_is_free_too_late_is_found():
    ada = WorkerLog("ada", [held(1, 0.0, 1.0, "plan")], killed_at=0.5)
    ben = WorkerLog("ben", [held(1, 9.5, 10.0, "plan"), ended(1, 9.9)])
    (crash,) = LockLogs([ada, ben]).crashes()
    assert crash.seconds == 9.0
    assert late_crashes(LockLogs([ada, ben]), ttl=1.0) == [crash]
    assert late_crashes(LockLogs([ada]), ttl=1.0)
    # Time in which others were stopped is allowed for.
    stops = [Stop("ben", 0.6, 0.7)] * 7
    assert late_crashes(LockLogs([ada, ben], stops), ttl=1.0) == []


def test_a_worker_without_locks_is_found():
    logs = LockLogs([WorkerLog("ada", []), WorkerLog("ben", [], killed_at=1.0)])
    assert logs.without_grants() == ["ada"]


def test_hand_overs_are_timed_if_nobody_was_stopped_or_killed():
    end = ended(1, 0.5, "handed over", handed_over=["plan"], to="ben")
    ada = WorkerLog("ada", [held(1, 0.0, 1.0, "plan"), end])
    ben = WorkerLog("ben", [held(1, 0.75, 2.0, "plan"), ended(1, 1.0)])
    cleo = WorkerLog("cleo", [held(1, 0.6, 2.0, "plan"), ended(1, 0.7)])
    assert LockLogs([ada, ben]).hand_overs() == HandOvers([0.25], 0, 0)
    assert LockLogs([ada, ben, cleo]).hand_overs() == HandOvers([], 1, 0)
    assert LockLogs([ada, ben], [Stop("ben", 0.6, 0.7)]).hand_overs() == HandOvers([], 0, 1)
    ben.killed_at = 0.7
    assert LockLogs([ada, ben, cleo]).hand_overs() == HandOvers([], 1, 0)
    assert LockLogs([ada, ben]).hand_overs() == HandOvers([], 0, 1)
