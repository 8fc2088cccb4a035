"""Interrupts and exit of Python processes that use a client."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from nanover_jupyter import DictionaryChange, NanoverServer
from tests.support.eventually import TIME_SCALE, eventually

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import signal, sys, threading
from contextlib import suppress
from nanover_jupyter import NanoverJupyterError, connect

signal.signal(signal.SIGINT, signal.default_int_handler)
"""


@pytest.fixture
def forever() -> Iterator[threading.Event]:
    """What the command `wait` waits for."""
    forever = threading.Event()
    yield forever
    forever.set()


@pytest.fixture(params=["grpc", "ws"])
def url(request: pytest.FixtureRequest, forever: threading.Event) -> Iterator[str]:
    """The address of a server that has a state and a command that waits."""
    with NanoverServer(websocket_port=0) as server:
        server.update_state("server", DictionaryChange({"a": 1}))
        server.register_command("wait", lambda: forever.wait(60) and None)
        port = server.port if request.param == "grpc" else server.websocket_port
        yield f"{request.param}://127.0.0.1:{port}"
        forever.set()


def start_program(text: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM + text, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_an_interpreter_may_exit_without_closing_anything(url: str) -> None:
    program = start_program(
        """
def run():
    with suppress(NanoverJupyterError):
        connection.client.run_command("wait")

connection, other = connect(sys.argv[1]), connect(sys.argv[1])
connection.client.on_change(lambda change: change.updates)
connection.client.run_command_async("wait")
threading.Thread(target=run, daemon=True).start()
if connection.client.capabilities.locks:
    connection.client.lock("a")
if connection.client.capabilities.client_commands:
    connection.client.register_command("me/x", dict)
print("leaving")
""",
        url,
    )
    out, err = program.communicate(timeout=15 * TIME_SCALE)

    assert program.returncode == 0, err
    assert out.endswith("leaving\n")
    assert "Traceback" not in err


@pytest.mark.parametrize("scheme", ["ws", "grpc"])
def test_an_interpreter_that_exits_closes_connections_and_starts_no_thread(scheme: str) -> None:
    """Python 3.12 refuses to start threads by then; the server would keep our user's keys."""
    with NanoverServer(websocket_port=0, application_defaults=False) as server:
        port = server.websocket_port if scheme == "ws" else server.port
        program = start_program(
            """
import atexit
from nanover_jupyter import DictionaryChange

def refuse(_):
    raise RuntimeError("can't create new thread at interpreter shutdown")

idle, connection = connect(sys.argv[1]), connect(sys.argv[1])
connection.client.attempt_update_state(DictionaryChange({"avatar.me": 1}))
connection.client.catch_up()
# The last that is registered is called first.
atexit.register(idle.close)
atexit.register(setattr, threading.Thread, "start", refuse)
print("leaving")
""",
            f"{scheme}://127.0.0.1:{port}",
        )
        out, err = program.communicate(timeout=15 * TIME_SCALE)

        assert (program.returncode, out) == (0, "leaving\n")
        assert "Traceback" not in err
        # gRPC servers do not remove the keys of a client that leaves.
        if scheme == "ws":
            eventually(lambda: server.copy_state() == {})


def test_an_embedded_server_closes_at_exit_without_a_new_thread() -> None:
    program = start_program(
        """
import atexit
from nanover_jupyter import NanoverServer

def refuse(_):
    raise RuntimeError("can't create new thread at interpreter shutdown")

server = NanoverServer()
connection = connect(f"127.0.0.1:{server.port}")
atexit.register(server.close)
atexit.register(connection.close)
atexit.register(setattr, threading.Thread, "start", refuse)
print("leaving")
""",
        "unused",
    )
    out, err = program.communicate(timeout=15 * TIME_SCALE)

    assert (program.returncode, out) == (0, "leaving\n")
    # gRPC itself may log that the connection was closed.
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("function", "call"),
    [
        ("run_command", 'run_command("wait")'),
        ("result", 'run_command_async("wait").result()'),
        ("wait_for", 'wait_for("never")'),
    ],
)
def test_an_interrupt_ends_a_blocking_call_at_once(url: str, function: str, call: str) -> None:
    program = start_program(
        f"""
from tests.support.interrupts import once_waiting_in

with connect(sys.argv[1]) as connection:
    try:
        with once_waiting_in("{function}", lambda: print("waiting")):
            connection.client.{call}
    except KeyboardInterrupt:
        print("interrupted")
""",
        url,
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "waiting\n"
    program.send_signal(signal.SIGINT)
    out, err = program.communicate(timeout=10 * TIME_SCALE)

    assert (out, program.returncode) == ("interrupted\n", 0), err


FORKED = """
import os, sys
from nanover_jupyter import DictionaryChange, NanoverWebSocketClient

client = NanoverWebSocketClient.from_url(sys.argv[1])
client.subscribe_all_state_updates()
client.attempt_update_state(DictionaryChange({"avatar.me": 1}))
client.wait_for("avatar.me")
child = os.fork()
if child == 0:
    sys.exit()
os.waitpid(child, 0)
# A goodbye of the child's would have been read by now: the server answers in order.
client.attempt_update_state(DictionaryChange({"avatar.me": 2}))
client.wait_for(lambda state: state["avatar.me"] == 2)
print(client.status.state, flush=True)
os._exit(0)
"""


def test_a_fork_leaves_the_websocket_of_its_parent_alone():
    with NanoverServer(websocket_port=0) as server:
        url = f"ws://127.0.0.1:{server.websocket_port}"
        said = subprocess.run(
            [sys.executable, "-c", FORKED, url],
            capture_output=True,
            text=True,
            timeout=60 * TIME_SCALE,
            check=False,
        )
    assert said.stdout == "connected\n", said.stderr
