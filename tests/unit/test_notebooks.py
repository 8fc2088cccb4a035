"""Checks of the notebook files; scripts/notebooks runs them."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from tests.support.notebooks import NOTEBOOKS, ROOT, read

if TYPE_CHECKING:
    import nbformat

SKIPS = re.compile(r"^#.*NBVAL_(?:SKIP|IGNORE_OUTPUT)", re.MULTILINE)
PICTURES = re.compile(r"\((images/[^)]+)\)")
SANITIZE = ROOT / "notebooks" / "sanitize.cfg"


@pytest.fixture(name="nbformat")
def nbformat_fixture() -> ModuleType:
    """Import nbformat only when it is needed, because the import takes 1.5 s."""
    return importlib.import_module("nbformat")


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> nbformat.NotebookNode:
    return read(request.param)


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_is_valid_and_short(notebook: nbformat.NotebookNode, nbformat: ModuleType) -> None:
    nbformat.validate(notebook)

    assert len(notebook.cells) < 25


def test_stored_outputs_come_from_one_clean_run(notebook: nbformat.NotebookNode) -> None:
    cells = code_cells(notebook)
    # Cells with this tag demonstrate errors.
    quiet = [cell for cell in cells if "raises-exception" not in cell.metadata.get("tags", ())]

    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [cell.id for cell in quiet for out in cell.outputs if out.output_type == "error"]
    assert not [cell.id for cell in quiet for out in cell.outputs if out.get("name") == "stderr"]


def test_outputs_contain_no_local_paths(notebook: nbformat.NotebookNode) -> None:
    assert not re.search(r"/home/|/root/|/Users/|/tmp/|/work/", str(notebook))


def test_skipped_output_comparisons_have_a_reason(notebook: nbformat.NotebookNode) -> None:
    for cell in code_cells(notebook):
        for skip in SKIPS.findall(cell.source):
            assert " because " in cell.source, f"{skip} in cell {cell.id} needs a reason"


def test_pictures_exist(notebook: nbformat.NotebookNode) -> None:
    shown = [name for cell in notebook.cells for name in PICTURES.findall(cell.source)]

    assert [name for name in shown if not (ROOT / "notebooks" / name).is_file()] == []


def test_cells_that_the_jupyter_tests_use_exist() -> None:
    # Imported here because it imports Playwright.
    clicks = importlib.import_module("tests.jupyter.tutorial_clicks").CLICKS
    cells = {path.stem: {cell.id for cell in read(path).cells} for path in NOTEBOOKS}

    assert [stem for stem, ids in clicks.items() if not set(ids) <= cells[stem]] == []


def test_comparison_finds_each_different_output(tmp_path: Path, nbformat: ModuleType) -> None:
    changes = {
        "on the error stream": ("import sys; print('a warning', file=sys.stderr)", []),
        "that is new": ("1 + 1", []),
        "that differs": ("print('127.0.0.1:5 has other words')", ["127.0.0.1:6 has words\n"]),
        "that is the same": ("print('127.0.0.1:5 has words')", ["127.0.0.1:6 has words\n"]),
    }
    cells = []
    for number, (source, stored) in enumerate(changes.values(), 1):
        cells.append(nbformat.v4.new_code_cell(source, execution_count=number))
        cells[-1].outputs = [nbformat.v4.new_output("stream", text=text) for text in stored]
    path = tmp_path / "changed.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)

    result = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "nbval", "--nbval", "--nbval-current-env"),
            *("--nbval-sanitize-with", SANITIZE, "-c", ROOT / "pyproject.toml", "-v", path),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )

    assert result.returncode == 1, result.stdout
    outcomes = re.findall(r"::Cell \d+ (\w+)", result.stdout.partition("= FAILURES =")[0])
    assert dict(zip(changes, outcomes, strict=True)) == {
        "on the error stream": "FAILED",
        "that is new": "FAILED",
        "that differs": "FAILED",
        "that is the same": "PASSED",
    }
