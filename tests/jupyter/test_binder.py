"""Binder's files make an environment in which the first tutorial runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.jupyter.applications import Application
from tests.jupyter.conftest import NewPage
from tests.support.eventually import TIME_SCALE
from tests.support.notebooks import NOTEBOOKS, ROOT, read

pytestmark = [pytest.mark.binder, pytest.mark.timeout(900)]


def wanted(package: str) -> str:
    """The version of a conda package that environment.yml asks for."""
    listed = (ROOT / "binder" / "environment.yml").read_text()
    (version,) = re.findall(rf"^  - {package}=([\d.]+)$", listed, re.MULTILINE)
    return str(version)


def binders_python() -> str:
    """A Python of Binder's version, on the path or where pyenv keeps them."""
    version = wanted("python")
    pyenv = shutil.which("pyenv")
    versions = Path(pyenv).parents[1] if pyenv else Path.home() / ".pyenv"
    candidates = [
        shutil.which(f"python{version}"),
        *map(str, (versions / "versions").glob(f"{version}.*/bin/python")),
    ]
    for candidate in filter(None, candidates):
        # One of pyenv's stand-ins fails where its version is not switched on.
        if subprocess.run([candidate, "-c", ""], check=False, capture_output=True).returncode == 0:
            return candidate
    pytest.skip(f"Binder's Python {version} is not on this machine")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Binder gets: the files that are in Git, as they are now."""
    target = tmp_path_factory.mktemp("binder") / "repository"
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


@pytest.fixture(scope="module")
def environment(clone: Path) -> Path:
    """A virtual environment in the place of the one that conda makes, after postBuild."""
    target = clone.parent / "environment"
    subprocess.run([binders_python(), "-m", "venv", target], check=True)
    built = subprocess.run(
        [clone / "binder" / "postBuild"],
        cwd=clone,
        env={**os.environ, "PATH": f"{target / 'bin'}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return target


class Binder(Application):
    """JupyterLab as Binder starts it: through `start`, at an address below the hub's."""

    def __init__(self, home: Path, clone: Path, environment: Path) -> None:
        super().__init__(home)
        self.notebooks = clone / "notebooks"
        self.base = "/user/somebody/"
        self._clone, self._bin = clone, environment / "bin"
        self._environment |= {"PATH": f"{self._bin}:{os.environ['PATH']}"}

    def command(self, port: int) -> list[str]:
        """See `Application.command`."""
        return [
            *(str(self._clone / "binder" / "start"), str(self._bin / "jupyter-lab")),
            *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--allow-root"),
            *(f"--ServerApp.base_url={self.base}", "--IdentityProvider.token=secret"),
            *("--no-browser", f"--ServerApp.root_dir={self._clone}", "--expose-app-in-browser"),
        ]

    def page_address(self, name: str, *, fresh: bool) -> str:
        """Where the hub sends people when the server is up."""
        del name, fresh
        return f"{self.base}?token=secret"


@pytest.fixture
def binder(clone: Path, environment: Path, tmp_path: Path) -> Iterator[Binder]:
    server = Binder(tmp_path / "home", clone, environment)
    server.start()
    yield server
    server.close()


def test_binder_opens_the_first_tutorial_and_it_runs(binder: Binder, new_page: NewPage) -> None:
    page = new_page(binder)

    page.show()

    expect(page.page).to_have_title(re.compile(NOTEBOOKS[0].stem), timeout=60_000 * TIME_SCALE)
    for index, cell in enumerate(read(NOTEBOOKS[0]).cells):
        if cell.cell_type == "code":
            page.run_cell(index)
            if page.widgets_under(index):
                expect(page.widgets_under(index)[0]).to_be_visible()
                name = page.page.locator(".nvj-name").last
                expect(name).not_to_have_text("NanoVer")
