"""The contents of the distributions, and their use on a machine without Node."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUNDLES = ("palette.js", "locks.js", "inspector.js", "control_room.js", "panel.css")

pytestmark = pytest.mark.timeout(600)

USE_EVERYTHING = """
import nanover_jupyter as nvj

with nvj.NanoverServer() as server:
    with nvj.NanoverClient.insecure_channel(address=server.address, port=server.port) as client:
        for kind in (nvj.CommandPalette, nvj.LockManager, nvj.StateInspector, nvj.ControlRoom):
            widget = kind(client)
            assert len(widget._esm) > 1000, kind
            widget.close()
print(nvj.__version__)
"""


def run(*command: str | Path, path: Path) -> str:
    """Run a command with an empty PATH, so that it cannot find Node."""
    result = subprocess.run(
        list(map(str, command)),
        cwd=path,
        env={**os.environ, "PATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def empty_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty directory."""
    return tmp_path_factory.mktemp("empty")


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory, empty_folder: Path) -> Path:
    """An sdist of this tree with its built frontend, and a wheel built from the sdist."""
    if not (ROOT / "nanover_jupyter" / "static" / "control_room.js").is_file():
        pytest.fail("the frontend is not built: run scripts/build")
    output = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", output, ROOT, path=empty_folder)
    return output


def test_wheel_contains_only_what_is_needed_at_run_time(distributions: Path) -> None:
    (wheel,) = distributions.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())

    assert {f"nanover_jupyter/static/{bundle}" for bundle in BUNDLES} <= names
    assert "nanover_jupyter/py.typed" in names
    assert "nanover_jupyter/wire/grpc/protocol/nanover.binpb" in names
    assert "nanover_jupyter/wire/grpc/protocol/state.proto" in names
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    own_files = {name for name in names if ".dist-info/" not in name}
    assert {name.split("/")[0] for name in own_files} == {"nanover_jupyter"}
    assert [name for name in names if name.endswith((".ts", ".map", ".pyc", ".ipynb"))] == []


def test_sdist_contains_the_source_and_the_built_frontend(distributions: Path) -> None:
    (sdist,) = distributions.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert {"js/package.json", "js/package-lock.json", "pyproject.toml", "LICENSE"} <= names
    assert {f"nanover_jupyter/static/{bundle}" for bundle in BUNDLES} <= names
    assert [name for name in names if "node_modules" in name] == []


def test_installed_wheel_works_without_node(distributions: Path, empty_folder: Path) -> None:
    (wheel,) = distributions.glob("*.whl")
    environment = distributions / "venv"
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", wheel, path=empty_folder)
    run(python, "-m", "pip", "check", path=empty_folder)

    version = run(python, "-W", "error", "-c", USE_EVERYTHING, path=empty_folder).strip()

    assert f"nanover_jupyter-{version}-" in wheel.name
