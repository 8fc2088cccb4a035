"""The cost of receiving frames, as ratios to a stream whose bytes are dropped.

    python benchmarks/frames.py              CPU per frame, and the time of `frame.positions`
    python benchmarks/frames.py --soak 600   frames of 100 000 atoms for 600 s; memory must not grow

The server and each reader are separate processes. The server sends prepared messages, as fast as
they are read or 30 per second.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import msgpack
import numpy as np
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect as open_websocket
from websockets.sync.server import ServerConnection, serve

from nanover_jupyter import NanoverClient, NanoverWebSocketClient
from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.transport.grpc.transport import CHANNEL_OPTIONS
from nanover_jupyter.wire.grpc import codec as grpc_codec
from nanover_jupyter.wire.grpc import protocol

_LARGE = 100_000
_LIMIT = 128 * 1024 * 1024
_NUMBERS = {
    "energy.kinetic": 1.0,
    "energy.potential": -1.0,
    "energy.user.total": 0.0,
    "forces.user.work_done": 0.0,
    "system.simulation.time": 1.0,
    "system.temperature": 300.0,
    "server.timestamp": 1.0,
}


def _messages(wire: str, atoms: int) -> Iterator[bytes]:
    """Yield a frame with topology, then one of a few frames with positions, forever."""
    positions = np.random.default_rng(1).random((atoms, 3), np.float32)
    encode = _websocket_frame if wire == "ws" else _grpc_frame
    yield encode(0, {"particle.elements": np.full(atoms, 6, np.uint8)})
    frames = [encode(number + 1, {"particle.positions": positions + number}) for number in range(4)]
    while True:
        yield from frames


def _websocket_frame(index: int, arrays: dict[str, Any]) -> bytes:
    packed = {key: array.tobytes() for key, array in arrays.items()}
    message: bytes = msgpack.packb({"frame": {"frame.index": index, **_NUMBERS, **packed}})
    return message


def _grpc_frame(index: int, arrays: dict[str, Any]) -> bytes:
    message = protocol.GetFrameResponse(frame_index=index)
    for key, number in _NUMBERS.items():
        message.frame.values[key].number_value = number
    for key, array in arrays.items():
        kind = "float_values" if array.dtype.kind == "f" else "index_values"
        getattr(message.frame.arrays[key], kind).values.extend(array.reshape(-1).tolist())
    return bytes(message.SerializeToString())


# the server process ---------------------------------------------------------------


def _serve(wire: str, atoms: int, interval: float) -> None:
    def paced() -> Iterator[bytes]:
        for message in _messages(wire, atoms):
            yield message
            time.sleep(interval)

    if wire == "ws":

        def send(websocket: ServerConnection) -> None:
            with suppress(ConnectionClosed):
                for message in paced():
                    websocket.send(message)

        with serve(send, "127.0.0.1", 0, max_size=_LIMIT, compression=None) as server:
            print(server.socket.getsockname()[1], flush=True)
            server.serve_forever()
    service, method = grpc_codec.SUBSCRIBE_LATEST_FRAMES[1:].split("/")
    rpc = grpc.unary_stream_rpc_method_handler(lambda *_: paced())
    server = grpc.server(ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {method: rpc}),))
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    server.wait_for_termination()


# the reader processes -------------------------------------------------------------


def _raw(wire: str, port: int) -> Callable[[], int]:
    """Receive frames and drop them. Return a function that returns their number."""
    count = 0

    def receive(messages: Iterator[Any]) -> None:
        nonlocal count
        for _ in messages:
            count += 1

    if wire == "ws":
        stream: Any = iter(
            open_websocket(f"ws://127.0.0.1:{port}", max_size=_LIMIT, compression=None)
        )
    else:
        channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=CHANNEL_OPTIONS)
        stream = channel.unary_stream(grpc_codec.SUBSCRIBE_LATEST_FRAMES)(b"")
    threading.Thread(target=receive, args=(stream,), daemon=True).start()
    return lambda: count


def _client(wire: str, port: int) -> BaseClient:
    if wire == "ws":
        return NanoverWebSocketClient.from_url(f"ws://127.0.0.1:{port}")
    return NanoverClient.insecure_channel(address="127.0.0.1", port=port)


def _ours(wire: str, port: int) -> Callable[[], int]:
    """Receive frames with a client and read none."""
    client = _client(wire, port)
    add, count = client._frames.on_frame, 0  # noqa: SLF001 - counts what it receives

    def on_frame(message: Any) -> None:
        nonlocal count
        count += 1
        add(message)

    client._frames.on_frame = on_frame  # type: ignore[method-assign]  # noqa: SLF001
    if wire == "ws":
        client.subscribe_all_state_updates()  # without a subscription, the reader looks for one
    client._frames.request()  # noqa: SLF001
    return lambda: count


def _read(reader: str, wire: str, port: int, seconds: float) -> None:
    count = {"raw": _raw, "ours": _ours}[reader](wire, port)
    time.sleep(0.5)
    first, started = count(), time.process_time()
    time.sleep(seconds)
    frames = count() - first
    print(json.dumps({"cpu": (time.process_time() - started) / max(1, frames), "frames": frames}))


def _access(wire: str, port: int) -> None:
    """Print the median time from a frame's arrival to its positions."""
    client = _client(wire, port)
    frame = client.wait_for_frame()
    times: list[float] = []
    for _ in range(60):
        frame = client.wait_for_frame(after=frame)
        time.sleep(0.002)
        started = time.perf_counter()
        current = client.frame
        positions = None if current is None else current.positions
        times.append(time.perf_counter() - started)
        assert positions is not None
    print(json.dumps({"seconds": statistics.median(times)}))


