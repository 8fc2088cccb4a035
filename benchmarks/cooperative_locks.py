"""The cost of cooperative locks on a WebSocket server.

    python benchmarks/cooperative_locks.py [ws://HOST:PORT]     by default, an embedded server

Acquiring a free lock is compared with the **echo**: the time until a change of the same client
comes back. The server sends 30 updates a second, so both take up to a tick of 33 ms. Holding
is measured in updates and bytes, and compared with holding one lock. The cost without locks is
that of the observer of claims, per update.
"""

# ruff: noqa: SLF001 - measures parts of a client
from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from nanover_jupyter import DictionaryChange, NanoverServer
from nanover_jupyter.client.websocket_client import NanoverWebSocketClient
from nanover_jupyter.wire.websocket import codec as websocket_codec

ROUNDS = 150
DURATION = 3.0
HELD_SECONDS = 9.0
# Between rounds, so that they begin at different times within a tick of the server.
_PAUSES = [0.011, 0.017, 0.023, 0.041]


def acquire_times(client: NanoverWebSocketClient) -> dict[str, list[float]]:
    """Return the seconds of each round by method."""
    times: dict[str, list[float]] = {"echo": [], "client.lock": []}
    for number in range(ROUNDS):
        time.sleep(_PAUSES[number % len(_PAUSES)])
        start = time.perf_counter()
        client.catch_up()
        times["echo"].append(time.perf_counter() - start)
        time.sleep(_PAUSES[number % len(_PAUSES)])
        start = time.perf_counter()
        lease = client.lock("benchmark.lock")
        times["client.lock"].append(time.perf_counter() - start)
        lease.release()
    return times


def holding_cost(client: NanoverWebSocketClient, keys: int) -> tuple[float, float]:
    """Return updates and bytes per third of the duration while locks on so many keys are held."""
    sent: list[int] = []
    update_state = client._transport.update_state

    def count(change: DictionaryChange, timeout: float | None) -> bool:
        sent.append(len(websocket_codec.encode_change(change)))
        return update_state(change, timeout)

    leases = [client.lock(f"benchmark.{number}", duration=DURATION) for number in range(keys)]
    time.sleep(DURATION)
    client._board._send = count
    time.sleep(HELD_SECONDS)
    client._board._send = update_state
    for lease in leases:
        lease.release()
    thirds = HELD_SECONDS / (DURATION / 3)
    return len(sent) / thirds, sum(sent) / thirds


def observer_cost(client: NanoverWebSocketClient, keys: int) -> tuple[float, float]:
    """Return the seconds to process an update of so many keys without and with the observer."""
    change = DictionaryChange({f"avatar.{number}": number for number in range(keys)})
    rounds = 200_000 // keys
    times: dict[str, list[float]] = {"without": [], "with": []}
    apply = client._stream.mirror.apply
    board = client._board

    def observed() -> None:
        apply(change.copy())
        board.on_change(change, is_full=False)

    calls: dict[str, Callable[[], object]] = {
        "without": lambda: apply(change.copy()),
        "with": observed,
    }
    for _ in range(9):
        for name, call in calls.items():
            start = time.process_time()
            for _ in range(rounds):
                call()
            times[name].append((time.process_time() - start) / rounds)
    return statistics.median(times["without"]), statistics.median(times["with"])


@contextmanager
def _server(url: str) -> Iterator[str]:
    if url:
        yield url
        return
    with NanoverServer(websocket_port=0) as server:
        yield f"ws://{server.address}:{server.websocket_port}"


def main(url: str = "") -> None:
    """Print all figures."""
    with _server(url) as address, NanoverWebSocketClient.from_url(address) as client:
        client.load_state(10)
        print("acquire a free lock                     median     p99")
        for name, seconds in acquire_times(client).items():
            median, last = statistics.median(seconds), statistics.quantiles(seconds, n=100)[98]
            print(f"  {name:36} {median * 1000:5.1f} ms {last * 1000:5.1f} ms")
        print("hold locks, per third of the duration   updates     bytes")
        for keys in (1, 100):
            updates, size = holding_cost(client, keys)
            print(f"  {keys:3} keys {updates:36.2f} {size:9.0f}")
        print("process an update without locks         mirror    with observer")
        for keys in (1, 10, 1000):
            without, with_observer = observer_cost(client, keys)
            ratio = f"{with_observer / without:.2f}"
            times = f"{without * 1e6:31.2f} us {with_observer * 1e6:8.2f} us"
            print(f"  {keys:4} keys {times} ({ratio})")


if __name__ == "__main__":
    main(*sys.argv[1:])
