"""Checks of the documentation sources; scripts/docs builds them."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

import nanover_jupyter
from nanover_jupyter import DemoWorld, NanoverServer

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    page for page in DOCS.rglob("*.md") if "notebooks" not in page.relative_to(DOCS).parts
)
RUN = re.compile(r"^```i?python\n(.*?)^```", re.MULTILINE | re.DOTALL)
NOT_RUN = re.compile(r"^(.*)\n```\{code-block\}", re.MULTILINE)
PICTURES = re.compile(r"images/([\w-]+)\.png")


def imported(path: Path) -> ModuleType:
    """Import a Python file that is not part of a package."""
    loader = SourceFileLoader(path.stem, str(path))
    spec = importlib.util.spec_from_loader(path.stem, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def name_of(page: Path) -> str:
    return str(page.relative_to(DOCS))


def examples(page: Path) -> list[str]:
    return RUN.findall(page.read_text())


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Return the address of a demo world, which replaces the address in the examples."""
    with NanoverServer() as server, DemoWorld(server):
        yield f"{server.address}:{server.port}"


@pytest.fixture(scope="module")
def page_runner() -> Iterator[subprocess.Popen[str]]:
    """Start a process that forks a process for each page."""
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "tests.support.run_pages"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as runner:
        yield runner
        assert runner.stdin is not None
        runner.stdin.close()


@pytest.mark.parametrize("page", [page for page in PAGES if examples(page)], ids=name_of)
def test_examples_run_unchanged(
    page: Path, address: str, page_runner: subprocess.Popen[str], tmp_path: Path
) -> None:
    cells = [example.replace("localhost:38801", address) for example in examples(page)]
    (folder := tmp_path / "empty").mkdir()
    out, err = tmp_path / "stdout", tmp_path / "stderr"
    files = {"folder": str(folder), "stdout": str(out), "stderr": str(err)}

    print(json.dumps({"cells": cells, **files}), file=page_runner.stdin, flush=True)
    code = page_runner.stdout.readline().strip()

    assert code == "0", out.read_text() + err.read_text()
    assert err.read_text() == ""


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_examples_that_are_not_run_have_a_reason(page: Path) -> None:
    befores = NOT_RUN.findall(page.read_text())

    assert [line for line in befores if not line.startswith("% not run: ")] == []


def test_reference_has_every_public_name() -> None:
    reference = "".join(page.read_text() for page in (DOCS / "reference").glob("*.md"))
    documented = re.findall(
        r"^\.\. auto(?!module)\w+:: nanover_jupyter\.(\w+)(?:\(.*\))?$", reference, re.MULTILINE
    )

    assert sorted(documented) == sorted(nanover_jupyter.__all__)


def test_every_thread_of_the_client_side_is_documented() -> None:
    package = ROOT / "nanover_jupyter"
    # String literals with a thread name; nanover-jupyter is the name of the package.
    named = re.compile(r"""f?"(nanover-(?!jupyter)[a-z-]+[a-z])""")
    threads = {
        name
        for path in package.rglob("*.py")
        if "server" not in path.relative_to(package).parts
        for name in named.findall(path.read_text())
    }
    page = (DOCS / "background" / "architecture.md").read_text()

    assert len(threads) > 10
    assert {name for name in threads if f"`{name}" not in page} == set()


def test_pictures_exist_in_both_themes() -> None:
    shown = {name for page in PAGES for name in PICTURES.findall(page.read_text())}

    assert {name for name in shown if not (DOCS / "images" / f"{name}.png").is_file()} == set()
    names = {name.removesuffix("-light").removesuffix("-dark") for name in shown}
    assert shown == {f"{name}-{theme}" for name in names for theme in ("light", "dark")}


def test_link_check_finds_broken_links(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        '<a href="there.html#place">1</a><a href="there.html#else">2</a>'
        '<a href="gone/">3</a><img src="gone.png"><a href="https://example.org/gone">5</a>'
    )
    (tmp_path / "there.html").write_text('<p id="place"><a href="#place">up</a></p>')

    result = subprocess.run(
        [sys.executable, ROOT / "scripts" / "check_links", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 1
    assert result.stdout.splitlines() == [
        "index.html: gone.png",
        "index.html: gone/",
        "index.html: there.html#else",
        "2 pages, 3 broken links",
    ]


def test_indented_blocks_of_docstrings_become_examples() -> None:
    pytest.importorskip("sphinx", reason="Sphinx is not installed")
    docstrings = imported(DOCS / "_extensions" / "docstrings.py")

    marked = docstrings.mark_examples(
        [
            "So:",
            "",
            "    a = 1",
            "",
            "    b = 2",
            "",
            "Args:",
            "    c: No example.",
            "",
            "    More.",
        ]
    )

    assert [line for line in marked if "code-block" in line] == [".. code-block:: python"]
    assert marked[2:5] == [".. code-block:: python", "", "    a = 1"]
