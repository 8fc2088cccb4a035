"""Python processes of their own: they can be interrupted, and leave when they want to."""

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
from tests.support.eventually import TIME_SCALE

ROOT = Path(__file__).resolve().parents[2]
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


@pytest.fixture
def started() -> threading.Event:
    """Set when the command `wait` runs."""
    return threading.Event()


@pytest.fixture(params=["grpc", "ws"])
def url(
    request: pytest.FixtureRequest, started: threading.Event, forever: threading.Event
) -> Iterator[str]:
    """The address of a server that has a state and a command that waits."""

    def wait() -> None:
        started.set()
        forever.wait(60)

    with NanoverServer(websocket_port=0) as server:
        server.update_state("server", DictionaryChange({"a": 1}))
        server.register_command("wait", wait)
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


def test_an_interpreter_may_leave_without_closing_anything(url: str) -> None:
    program = start_program(
        """
def run():
    with suppress(NanoverJupyterError):
        connection.client.run_command("wait")

connection, other = connect(sys.argv[1]), connect(sys.argv[1])
connection.client.on_change(print)
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


@pytest.mark.parametrize(
    "call",
    [
        'connection.client.run_command("wait")',
        'connection.client.run_command_async("wait").result()',
        'connection.client.wait_for(lambda _: connection.client.run_command_async("wait") and 0)',
    ],
    ids=["run", "future", "wait_for"],
)
def test_an_interrupt_ends_a_blocking_call_at_once(
    url: str, started: threading.Event, call: str
) -> None:
    program = start_program(
        f"""
with connect(sys.argv[1]) as connection:
    try:
        {call}
    except KeyboardInterrupt:
        print("interrupted")
""",
        url,
    )
    assert started.wait(15 * TIME_SCALE)
    program.send_signal(signal.SIGINT)
    out, err = program.communicate(timeout=10 * TIME_SCALE)

    assert (out, program.returncode) == ("interrupted\n", 0), err


FORKED = """
import os, sys, time
from nanover_jupyter import DictionaryChange, NanoverWebSocketClient

client = NanoverWebSocketClient.from_url(sys.argv[1])
client.subscribe_all_state_updates()
client.attempt_update_state(DictionaryChange({"avatar.me": 1}))
client.wait_for("avatar.me")
child = os.fork()
if child == 0:
    sys.exit()
os.waitpid(child, 0)
time.sleep(0.5)  # for a goodbye to have an effect
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
