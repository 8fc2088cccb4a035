"""The cost of leases: holding many, acquiring one, and renewing while the main thread computes.

The server and the lease owners are separate processes:

    python leases.py serve RATE                 run an embedded server and print its port; with a
                                                RATE above 0, move 100 avatars RATE times a second
    python leases.py hold SCENARIO PORT SECONDS     print the measurements as JSON

idle             a subscribed client without leases
raw              one gRPC call every third of the duration renews locks on 1 000 keys
separate leases  1 000 leases, acquired one by one
one lease        one lease on 1 000 keys
busy             leases of 1, 3 and 10 s, while the main thread computes
"""

from __future__ import annotations

import json
import math
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from sample_states import avatars

from nanover_jupyter import DictionaryChange, NanoverClient, NanoverServer
from nanover_jupyter.client.locks.table import LeaseTable
from nanover_jupyter.transport.grpc.transport import CHANNEL_OPTIONS
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.messages import LockRequest

__all__ = ["DURATION", "LEASES", "acquire_cost", "busy_renewals", "holding_cost"]

LEASES = 1_000
DURATION = 10.0
_BUSY_LEASES = {1.0: 20, 3.0: 20, 10.0: 100}
# The number of rounds that are not measured.
_WARM_UP = 50
_KEYS = [f"box.{number}" for number in range(LEASES)]


def holding_cost(seconds: float) -> Iterator[tuple[str, float, float, float]]:
    """Yield scenario, share of one core, requests/s, latest renewal relative to the duration."""
    for scenario in _SCENARIOS:
        with _server(0) as port:
            result = _hold(scenario, port, seconds)
        yield scenario, result["cpu_share"], result["requests_per_s"], result["latest"]


def busy_renewals(seconds: float) -> Iterator[tuple[float, float, float, float]]:
    """Yield duration, number of leases, median and latest renewal relative to the duration."""
    with _server(30) as port:
        result = _hold("busy", port, seconds)
    for duration, number in _BUSY_LEASES.items():
        yield duration, number, result[f"median {duration:g}"], result[f"latest {duration:g}"]


def acquire_cost(rounds: int) -> list[tuple[str, float, float]]:
    """Return method, median seconds to acquire a free lock, median ratio to the raw call."""
    keys = ("raw", "ours")
    with _server(0) as port, NanoverClient.insecure_channel(port=port) as client:
        call: Any = client.channel.unary_unary(grpc_codec.UPDATE_LOCKS)
        acquire = grpc_codec.encode_locks_request("raw", LockRequest({keys[0]: DURATION}))
        release = grpc_codec.encode_locks_request("raw", LockRequest({}, frozenset(keys[:1])))
        times: dict[str, list[float]] = {key: [] for key in keys}
        for number in range(-_WARM_UP, rounds):
            raw_start = time.perf_counter()
            call(acquire)
            raw_end = time.perf_counter()
            call(release)
            start = time.perf_counter()
            lease = client.lock(keys[1], duration=DURATION)
            end = time.perf_counter()
            lease.release()
            if number >= 0:
                times["raw"].append(raw_end - raw_start)
                times["ours"].append(end - start)
    ratio = statistics.median(o / r for o, r in zip(times["ours"], times["raw"], strict=True))
    return [
        ("raw unary call", statistics.median(times["raw"]), 1.0),
        ("client.lock", statistics.median(times["ours"]), ratio),
    ]


# run in separate processes --------------------------------------------------------------


class _RenewalDelays:
    """Records the time from each request of a lock until its next renewal was granted."""

    def __init__(self, table: LeaseTable, keys: list[str]) -> None:
        self._table = table
        self._keys = keys
        self._requested_at: dict[str, float] = {}
        self.shares: dict[float, list[float]] = {}
        table.subscribe(self._record)

    def _record(self) -> None:
        now = self._table.clock()
        for key in self._keys:
            row = self._table.get(key)
            if row is None or not row.is_held:
                continue
            before = self._requested_at.get(key)
            if before is not None and before != row.asked_at:
                self.shares.setdefault(row.seconds, []).append((now - before) / row.seconds)
            self._requested_at[key] = row.asked_at

    def latest(self) -> float:
        return max((max(shares) for shares in self.shares.values()), default=math.nan)


class _CallCounter(grpc.UnaryUnaryClientInterceptor):  # type: ignore[misc]
    """Counts calls."""

    def __init__(self) -> None:
        self.calls = 0

    def intercept_unary_unary(self, proceed: Any, details: Any, request: Any) -> Any:
        """Count a call, as a grpc interceptor."""
        self.calls += 1
        return proceed(details, request)


