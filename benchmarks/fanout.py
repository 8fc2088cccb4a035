"""Compare the embedded server with NanoVer's own when many clients subscribe to a busy state.

One client writes 100 avatars thirty times a second. The writer and the subscribers are separate
processes, and the subscribers discard what they receive, so the measured CPU time is the
server's alone.

Run as a script, this file is one of those processes:

    python fanout.py serve SERVER                  print the ports of a server as JSON
    python fanout.py write PROTOCOL PORT MESSAGES  write until standard input ends
    python fanout.py read PROTOCOL PORT COUNT      print the counts for each line of standard input
"""

from __future__ import annotations

import json
import os
import selectors
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Result", "measure_all"]

_HERE = Path(__file__).parent
_NANOVER_PYTHON = _HERE.parent / ".cache" / "nanover-server" / "bin" / "python"
_AVATARS = 100
_RATE = 30
# The number of prepared updates, which are written in turn.
_VARIANTS = 30
_WARM_UP_SECONDS = 1.5
_BUFFER = 1 << 20
_OURS, _NANOVER_OWN = "ours", "NanoVer's own"
_SERVERS = {_NANOVER_OWN: ("ws",), _OURS: ("ws", "grpc")}
_COUNTS = (5, 20, 50)


class Result(NamedTuple):
    """The result for one server and number of subscribers."""

    server: str
    protocol: str
    subscribers: int
    updates_per_second: float
    slowest_updates_per_second: float
    core_share: float


def measure_all(seconds: float, messages: int = 1) -> Iterator[Result]:
    """Measure each server, protocol and number of subscribers.

    Args:
        seconds: The duration of each measurement.
        messages: The number of messages in which the writer sends the avatars.
    """
    for count in _COUNTS:
        for server, protocols in _SERVERS.items():
            if server == _OURS or _NANOVER_PYTHON.exists():
                for protocol in protocols:
                    yield _measure(server, protocol, count, seconds, messages)


def _measure(server: str, protocol: str, count: int, seconds: float, messages: int) -> Result:
    with ExitStack() as stack:
        serving = stack.enter_context(_process("serve", server))
        port = str(json.loads(serving.stdout.readline())[protocol])
        reading = stack.enter_context(_process("read", protocol, port, str(count)))
        reading.stdout.readline()
        stack.enter_context(_process("write", protocol, port, str(messages)))
        time.sleep(_WARM_UP_SECONDS)
        counts, cpu, start = _received(reading), _cpu_seconds(serving.pid), time.perf_counter()
        time.sleep(seconds)
        elapsed = time.perf_counter() - start
        used = _cpu_seconds(serving.pid) - cpu
        received = zip(counts, _received(reading), strict=True)
    rates = [(after - before) / elapsed for before, after in received]
    return Result(server, protocol, count, statistics.median(rates), min(rates), used / elapsed)


@contextmanager
def _process(*arguments: str) -> Iterator[Any]:
    # Use the same Python for both servers, so that only the servers differ.
    python = str(_NANOVER_PYTHON) if _NANOVER_PYTHON.exists() else sys.executable
    with subprocess.Popen(
        [python, __file__, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(_HERE.parent)},
    ) as process:
        assert process.stdin is not None
        try:
            yield process
        finally:
            process.stdin.close()


def _received(reading: Any) -> list[int]:
    reading.stdin.write(b"\n")
    reading.stdin.flush()
    counts: list[int] = json.loads(reading.stdout.readline())
    return counts


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# servers ----------------------------------------------------------------------------


def _serve(server: str) -> None:
    if server == _OURS:
        from nanover_jupyter.server import NanoverServer

        with NanoverServer(websocket_port=0) as ours:
            _serve_until_stdin_ends({"grpc": ours.port, "ws": ours.websocket_port})
    else:
        from nanover.app import OmniRunner

        with OmniRunner.with_basic_server(port=0) as runner:
            _serve_until_stdin_ends({"ws": runner.app_server.service_hub.services["ws"]})


def _serve_until_stdin_ends(ports: dict[str, int | None]) -> None:
    print(json.dumps(ports), flush=True)
    sys.stdin.read()


# the writer -------------------------------------------------------------------------


