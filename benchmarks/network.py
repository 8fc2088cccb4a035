"""What a client costs end to end: server and reader in processes of their own."""

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
from avatars import COUNTER
from timing import in_turns

from nanover_jupyter import NanoverClient
from nanover_jupyter.transport.grpc.transport import CHANNEL_OPTIONS
from nanover_jupyter.wire.grpc import codec as grpc_codec

__all__ = ["at_rest", "commands", "first_state", "throughput"]

_HERE = Path(__file__).parent


@contextmanager
def _server(keys: int, rate: float) -> Iterator[int]:
    command = [sys.executable, str(_HERE / "replay.py"), str(keys), str(rate)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.stdin.close()


def _reader(way: str, port: int, seconds: float) -> dict[str, float]:
    command = [sys.executable, str(_HERE / "reader.py"), way, str(port), str(seconds)]
    output = subprocess.run(command, capture_output=True, check=True).stdout
    result: dict[str, float] = json.loads(output)
    return result


def throughput(rounds: int) -> Iterator[tuple[str, float, float, float, float]]:
    """Way, updates/s, how many times straightforward's, ms per update, how many times raw's."""
    ways = ("straightforward", "raw", "ours", "ours-subscriber")
    runs: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    with _server(100, 0) as port:
        for _ in range(rounds):
            for way in ways:
                runs[way].append(_reader(way, port, 2))
    for way in ways:
        rates = [run["updates_per_s"] for run in runs[way]]
        costs = [run["processor_per_update"] for run in runs[way]]
        faster = _median_ratio(rates, [run["updates_per_s"] for run in runs["straightforward"]])
        dearer = _median_ratio(costs, [run["processor_per_update"] for run in runs["raw"]])
        yield way, statistics.median(rates), faster, statistics.median(costs) * 1000, dearer


def at_rest(rounds: int) -> Iterator[tuple[str, str, float]]:
    """Situation, way, share of one processor."""
    for situation, rate in (("idle", -1), ("100 keys at 30 Hz", 30)):
        with _server(100, rate) as port:
            for way in ("raw", "straightforward", "ours", "ours-subscriber"):
                shares = [_reader(way, port, 4)["processor_share"] for _ in range(rounds)]
                yield situation, way, statistics.median(shares)


def commands(calls: int) -> tuple[float, float, float]:
    """Median seconds of a raw unary call and of run_command, and median ratio of pairs."""
    with _server(0, -1) as port, NanoverClient.insecure_channel(port=port) as client:
        request = grpc_codec.encode_command("echo", {"x": 1.0})
        raw = client.channel.unary_unary(grpc_codec.RUN_COMMAND)
        ways: dict[str, Callable[[], object]] = {
            "raw": lambda: raw(request),
            "ours": lambda: client.run_command("echo", x=1.0),
        }
        in_turns(ways, rounds=50)
        times = in_turns(ways, rounds=calls, clock="perf_counter", collect=False)
    return times["raw"].seconds, times["ours"].seconds, 1 / times["ours"].ratio


def first_state(rounds: int) -> list[tuple[str, float, float]]:
    """Way, seconds from connecting until 1 000 avatars are there, times the raw stream's."""
    with _server(1000, -1) as port:

        def raw() -> None:
            channel = grpc.insecure_channel(f"localhost:{port}", options=CHANNEL_OPTIONS)
            stream = channel.unary_stream(grpc_codec.SUBSCRIBE_STATE_UPDATES)(b"")
            next(iter(stream))
            stream.cancel()
            channel.close()

        def visible(look: Callable[[NanoverClient], object]) -> Callable[[], None]:
            def connect() -> None:
                with NanoverClient.insecure_channel(port=port) as client:
                    heard = threading.Event()
                    client.on_status(lambda status: status.state == "connected" and heard.set())
                    client.subscribe_all_state_updates()
                    heard.wait()
                    look(client)

            return connect

        ways = {
            "raw first message": raw,
            "ours, visible": visible(lambda client: client.peek(COUNTER)),
            "ours, all of it copied": visible(lambda client: client.copy_state()),
        }
        in_turns(ways, rounds=2)
        times = in_turns(ways, rounds=rounds, clock="perf_counter")
    return [(way, timed.seconds, 1 / timed.ratio) for way, timed in times.items()]


def _median_ratio(ours: list[float], baseline: list[float]) -> float:
    return statistics.median(o / b for o, b in zip(ours, baseline, strict=True))
