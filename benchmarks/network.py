"""The end-to-end cost of a client, with server and reader in separate processes."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
from sample_states import COUNTER
from timing import measure_interleaved

from nanover_jupyter import NanoverClient
from nanover_jupyter.transport.grpc.transport import CHANNEL_OPTIONS
from nanover_jupyter.wire.grpc import codec as grpc_codec

__all__ = ["command_round_trip", "cpu_shares", "first_state", "throughput"]

_READERS = ("protobuf", "raw", "ours", "ours-subscriber")

_HERE = Path(__file__).parent


@contextmanager
def _server(keys: int, rate: float) -> Iterator[int]:
    command = [sys.executable, str(_HERE / "update_server.py"), str(keys), str(rate)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.stdin.close()


def _read(reader: str, port: int, seconds: float) -> dict[str, float]:
    command = [sys.executable, str(_HERE / "update_reader.py"), reader, str(port), str(seconds)]
    output = subprocess.run(command, capture_output=True, check=True).stdout
    result: dict[str, float] = json.loads(output)
    return result


def throughput(rounds: int) -> Iterator[tuple[str, float, float, float, float]]:
    """Yield reader, updates/s, ratio to protobuf, CPU ms per update, ratio to raw."""
    runs: dict[str, list[dict[str, float]]] = {reader: [] for reader in _READERS}
    with _server(100, 0) as port:
        for _ in range(rounds):
            for reader in _READERS:
                runs[reader].append(_read(reader, port, 2))
    for reader in _READERS:
        rates = [run["updates_per_s"] for run in runs[reader]]
        costs = [run["cpu_seconds_per_update"] for run in runs[reader]]
        speedup = _median_ratio(rates, [run["updates_per_s"] for run in runs["protobuf"]])
        cost_ratio = _median_ratio(costs, [run["cpu_seconds_per_update"] for run in runs["raw"]])
        yield reader, statistics.median(rates), speedup, statistics.median(costs) * 1000, cost_ratio


def cpu_shares(rounds: int) -> Iterator[tuple[str, str, float]]:
    """Yield situation, reader, share of one core."""
    for situation, rate in (("idle", -1), ("100 keys at 30 Hz", 30)):
        with _server(100, rate) as port:
            for reader in _READERS:
                shares = [_read(reader, port, 4)["cpu_share"] for _ in range(rounds)]
                yield situation, reader, statistics.median(shares)


def command_round_trip(calls: int) -> tuple[float, float, float]:
    """Return the median seconds of a raw unary call and of run_command, and their ratio."""
    with _server(0, -1) as port, NanoverClient.insecure_channel(port=port) as client:
        request = grpc_codec.encode_command("echo", {"x": 1.0})
        raw = client.channel.unary_unary(grpc_codec.RUN_COMMAND)
        functions: dict[str, Callable[[], object]] = {
            "raw": lambda: raw(request),
            "ours": lambda: client.run_command("echo", x=1.0),
        }
        measure_interleaved(functions, rounds=50)
        times = measure_interleaved(functions, rounds=calls, clock="perf_counter", collect=False)
    return times["raw"].seconds, times["ours"].seconds, 1 / times["ours"].speedup


def first_state(rounds: int) -> list[tuple[str, float, float]]:
    """Return method, seconds until 1 000 avatars are received, ratio to the raw stream."""
    with _server(1000, -1) as port:

        def raw() -> None:
            channel = grpc.insecure_channel(f"localhost:{port}", options=CHANNEL_OPTIONS)
            stream = channel.unary_stream(grpc_codec.SUBSCRIBE_STATE_UPDATES)(b"")
            next(iter(stream))
            stream.cancel()
            channel.close()

        def connect_and(read: Callable[[NanoverClient], object]) -> Callable[[], None]:
            def connect() -> None:
                with NanoverClient.insecure_channel(port=port) as client:
                    connected = threading.Event()
                    client.on_status(lambda status: status.state == "connected" and connected.set())
                    client.subscribe_all_state_updates()
                    connected.wait()
                    read(client)

            return connect

        functions = {
            "raw first message": raw,
            "ours, visible": connect_and(lambda client: client.peek(COUNTER)),
            "ours, all copied": connect_and(lambda client: client.copy_state()),
        }
        measure_interleaved(functions, rounds=2)
        times = measure_interleaved(functions, rounds=rounds, clock="perf_counter")
    return [(name, timing.seconds, 1 / timing.speedup) for name, timing in times.items()]


def _median_ratio(ours: list[float], baseline: list[float]) -> float:
    return statistics.median(o / b for o, b in zip(ours, baseline, strict=True))
