"""%nanover in a real IPython shell: loading, unloading, and errors."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from nanover_jupyter import NanoverServer
from nanover_jupyter.magics.line.subcommands import SUBCOMMANDS
from nanover_jupyter.magics.magics import handler_of
from tests.support.eventually import eventually
from tests.support.frame_source import FrameSource
from tests.support.interrupts import interrupt_main_thread, once_waiting_in
from tests.unit.magics.conftest import Shell


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_every_subcommand_has_a_handler(name: str) -> None:
    assert handler_of(SUBCOMMANDS[name]).__name__.removesuffix("_") == name


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("conect", "Unknown subcommand 'conect'. Did you mean 'connect'?"),
        ("help conect", "Unknown subcommand 'conect'. Did you mean 'connect'?"),
        ("panel", "Not connected. Run %nanover connect."),
        (
            "connect 'not an address'",
            (
                "'not an address' is not a server address: a host name cannot contain spaces "
                "(write HOST, HOST:PORT, ws://HOST:PORT or grpc://HOST:PORT)"
            ),
        ),
        (
            "connect 127.0.0.1:9",
            (
                "could not connect to grpc://127.0.0.1:9: connection refused "
                "(is the server running, and is the port correct?)"
            ),
        ),
    ],
)
def test_an_error_is_one_line(shell: Shell, line: str, message: str) -> None:
    cell = shell.run(f"%nanover {line}")

    assert cell.errors.strip() == f"UsageError: {message}"
    assert "Traceback" not in cell.printed + cell.errors


def test_unloading_closes_everything_and_removes_the_magic(shell: Shell) -> None:
    shell.run("%nanover connect --quiet -o client")
    shell.run("%unload_ext nanover_jupyter")

    assert shell.value("client").status.state == "closed"
    assert "not found" in shell.run("%nanover status").errors
    shell.run("%load_ext nanover_jupyter")
    assert shell.run("%nanover status").text == "Not connected. Run %nanover connect."


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_every_subcommand_can_be_quiet(shell: Shell, name: str) -> None:
    shell.run("%nanover connect --quiet -o client")
    FrameSource(shell.value("client")).start()
    arguments = {
        "use": "demo",
        "run": "playback/step",
        "get": "scene",
        "set": "scene 1",
        "unset": "scene",
        "update": "a=1",
        "watch": "scene",
        "lock": "scene",
        "servers": "--port 0",
    }
    # Listening for servers always takes this long.
    seconds = 0.01 if name == "servers" else 5

    cell = shell.run(f"%nanover {name} {arguments.get(name, '')} --quiet --timeout {seconds}")

    assert cell.error is None
    assert cell.shown == []
    assert cell.printed.strip() in {"", repr(cell.value)} or name in {"get", "run"}


def test_braces_and_dollars_are_sent_unchanged(shell: Shell) -> None:
    shell.run("%nanover connect --quiet")
    shell.run('%nanover set test.value {"a": [1, 2]}')
    shell.run("%nanover set test.text '{1 + 1} $HOME'")

    assert shell.run("%nanover get test.value").value == {"a": [1, 2]}
    assert shell.run("%nanover get test.text").value == "{1 + 1} $HOME"


def test_an_interrupt_is_one_line_and_keeps_the_connection(shell: Shell) -> None:
    over = threading.Event()
    with NanoverServer() as server:
        server.register_command("user/wait", lambda: over.wait(20) and {})
        shell.run(f"%nanover connect 127.0.0.1:{server.port} --quiet")

        with once_waiting_in("result", interrupt_main_thread):
            cell = shell.run("%nanover run user/wait --timeout 15")
        over.set()

        assert isinstance(cell.error, KeyboardInterrupt)
        assert cell.printed.strip() == ("Interrupted: the server may still complete the request")
        assert shell.run("%nanover status").text.startswith("Connected to")


@pytest.mark.parametrize(
    ("line", "waits_in"),
    [
        ("lock scene --wait 20", "wait_until_free"),
        ("servers --timeout 20 --port 0", "discover"),
        ("connect {silent}", "probe"),
    ],
)
def test_waiting_ends_at_once_when_it_is_interrupted(
    shell: Shell, line: str, waits_in: str
) -> None:
    with NanoverServer() as server, socket.create_server(("127.0.0.1", 0)) as silent:
        server.update_locks("other", acquire={"scene": 60})
        shell.run(f"%nanover connect 127.0.0.1:{server.port} --name lab --quiet")
        # Waiting for a lock is published, and widgets of earlier cells start threads when needed.
        threads = {thread.name for thread in threading.enumerate()}
        threads |= {"nanover-leases", "nanover-changes", "nanover-publisher", "nanover-traits"}
        line = line.format(silent=f"grpc://127.0.0.1:{silent.getsockname()[1]} --timeout 20")
        start = time.monotonic()

        with once_waiting_in(waits_in, interrupt_main_thread):
            cell = shell.run(f"%nanover {line}")

        assert isinstance(cell.error, KeyboardInterrupt)
        assert len(cell.printed.strip().splitlines()) == 1
        assert time.monotonic() - start < 10
        assert shell.run("%nanover status").text.startswith("Connected to lab")
        eventually(
            lambda: {t.name for t in threading.enumerate() if "nanover" in t.name} <= threads
        )


def test_unloading_after_loading_twice_leaves_nothing(shell: Shell) -> None:
    shell.run("%unload_ext nanover_jupyter")
    before = traces(shell)
    shell.run("%load_ext nanover_jupyter")
    shell.run("%reload_ext nanover_jupyter")
    shell.run("%nanover connect --quiet")
    assert traces(shell) != before
    shell.run("%unload_ext nanover_jupyter")

    assert traces(shell) == before
    shell.run("%load_ext nanover_jupyter")


def traces(shell: Shell) -> object:
    """Return everything that the extension could leave behind in a shell and its process."""
    manager = shell.ip.magics_manager
    return (
        {kind: "nanover" in magics for kind, magics in manager.magics.items()},
        "NanoverMagics" in manager.registry,
        list(shell.ip.Completer.custom_matchers),
        sorted(t.name for t in threading.enumerate() if t.name.startswith("nanover")),
        {name: list(map(str, calls)) for name, calls in shell.ip.events.callbacks.items()},
    )


PLAIN = """
import sys

