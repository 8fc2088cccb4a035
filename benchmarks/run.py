"""Run benchmarks and print their results as Markdown: python benchmarks/run.py [SECTION]...

Sections: codec, network, leases, memory, upstream, fanout; all by default.
`--quick` runs fewer rounds.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterable

import codec
import fanout
import leases
import memory
import network
import upstream


def _table(title: str, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    heads = list(heads)
    print(f"\n### {title}\n\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}", flush=True)
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


def _codec(rounds: int) -> None:
    _table(
        "Codec (CPU time; `times` is the speed relative to the first row of each group)",
        ["what", "method", "ms", "times"],
        (
            [what, method, f"{ms:.1f}", f"{speedup:.1f}"]
            for what, method, ms, speedup in codec.codec_rows(rounds)
        ),
    )
    _table(
        "WebSocket messages decoded (CPU time)",
        ["content", "msgpack alone, µs", "ours, µs", "of msgpack alone"],
        (
            [content, f"{alone:.1f}", f"{ours:.1f}", f"{ratio:.2f}"]
            for content, alone, ours, ratio in codec.message_rows(rounds)
        ),
    )


def _network(rounds: int) -> None:
    _table(
        "100 avatars per update, at the reader's maximum rate",
        ["reader", "updates/s", "of protobuf", "CPU ms per update", "of raw"],
        (
            [reader, f"{rate:.0f}", f"{speedup:.1f}", f"{cost:.2f}", f"{cost_ratio:.2f}"]
            for reader, rate, speedup, cost, cost_ratio in network.throughput(rounds // 3 or 1)
        ),
    )
    _table(
        "Connecting to 1 000 avatars",
        ["method", "ms", "of raw"],
        (
            [method, f"{seconds * 1000:.1f}", f"{ratio:.2f}"]
            for method, seconds, ratio in network.first_state(rounds * 2)
        ),
    )
    raw, ours, ratio = network.command_round_trip(rounds * 100)
    _table(
        "Command round trip",
        ["method", "ms", "of raw"],
        [
            ["raw unary call", f"{raw * 1000:.3f}", "1.00"],
            ["run_command", f"{ours * 1000:.3f}", f"{ratio:.2f}"],
        ],
    )
    _table(
        "CPU time of a subscribed client",
        ["situation", "reader", "% of one core"],
        (
            [situation, reader, f"{share * 100:.1f}"]
            for situation, reader, share in network.cpu_shares(rounds // 7 or 1)
        ),
    )


def _leases(rounds: int) -> None:
    _table(
        f"Holding locks on {leases.LEASES} keys with a duration of {leases.DURATION:g} s",
        ["scenario", "% of one core", "requests/s", "latest renewal, of the duration"],
        (
            [scenario, f"{share * 100:.2f}", f"{rate:.2f}", _ratio(latest)]
            for scenario, share, rate, latest in leases.holding_cost(rounds * 1.5)
        ),
    )
    _table(
        "Acquiring a free lock",
        ["method", "ms", "of raw"],
        (
            [method, f"{seconds * 1000:.3f}", f"{ratio:.2f}"]
            for method, seconds, ratio in leases.acquire_cost(rounds * 100)
        ),
    )
    _table(
        "Renewals while the main thread computes and 100 keys change at 30 Hz",
        ["duration, s", "leases", "median renewal, of the duration", "latest"],
        (
            [f"{duration:g}", f"{number:g}", f"{median:.2f}", f"{latest:.2f}"]
            for duration, number, median, latest in leases.busy_renewals(rounds * 1.5)
        ),
    )


def _ratio(ratio: float) -> str:
    return "" if math.isnan(ratio) else f"{ratio:.2f}"


def _memory(rounds: int) -> None:
    keys = 100_000 if rounds > _QUICK else 10_000
    _table(
        f"Memory of {keys} avatars",
        ["stored as", "bytes per key", "of plain dict", "s to load"],
        (
            [representation, f"{size:.0f}", f"{ratio:.2f}", f"{seconds:.2f}"]
            for representation, size, ratio, seconds in memory.memory_rows(keys)
        ),
    )


def _upstream(rounds: int) -> None:
    rows = upstream.client_rows(rounds * 10)
    if rows is None:
        print(f"\nSkipped: NanoVer's own package is not installed in {upstream.HOME}.")
        print("Run scripts/real_server --prepare.", flush=True)
        return
    _table(
        "WebSocket: compared with NanoVer's own client, on NanoVer's own server",
        ["what", "client", "ms", "of NanoVer's own"],
        ([what, client, f"{ms:.2f}", f"{ratio:.2f}"] for what, client, ms, ratio in rows),
    )


def _fanout(rounds: int) -> None:
    for messages, title in (
        (1, "100 avatars written in one message, 30 times a second"),
        (100, "100 avatars written in 100 messages, 30 times a second"),
    ):
        _table(
            f"Subscribers of a server: {title}",
            ["subscribers", "server", "protocol", "updates/s each", "slowest", "% of one core"],
            (
                [
                    str(result.subscribers),
                    result.server,
                    result.protocol,
                    f"{result.updates_per_second:.1f}",
                    f"{result.slowest_updates_per_second:.1f}",
                    f"{result.core_share * 100:.0f}",
                ]
                for result in fanout.measure_all(rounds // 2, messages)
            ),
        )


_ROUNDS, _QUICK = 15, 5
_SECTIONS: dict[str, Callable[[int], None]] = {
    "codec": _codec,
    "network": _network,
    "leases": _leases,
    "memory": _memory,
    "upstream": _upstream,
    "fanout": _fanout,
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", choices=[[], *_SECTIONS], default=[])
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    for section in arguments.sections or _SECTIONS:
        _SECTIONS[section](_QUICK if arguments.quick else _ROUNDS)
