"""What leases cost: kept in number, taken, and renewed while the main thread computes.

The server and those who hold leases are processes of their own:

    python leases.py serve RATE          an embedded server; prints its port. With a RATE
                                         above 0, moves 100 avatars that often per second
    python leases.py hold WAY PORT SECONDS     prints what it measured, as JSON

idle          a client that follows the state and holds nothing
raw           renews 1 000 keys in one bare call every third of their duration
one by one    1 000 leases, each taken by itself
together      one lease on 1 000 keys
busy          leases of 1, 3 and 10 s, while the main thread computes
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
from avatars import avatars

from nanover_jupyter import DictionaryChange, NanoverClient, NanoverServer
from nanover_jupyter.client.locks.table import LeaseTable
from nanover_jupyter.transport.grpc.transport import CHANNEL_OPTIONS
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.messages import LockRequest

__all__ = ["DURATION", "LEASES", "busy", "kept", "taking"]

LEASES = 1_000
DURATION = 10.0
_BUSY_LEASES = {1.0: 20, 3.0: 20, 10.0: 100}
# Until then everything is done for the first time.
_WARM_UP = 50
_KEYS = [f"box.{number}" for number in range(LEASES)]


def kept(seconds: float) -> Iterator[tuple[str, float, float, float]]:
    """Way, share of one core, requests/s, latest renewal as a share of the duration."""
    for way in _WAYS:
        with _server(0) as port:
            got = _hold(way, port, seconds)
        yield way, got["processor_share"], got["requests_per_s"], got["latest"]


def busy(seconds: float) -> Iterator[tuple[float, float, float, float]]:
    """Duration, number of leases, middle and latest renewal as shares of the duration."""
    with _server(30) as port:
        got = _hold("busy", port, seconds)
    for duration, number in _BUSY_LEASES.items():
        yield duration, number, got[f"middle {duration:g}"], got[f"latest {duration:g}"]


def taking(rounds: int) -> list[tuple[str, float, float]]:
    """Way, median seconds to take a free lock, median of pairs of its times and the raw call's."""
    keys = ("raw", "ours")
    with _server(0) as port, NanoverClient.insecure_channel(port=port) as client:
        call: Any = client.channel.unary_unary(grpc_codec.UPDATE_LOCKS)
        take = grpc_codec.encode_locks_request("raw", LockRequest({keys[0]: DURATION}))
        give_back = grpc_codec.encode_locks_request("raw", LockRequest({}, frozenset(keys[:1])))
        taken: dict[str, list[float]] = {key: [] for key in keys}
        for number in range(-_WARM_UP, rounds):
            start = time.perf_counter()
            call(take)
            between = time.perf_counter()
            call(give_back)
            again = time.perf_counter()
            lease = client.lock(keys[1], duration=DURATION)
            end = time.perf_counter()
            lease.release()
            if number >= 0:
                taken["raw"].append(between - start)
                taken["ours"].append(end - again)
    ratio = statistics.median(o / r for o, r in zip(taken["ours"], taken["raw"], strict=True))
    return [
        ("raw unary call", statistics.median(taken["raw"]), 1.0),
        ("client.lock", statistics.median(taken["ours"]), ratio),
    ]


# in processes of their own --------------------------------------------------------------


class _Punctuality:
    """Notes how late each lock was renewed: until it was granted, since it was last asked for."""

    def __init__(self, table: LeaseTable, keys: list[str]) -> None:
        self._table = table
        self._keys = keys
        self._asked_at: dict[str, float] = {}
        self.shares: dict[float, list[float]] = {}
        table.subscribe(self._look)

    def _look(self) -> None:
        now = self._table.clock()
        for key in self._keys:
            row = self._table.get(key)
            if row is None or not row.is_held:
                continue
            before = self._asked_at.get(key)
            if before is not None and before != row.asked_at:
                self.shares.setdefault(row.seconds, []).append((now - before) / row.seconds)
            self._asked_at[key] = row.asked_at

    def latest(self) -> float:
        return max((max(shares) for shares in self.shares.values()), default=math.nan)


class _Counted(grpc.UnaryUnaryClientInterceptor):  # type: ignore[misc]
    """Counts calls."""

    def __init__(self) -> None:
        self.calls = 0

    def intercept_unary_unary(self, go_on: Any, details: Any, request: Any) -> Any:
        """See grpc."""
        self.calls += 1
        return go_on(details, request)


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


def _one_by_one(client: NanoverClient, seconds: float) -> Callable[[], float]:
    del seconds
    for key in _KEYS:
        client.lock(key, duration=DURATION)
    # A few speak for all: who looks at a thousand after each renewal has work to do.
    return _Punctuality(client.leases, _KEYS[:: LEASES // 10]).latest


def _together(client: NanoverClient, seconds: float) -> Callable[[], float]:
    del seconds
    client.lock(_KEYS, duration=DURATION)
    return _Punctuality(client.leases, _KEYS[:: LEASES // 10]).latest


_WAYS = {"idle": _idle, "raw": _raw, "one by one": _one_by_one, "together": _together}


def _measure_kept(way: str, port: int, seconds: float) -> dict[str, float]:
    counted = _Counted()
    channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=CHANNEL_OPTIONS)
    with NanoverClient(
        channel=grpc.intercept_channel(channel, counted), make_channel_owner=True
    ) as client:
        client.subscribe_all_state_updates()
        latest = _WAYS[way](client, seconds)
        time.sleep(0.5)
        calls, processor, wall = counted.calls, time.process_time(), time.monotonic()
        time.sleep(seconds)
        calls = counted.calls - calls
        processor, wall = time.process_time() - processor, time.monotonic() - wall
        return {
            "processor_share": processor / wall,
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
        punctuality = _Punctuality(client.leases, keys)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            sum(number * number for number in range(1_000))
    got: dict[str, float] = {}
    for duration in _BUSY_LEASES:
        shares = punctuality.shares[duration]
        got[f"middle {duration:g}"] = statistics.median(shares)
        got[f"latest {duration:g}"] = max(shares)
    return got


def _serve(rate: float) -> None:
    """Serve until standard input ends."""
    with NanoverServer() as server:
        print(server.port, flush=True)
        if rate > 0:
            threading.Thread(target=_move, args=(server, rate), daemon=True).start()
        sys.stdin.read()


def _move(server: NanoverServer, rate: float) -> None:
    players = list(avatars(100))
    variants = [
        DictionaryChange(dict(zip(players, avatars(100, seed).values(), strict=True)))
        for seed in range(8)
    ]
    slot = time.monotonic()
    while True:
        for change in variants:
            server.update_state("mover", change)
            slot += 1 / rate
            time.sleep(max(0.0, slot - time.monotonic()))


@contextmanager
def _server(rate: float) -> Iterator[int]:
    command = [sys.executable, __file__, "serve", str(rate)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.stdin.close()


def _hold(way: str, port: int, seconds: float) -> dict[str, float]:
    command = [sys.executable, str(Path(__file__)), "hold", way, str(port), str(seconds)]
    output = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    result: dict[str, float] = json.loads(output)
    return result


def _main(what: str, *arguments: str) -> None:
    if what == "serve":
        return _serve(float(arguments[0]))
    way, port, seconds = arguments[0], int(arguments[1]), float(arguments[2])
    measured = _measure_busy(port, seconds) if way == "busy" else _measure_kept(way, port, seconds)
    print(json.dumps(measured), flush=True)
    return None


if __name__ == "__main__":
    _main(*sys.argv[1:])