class NoKernel:
    # A plain IPython has no ipykernel.

    def find_spec(self, name, *_):
        if name.partition(".")[0] == "ipykernel":
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, NoKernel())
from IPython.terminal.interactiveshell import TerminalInteractiveShell
from traitlets.config import Config

quiet = Config({"HistoryManager": {"enabled": False}})
shell = TerminalInteractiveShell.instance(config=quiet, simple_prompt=True, colors="nocolor")
for line in (
    "%load_ext nanover_jupyter",
    "%nanover serve --empty",
    "%nanover connect --name lab",
    "%nanover set greeting hello",
    "%nanover get greeting",
    "%nanover state",
    "%nanover locks",
    "%nanover panel",
    "%nanover watch gree* --for 0.1",
    "%nanover get greetin",
):
    shell.run_cell(line)
print(shell.complete("greet", "%nanover get greet", 18)[1])
"""


def test_everything_works_in_ipython_without_a_kernel(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PLAIN],
        env={**os.environ, "IPYTHONDIR": str(tmp_path), "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    for message in (
        "Connected to an empty server at grpc://127.0.0.1:",
        "Set greeting, which is a new key.",
        "'hello'",
        '  greeting  "hello"',
        "No locks. Run",
        "Connected to lab (grpc://",
        "Nothing changed in",
        "['greeting']",
    ):
        assert message in done.stdout
    assert "Did you mean 'greeting'?" in done.stdout + done.stderr


@pytest.mark.parametrize(
    "line",
    [
        "connect ws://anna:hunter2@127.0.0.1:9",
        "connect anna:hunter2@127.0.0.1:9",
        "connect http://anna:hunter2@127.0.0.1",
        "connect ws://anna:hunter2/x@127.0.0.1",
        "connect localhost ws://anna:hunter2@host",
        "connect --timeout ws://anna:hunter2@host",
        "connect 'ws://anna:hunter2@host",
        "use ws://anna:hunter2@host",
        "get x --name anna:hunter2@host",
        "ws://anna:hunter2@host",
        "connect $url",
        "connect wss://host?token=hunter2",
    ],
)
def test_a_typed_password_is_never_repeated(shell: Shell, line: str) -> None:
    shell.ip.user_ns["url"] = "ws://anna:hunter2@host"

    cell = shell.run(f"%nanover {line}")

    assert cell.errors
    assert "hunter2" not in f"{cell.errors}{cell.printed}{cell.text}{cell.error!r}"