def _soak(wire: str, port: int, seconds: float) -> None:
    client = _client(wire, port)
    client.wait_for_frame()
    client.series()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for _ in range(300):
            frame = client.frame
            assert frame is not None
            _ = frame.positions
            time.sleep(1 / 30)
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        megabytes = pages * resource.getpagesize() / 1e6
        print(f"{wire}: {client.frame_rate:5.1f} frames/s, {megabytes:6.1f} MB", flush=True)


# the measurements -----------------------------------------------------------------


def _run(*arguments: object) -> dict[str, float]:
    command = [sys.executable, __file__, *map(str, arguments)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    result: dict[str, float] = json.loads(output)
    return result


def _with_server(wire: str, atoms: int, interval: float, measure: Callable[[int], None]) -> None:
    command = [sys.executable, __file__, "serve", wire, str(atoms), str(interval)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            measure(int(server.stdout.readline()))
        finally:
            server.kill()


def _measure(wire: str, atoms: int, rounds: int) -> None:
    def compare(pace: str, port: int) -> None:
        ratios, costs = [], []
        for _ in range(rounds):
            raw = _run("read", "raw", wire, port, 4)
            ours = _run("read", "ours", wire, port, 4)
            ratios.append(ours["cpu"] / raw["cpu"])
            costs.append(raw["cpu"])
        ratio, cost = statistics.median(ratios), statistics.median(costs)
        print(
            f"{wire:5} {atoms:7} atoms, {pace:15}: raw {cost * 1e6:5.0f} us/frame, "
            f"ours {ratio:.2f} times"
        )

    _with_server(wire, atoms, 0, partial(compare, "as fast as read"))
    _with_server(wire, atoms, 1 / 30, partial(compare, "30 per second"))
    if atoms == _LARGE:
        _with_server(wire, atoms, 1 / 30, partial(_print_access, wire))


def _print_access(wire: str, port: int) -> None:
    print(f"{wire:5} frame.positions: {_run('access', wire, port)['seconds'] * 1e6:.0f} us")


def main() -> None:
    """Run a measurement, or one of its processes."""
    match sys.argv[1:]:
        case ["serve", wire, atoms, interval]:
            return _serve(wire, int(atoms), float(interval))
        case ["read", reader, wire, port, seconds]:
            return _read(reader, wire, int(port), float(seconds))
        case ["access", wire, port]:
            return _access(wire, int(port))
        case ["soak", wire, port, seconds]:
            return _soak(wire, int(port), float(seconds))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--soak", type=float, default=0)
    options = parser.parse_args()
    for wire in ("ws", "grpc"):
        if options.soak:
            command = [sys.executable, __file__, "soak", wire]
            _with_server(
                wire,
                _LARGE,
                1 / 30,
                lambda port, command=command: subprocess.run(
                    [*command, str(port), str(options.soak)], check=True
                ),
            )
        else:
            for atoms in (1_000, _LARGE):
                _measure(wire, atoms, options.rounds)
    return None


if __name__ == "__main__":
    main()