def _idle(client: NanoverClient, seconds: float) -> Callable[[], float]:
    del client, seconds
    return lambda: math.nan


def _raw(client: NanoverClient, seconds: float) -> Callable[[], float]:
    call: Any = client.channel.unary_unary(grpc_codec.UPDATE_LOCKS)

    def renew() -> None:
        for _ in range(math.ceil(seconds / (DURATION / 3)) + 1):
            call(
                grpc_codec.encode_locks_request("raw", LockRequest(dict.fromkeys(_KEYS, DURATION)))
            )
            time.sleep(DURATION / 3)

    threading.Thread(target=renew, daemon=True).start()
    return lambda: math.nan


def _separate_leases(client: NanoverClient, seconds: float) -> Callable[[], float]:
    del seconds
    for key in _KEYS:
        client.lock(key, duration=DURATION)
    # Record a sample of the keys, because checking all would cost CPU time at each renewal.
    return _RenewalDelays(client.leases, _KEYS[:: LEASES // 10]).latest


def _one_lease(client: NanoverClient, seconds: float) -> Callable[[], float]:
    del seconds
    client.lock(_KEYS, duration=DURATION)
    return _RenewalDelays(client.leases, _KEYS[:: LEASES // 10]).latest


_SCENARIOS = {
    "idle": _idle,
    "raw": _raw,
    "separate leases": _separate_leases,
    "one lease": _one_lease,
}


def _measure_holding(scenario: str, port: int, seconds: float) -> dict[str, float]:
    counter = _CallCounter()
    channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=CHANNEL_OPTIONS)
    with NanoverClient(
        channel=grpc.intercept_channel(channel, counter), make_channel_owner=True
    ) as client:
        client.subscribe_all_state_updates()
        latest = _SCENARIOS[scenario](client, seconds)
        time.sleep(0.5)
        calls, cpu, wall = counter.calls, time.process_time(), time.monotonic()
        time.sleep(seconds)
        calls = counter.calls - calls
        cpu, wall = time.process_time() - cpu, time.monotonic() - wall
        return {
            "cpu_share": cpu / wall,
            "requests_per_s": calls / wall,
            "latest": latest(),
        }


def _measure_busy(port: int, seconds: float) -> dict[str, float]:
    with NanoverClient.insecure_channel(address="127.0.0.1", port=port) as client:
        client.on_change(lambda change: change.updates)
        client.subscribe_all_state_updates()
        keys: list[str] = []
        for duration, number in _BUSY_LEASES.items():
            for index in range(number):
                keys.append(f"box.{duration:g}.{index}")
                client.lock(keys[-1], duration=duration)
        delays = _RenewalDelays(client.leases, keys)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            sum(number * number for number in range(1_000))
    result: dict[str, float] = {}
    for duration in _BUSY_LEASES:
        shares = delays.shares[duration]
        result[f"median {duration:g}"] = statistics.median(shares)
        result[f"latest {duration:g}"] = max(shares)
    return result


def _serve(rate: float) -> None:
    """Serve until standard input ends."""
    with NanoverServer() as server:
        print(server.port, flush=True)
        if rate > 0:
            threading.Thread(target=_move_avatars, args=(server, rate), daemon=True).start()
        sys.stdin.read()


def _move_avatars(server: NanoverServer, rate: float) -> None:
    players = list(avatars(100))
    variants = [
        DictionaryChange(dict(zip(players, avatars(100, seed).values(), strict=True)))
        for seed in range(8)
    ]
    due = time.monotonic()
    while True:
        for change in variants:
            server.update_state("writer", change)
            due += 1 / rate
            time.sleep(max(0.0, due - time.monotonic()))


@contextmanager
def _server(rate: float) -> Iterator[int]:
    command = [sys.executable, __file__, "serve", str(rate)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.stdin.close()


def _hold(scenario: str, port: int, seconds: float) -> dict[str, float]:
    command = [sys.executable, str(Path(__file__)), "hold", scenario, str(port), str(seconds)]
    output = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    result: dict[str, float] = json.loads(output)
    return result


def _main(command: str, *arguments: str) -> None:
    if command == "serve":
        return _serve(float(arguments[0]))
    scenario, port, seconds = arguments[0], int(arguments[1]), float(arguments[2])
    if scenario == "busy":
        result = _measure_busy(port, seconds)
    else:
        result = _measure_holding(scenario, port, seconds)
    print(json.dumps(result), flush=True)
    return None


if __name__ == "__main__":
    _main(*sys.argv[1:])
