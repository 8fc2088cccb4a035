"""Runs the benchmarks and prints their tables as Markdown: python benchmarks/run.py [SECTION]...

Sections: codec, network, leases, memory, upstream, fanout; all by default.
`--quick` measures less often.
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
        "Codec (processor time; `times` is how often a way fits into the first of its kind)",
        ["what", "way", "ms", "times"],
        (
            [what, way, f"{ms:.1f}", f"{ratio:.1f}"]
            for what, way, ms, ratio in codec.figures(rounds)
        ),
    )
    _table(
        "WebSocket messages decoded (processor time)",
        ["what is in one", "msgpack alone, µs", "ours, µs", "of msgpack alone"],
        (
            [what, f"{alone:.1f}", f"{ours:.1f}", f"{ratio:.2f}"]
            for what, alone, ours, ratio in codec.messages(rounds)
        ),
    )


def _network(rounds: int) -> None:
    _table(
        "100 avatars per update, as fast as the reader takes them",
        ["reader", "updates/s", "of straightforward", "CPU ms per update", "of raw"],
        (
            [way, f"{rate:.0f}", f"{faster:.1f}", f"{cost:.2f}", f"{dearer:.2f}"]
            for way, rate, faster, cost, dearer in network.throughput(rounds // 3 or 1)
        ),
    )
    _table(
        "Connecting to 1 000 avatars",
        ["way", "ms", "of raw"],
        (
            [way, f"{seconds * 1000:.1f}", f"{ratio:.2f}"]
            for way, seconds, ratio in network.first_state(rounds * 2)
        ),
    )
    raw, ours, ratio = network.commands(rounds * 100)
    _table(
        "Command round trip",
        ["way", "ms", "of raw"],
        [
            ["raw unary call", f"{raw * 1000:.3f}", "1.00"],
            ["run_command", f"{ours * 1000:.3f}", f"{ratio:.2f}"],
        ],
    )
    _table(
        "Processor of a subscribed client",
        ["situation", "reader", "% of one core"],
        (
            [situation, way, f"{share * 100:.1f}"]
            for situation, way, share in network.at_rest(rounds // 7 or 1)
        ),
    )


def _leases(rounds: int) -> None:
    _table(
        f"{leases.LEASES} keys kept locked for {leases.DURATION:g} s at a time",
        ["way", "% of one core", "requests/s", "latest renewal, of the duration"],
        (
            [way, f"{share * 100:.2f}", f"{rate:.2f}", _share(latest)]
            for way, share, rate, latest in leases.kept(rounds * 1.5)
        ),
    )
    _table(
        "Taking a free lock",
        ["way", "ms", "of raw"],
        (
            [way, f"{seconds * 1000:.3f}", f"{ratio:.2f}"]
            for way, seconds, ratio in leases.taking(rounds * 100)
        ),
    )
    _table(
        "Renewals while the main thread computes and 100 keys come at 30 Hz",
        ["duration, s", "leases", "middle renewal, of the duration", "latest"],
        (
            [f"{duration:g}", f"{number:g}", f"{middle:.2f}", f"{latest:.2f}"]
            for duration, number, middle, latest in leases.busy(rounds * 1.5)
        ),
    )


def _share(share: float) -> str:
    return "" if math.isnan(share) else f"{share:.2f}"


def _memory(rounds: int) -> None:
    keys = 100_000 if rounds > _QUICK else 10_000
    _table(
        f"Memory of {keys} avatars",
        ["held as", "bytes per key", "of plain dict", "s to take over"],
        (
            [way, f"{size:.0f}", f"{ratio:.2f}", f"{seconds:.2f}"]
            for way, size, ratio, seconds in memory.figures(keys)
        ),
    )


def _upstream(rounds: int) -> None:
    figures = upstream.figures(rounds * 10)
    if figures is None:
        print(f"\nSkipped: NanoVer's own package is not in {upstream.HOME}.", flush=True)
        print("scripts/real_server --prepare puts it there.", flush=True)
        return
    _table(
        "WebSocket: beside NanoVer's own client, on NanoVer's own server",
        ["what", "client", "ms", "of NanoVer's own"],
        ([what, way, f"{ms:.2f}", f"{ratio:.2f}"] for what, way, ms, ratio in figures),
    )


def _fanout(rounds: int) -> None:
    for messages, title in (
        (1, "100 avatars written in one message, 30 times a second"),
        (100, "100 avatars written in 100 messages, 30 times a second"),
    ):
        _table(
            f"Subscribers of a server: {title}",
            ["subscribers", "server", "wire", "updates/s each", "slowest", "% of one core"],
            (
                [
                    str(figure.subscribers),
                    figure.server,
                    figure.wire,
                    f"{figure.updates_per_second:.1f}",
                    f"{figure.slowest_updates_per_second:.1f}",
                    f"{figure.core_share * 100:.0f}",
                ]
                for figure in fanout.figures(rounds // 2, messages)
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
