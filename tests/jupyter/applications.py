"""JupyterLab, Notebook 7 and Voila for the tests, each with its own home directory.

The directories are temporary, so that settings and workspaces of the user do not affect tests.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Self

from tests.support.eventually import eventually

__all__ = ["Application", "Lab", "Notebook7", "Voila"]

# Below the ephemeral ports. An application that finds its port in use selects another one,
# and reports it.
_PORTS = range(20_000, 30_000)
_STARTS = 3


class Application:
    """A Jupyter application on a port that it selects, with default settings.

    Args:
        home: An empty directory for all that it reads and writes.
        kernels: Folders of further kernels, by the names that notebooks know them by.
    """

    # What its pages log as errors without anything of ours on them. JupyterLab asks for
    # things that a new machine does not have, and its debugger a kernel that ends meanwhile.
    own_errors = re.compile(
        r"/lab/api/workspaces/|/api/contents/.*\b404\b|favicon|Could not restore the debugger state"
    )

    def __init__(self, home: Path, *, kernels: dict[str, Path] | None = None) -> None:
        self.home = home
        self.notebooks = home / "notebooks"
        self.notebooks.mkdir(parents=True)
        self.log = home / "log"
        self.port = 0
        for name, folder in (kernels or {}).items():
            shutil.copytree(folder, home / "data" / "kernels" / name)
        _answer_questions(home / "settings")
        self._environment = _environment(home)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Start it and wait until it answers.

        Raises:
            RuntimeError: It ended instead.
        """
        for _ in range(_STARTS):
            with self.log.open("wb") as log:
                self._process = subprocess.Popen(
                    self.command(random.choice(_PORTS)),
                    env=self._environment,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            process = self._process
            eventually(lambda process=process: self._finds_port() or process.poll(), seconds=60)
            if process.poll() is None:
                return self
        raise RuntimeError(f"it ended:\n{self.log.read_text()}")

    def close(self) -> None:
        """Stop it and its kernels."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def command(self, port: int) -> list[str]:
        """Return the command that listens at `port`, or at a free port."""
        raise NotImplementedError

    def page_address(self, name: str, *, fresh: bool) -> str:
        """Return the address of the notebook NAME.ipynb."""
        raise NotImplementedError

    def listening_port(self) -> int | None:
        """Return the reported port once it listens."""
        # Written when the server listens.
        for file in (self.home / "runtime").glob("jpserver-*.json"):
            if text := file.read_text():
                return int(json.loads(text)["port"])
        return None

    def _finds_port(self) -> bool:
        self.port = self.listening_port() or 0
        return self.port != 0

    def _serving(self, application: str, port: int) -> list[str]:
        """Return the options to serve one user without a password."""
        return [
            *(sys.executable, "-m", application, "--no-browser", "--allow-root"),
            *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"),
            f"--ServerApp.root_dir={self.notebooks}",
            *("--IdentityProvider.token=", "--ServerApp.password="),
            *("--ServerApp.disable_check_xsrf=True", "--expose-app-in-browser"),
            "--LabApp.news_url=None",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ]


class Lab(Application):
    """JupyterLab."""

    def command(self, port: int) -> list[str]:
        """See `Application.command`."""
        return self._serving("jupyterlab", port)

    def page_address(self, name: str, *, fresh: bool) -> str:
        """Return an address with a new workspace, which does not restore tabs."""
        return f"/lab/workspaces/{name}/tree/{name}.ipynb{'?reset' if fresh else ''}"


class Notebook7(Application):
    """Jupyter Notebook, which is made of the same parts."""

    own_errors = re.compile(
        rf"{Application.own_errors.pattern}|properties of undefined \(reading 'schema'\)"
    )

    def command(self, port: int) -> list[str]:
        """See `Application.command`."""
        return self._serving("notebook", port)

    def page_address(self, name: str, *, fresh: bool) -> str:
        """See `Application.page_address`."""
        del fresh
        return f"/notebooks/{name}.ipynb"


class Voila(Application):
    """Voila, which runs a notebook and shows its outputs."""

    # Its template fetches icons and formulas from the network.
    own_errors = re.compile(r"ERR_NAME_NOT_RESOLVED|favicon")

    def command(self, port: int) -> list[str]:
        """See `Application.command`."""
        return [
            *(sys.executable, "-m", "voila", str(self.notebooks), "--no-browser"),
            *(f"--port={port}", "--Voila.ip=127.0.0.1", "--show_tracebacks=True"),
            # Voila loads every extension that is installed, and Notebook 7's asks for a part of
            # JupyterLab, docregistry, that Voila does not have: an error on every page.
            "--VoilaConfiguration.extension_denylist=@jupyter-notebook/lab-extension",
        ]

    def page_address(self, name: str, *, fresh: bool) -> str:
        """See `Application.page_address`."""
        del fresh
        return f"/voila/render/{name}.ipynb"

    def listening_port(self) -> int | None:
        """See `Application.listening_port`; Voila writes no file, but prints its address."""
        found = re.search(r"http://127\.0\.0\.1:(\d+)", self.log.read_text())
        return int(found[1]) if found else None


def _answer_questions(settings: Path) -> None:
    """Write the settings that a user would choose once."""
    answers: dict[str, dict[str, object]] = {
        "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
        # Otherwise a notebook may be saved at any time.
        "docmanager-extension/plugin": {"autosave": False},
        # Otherwise completions of a busy kernel are dropped after a second.
        "completer-extension/manager": {"providerTimeout": 60_000},
    }
    for name, answer in answers.items():
        file = settings / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(answer))


def _environment(home: Path) -> dict[str, str]:
    places = {
        "HOME": home,
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
        "IPYTHONDIR": home / "ipython",
    }
    return {**os.environ, **{name: str(place) for name, place in places.items()}}
