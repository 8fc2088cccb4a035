"""%nanover in a real IPython shell: loading, unloading, and what goes wrong."""

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
from nanover_jupyter.magics.line.grammar import SUBCOMMANDS
from nanover_jupyter.magics.magics import HANDLERS
from tests.support.eventually import eventually
from tests.support.interrupts import interrupt_main_thread, once_waiting_in
from tests.unit.magics.conftest import Shell


def test_every_subcommand_of_the_grammar_is_carried_out_and_nothing_else() -> None:
    assert list(HANDLERS) == list(SUBCOMMANDS)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("conect", "there is no %nanover conect; did you mean %nanover connect?"),
        ("help conect", "there is no %nanover conect; did you mean %nanover connect?"),
        ("panel", "could not connect to a server: there is no connection yet (%nanover connect)"),
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
def test_what_goes_wrong_is_one_line(shell: Shell, line: str, said: str) -> None:
    cell = shell.run(f"%nanover {line}")

    assert cell.errors.strip() == f"UsageError: {said}"
    assert "Traceback" not in cell.printed + cell.errors


def test_unloading_closes_everything_and_takes_the_magic_away(shell: Shell) -> None:
    shell.run("%nanover connect --quiet -o client")
    shell.run("%unload_ext nanover_jupyter")

    assert shell.value("client").status.state == "closed"
    assert "not found" in shell.run("%nanover status").errors
    shell.run("%load_ext nanover_jupyter")
    assert shell.run("%nanover status").text == "Not connected. %nanover connect begins."


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_every_subcommand_is_quiet_when_it_is_told_to_be(shell: Shell, name: str) -> None:
    shell.run("%nanover connect --quiet -o client")
    words = {
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

    cell = shell.run(f"%nanover {name} {words.get(name, '')} --quiet --timeout {seconds}")

    assert cell.error is None
    assert cell.shown == []
    assert cell.printed.strip() in {"", repr(cell.value)} or name in {"get", "run"}


def test_braces_and_dollars_reach_the_server_as_they_are(shell: Shell) -> None:
    shell.run("%nanover connect --quiet")
    shell.run('%nanover set test.value {"a": [1, 2]}')
    shell.run("%nanover set test.text '{1 + 1} $HOME'")

    assert shell.run("%nanover get test.value").value == {"a": [1, 2]}
    assert shell.run("%nanover get test.text").value == "{1 + 1} $HOME"


def test_an_interrupt_is_one_line_and_leaves_everything_as_it_was(shell: Shell) -> None:
    over = threading.Event()
    with NanoverServer() as server:
        server.register_command("user/wait", lambda: over.wait(20) and {})
        shell.run(f"%nanover connect 127.0.0.1:{server.port} --quiet")

        with once_waiting_in("result", interrupt_main_thread):
            cell = shell.run("%nanover run user/wait --timeout 15")
        over.set()

        assert isinstance(cell.error, KeyboardInterrupt)
        assert cell.printed.strip() == (
            "Interrupted: what was asked of the server may be carried out all the same"
        )
        assert shell.run("%nanover status").text.startswith("Connected to")
        client = shell.magics.desk.sessions.current.client
        assert client.command_timeout == 600


@pytest.mark.parametrize(
    ("line", "waits_in"),
    [
        ("lock scene --wait 20", "pause"),
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
        threads = {thread.name for thread in threading.enumerate()}
        line = line.format(silent=f"grpc://127.0.0.1:{silent.getsockname()[1]} --timeout 20")
        begun = time.monotonic()

        with once_waiting_in(waits_in, interrupt_main_thread):
            cell = shell.run(f"%nanover {line}")

        assert isinstance(cell.error, KeyboardInterrupt)
        assert len(cell.printed.strip().splitlines()) == 1
        assert time.monotonic() - begun < 10
        assert shell.run("%nanover status").text.startswith("Connected to lab")
        eventually(
            lambda: {t.name for t in threading.enumerate() if "nanover" in t.name} <= threads
        )


def test_loading_twice_and_unloading_leaves_nothing_of_it(shell: Shell) -> None:
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
    """Whatever an extension could leave behind in a shell and its process."""
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
    # A plain IPython has none to import.

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


def test_a_plain_ipython_without_a_kernel_does_it_all_and_ends(tmp_path: Path) -> None:
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
    for said in (
        "Connected to an empty server at grpc://127.0.0.1:",
        "Set greeting, which is a new key.",
        "'hello'",
        '  greeting  "hello"',
        "No lock was taken here.",
        "Connected to lab (grpc://",
        "Nothing changed in",
        "['greeting']",
    ):
        assert said in done.stdout
    assert "did you mean 'greeting'?" in done.stdout + done.stderr


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
def test_no_password_that_was_typed_is_repeated(shell: Shell, line: str) -> None:
    shell.ip.user_ns["url"] = "ws://anna:hunter2@host"

    cell = shell.run(f"%nanover {line}")

    assert cell.errors
    assert "hunter2" not in f"{cell.errors}{cell.printed}{cell.text}{cell.error!r}"