def _write(protocol: str, port: int, messages: int) -> None:
    from sample_states import avatars

    send = _websocket_sender(port) if protocol == "ws" else _grpc_sender(port)
    prepared = []
    for variant in range(_VARIANTS):
        # The same keys with other values.
        values = list(avatars(_AVATARS, seed=variant + 1).values())
        state = dict(zip(avatars(_AVATARS), values, strict=True))
        keys = list(state)
        parts = [keys[start::messages] for start in range(messages)]
        prepared.append([_encoded(protocol, {key: state[key] for key in part}) for part in parts])
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    start, number = time.perf_counter(), 0
    while not ended.wait(max(0.0, start + number / _RATE - time.perf_counter())):
        for message in prepared[number % _VARIANTS]:
            send(message)
        number += 1
    os._exit(0)


def _encoded(protocol: str, state: dict[str, Any]) -> bytes:
    from nanover_jupyter.wire.grpc import codec as grpc_codec
    from nanover_jupyter.wire.messages import DictionaryChange
    from nanover_jupyter.wire.websocket import codec as websocket_codec

    change = DictionaryChange(state)
    if protocol == "ws":
        return websocket_codec.encode_change(change)
    return grpc_codec.encode_update_request("writer", change)


def _websocket_sender(port: int) -> Any:
    from websockets.sync.client import connect

    websocket = connect(f"ws://127.0.0.1:{port}", compression=None, max_size=None)

    def discard() -> None:
        for _ in websocket:
            pass

    threading.Thread(target=discard, daemon=True).start()
    return websocket.send


def _grpc_sender(port: int) -> Any:
    import grpc

    from nanover_jupyter.wire.grpc import codec as grpc_codec

    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    return channel.unary_unary(grpc_codec.UPDATE_STATE)


# subscribers ------------------------------------------------------------------------


def _read(protocol: str, port: int, count: int) -> None:
    counts = [0] * count
    if protocol == "ws":
        _read_websockets(port, counts)
    else:
        _read_grpc(port, counts)
    print("ready", flush=True)
    for _ in sys.stdin:
        print(json.dumps(counts), flush=True)
    os._exit(0)


def _read_grpc(port: int, counts: list[int]) -> None:
    import grpc

    from nanover_jupyter.wire.grpc import codec as grpc_codec

    def count(index: int) -> None:
        options = [
            ("grpc.use_local_subchannel_pool", 1),
            ("grpc.max_receive_message_length", -1),
        ]
        channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=options)
        subscribe = channel.unary_stream(grpc_codec.SUBSCRIBE_STATE_UPDATES)
        for _ in subscribe(grpc_codec.encode_subscribe_request(1 / _RATE)):
            counts[index] += 1

    for index in range(len(counts)):
        threading.Thread(target=count, args=(index,), daemon=True).start()


def _read_websockets(port: int, counts: list[int]) -> None:
    """Subscribe without a library, which would decode the messages."""
    selector = selectors.DefaultSelector()
    for index in range(len(counts)):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.sendall(
            b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"Sec-WebSocket-Version: 13\r\n\r\n" % port
        )
        selector.register(connection, selectors.EVENT_READ, _FrameCounter(counts, index))

    def receive() -> None:
        buffer = bytearray(_BUFFER)
        while True:
            for key, _ in selector.select():
                size = key.fileobj.recv_into(buffer)  # type: ignore[union-attr]
                if not size:
                    selector.unregister(key.fileobj)
                key.data.feed(memoryview(buffer)[:size])

    threading.Thread(target=receive, daemon=True).start()


class _FrameCounter:
    """Counts the data frames of one connection without decoding them."""

    def __init__(self, counts: list[int], index: int) -> None:
        self._counts = counts
        self._index = index
        self._header = b""
        self._in_handshake = True
        self._payload = 0

    def feed(self, data: memoryview) -> None:
        while len(data):
            if self._payload:
                skipped = min(self._payload, len(data))
                self._payload -= skipped
                data = data[skipped:]
                continue
            self._header += bytes(data[:1])
            data = data[1:]
            if self._in_handshake:
                if self._header.endswith(b"\r\n\r\n"):
                    self._in_handshake = False
                    self._header = b""
            else:
                self._begin_frame()

    def _begin_frame(self) -> None:
        header = self._header
        extra = {126: 2, 127: 8}.get(header[1], 0) if len(header) > 1 else 0
        if len(header) < 2 + extra:
            return
        self._payload = int.from_bytes(header[2:]) if extra else header[1]
        self._header = b""
        self._counts[self._index] += header[0] & 0x0F in (0, 2)


if __name__ == "__main__":
    mode, *rest = sys.argv[1:]
    if mode == "serve":
        _serve(rest[0])
    elif mode == "write":
        _write(rest[0], int(rest[1]), int(rest[2]))
    else:
        _read(rest[0], int(rest[1]), int(rest[2]))
