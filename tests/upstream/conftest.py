"""NanoVer's own server from PyPI, in separate processes.

`scripts/real_server --prepare` creates its environment. Without it, these tests are skipped.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.eventually import eventually
from tests.support.own_threads import require_no_own_threads

ROOT = Path(__file__).resolve().parents[2]
HOME = Path(os.environ.get("NANOVER_SERVER_HOME", ROOT / ".cache" / "nanover-server"))
NAMES = ["chain", "other-chain"]


@pytest.fixture(scope="session")
def home() -> Path:
    """The Python environment of NanoVer's server."""
    if not (HOME / "bin" / "nanover-server").is_file():
        pytest.skip(f"no NanoVer server in {HOME}; run scripts/real_server --prepare")
    return HOME


@pytest.fixture(scope="session")
def simulations(home: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("simulations")
    first, *others = [folder / f"{name}.xml" for name in NAMES]
    script = Path(__file__).with_name("make_simulation.py")
    subprocess.run([home / "bin" / "python", script, first], check=True, timeout=100)
    for other in others:
        other.write_bytes(first.read_bytes())
    return [first, *others]


class RealServer:
    """A process that serves two simulations.

    Its first start chooses the port, and later starts use the same one.
    """

    def __init__(self, home: Path, simulations: list[Path], log: Path) -> None:
        self.port = 0
        self.name = f"tests of {log.parent.name}"
        self._log = log
        self._command = [home / "bin" / "nanover-server", "--omm", *simulations, "-n", self.name]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str | Path) -> None:
        """Start the server and wait until it prints its address."""
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*self._command, "-p", str(self.port), *options],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        self.port = eventually(self._printed_port, seconds=60, every=0.1)

    def kill(self) -> None:
        """Kill the process."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def output(self) -> str:
        """Return the output since the last start."""
        return self._log.read_text()

    def _printed_port(self) -> int | None:
        assert self._process is not None
        assert self._process.poll() is None, self.output()
        # The first address in its list is that of the -p option.
        found = re.search(r'^Serving ".*" \(wss?://localhost:(\d+)', self.output(), re.MULTILINE)
        return int(found[1]) if found else None


@pytest.fixture
def make_server(
    home: Path, simulations: list[Path], tmp_path: Path
) -> Iterator[Callable[..., RealServer]]:
    servers: list[RealServer] = []

    def make(*options: str | Path) -> RealServer:
        servers.append(RealServer(home, simulations, tmp_path / f"server-{len(servers)}.log"))
        servers[-1].start(*options)
        return servers[-1]

    yield make
    for server in servers:
        server.kill()


@pytest.fixture(scope="module")
def server(
    home: Path, simulations: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealServer]:
    """A shared server, for tests that do not change its state permanently."""
    server = RealServer(home, simulations, tmp_path_factory.mktemp("server") / "log")
    server.start()
    yield server
    server.kill()


@pytest.fixture(autouse=True)
def no_thread_stays() -> Iterator[None]:
    yield
    require_no_own_threads()
