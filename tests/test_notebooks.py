"""What holds for every notebook as a text; scripts/notebooks runs them."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))
SKIPS = re.compile(r"^#.*NBVAL_(?:SKIP|IGNORE_OUTPUT)", re.MULTILINE)


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> nbformat.NotebookNode:
    return nbformat.read(request.param, as_version=4)


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_is_valid_and_short(notebook: nbformat.NotebookNode) -> None:
    nbformat.validate(notebook)

    assert len(notebook.cells) < 25


def test_stored_outputs_are_those_of_one_clean_run(notebook: nbformat.NotebookNode) -> None:
    cells = code_cells(notebook)

    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [cell.id for cell in cells for out in cell.outputs if out.output_type == "error"]
    assert not [cell.id for cell in cells for out in cell.outputs if out.get("name") == "stderr"]


def test_outputs_name_no_machine(notebook: nbformat.NotebookNode) -> None:
    assert not re.search(r"/home/|/root/|/Users/|/tmp/", str(notebook))


def test_output_that_is_not_compared_has_a_reason(notebook: nbformat.NotebookNode) -> None:
    for cell in code_cells(notebook):
        for skip in SKIPS.findall(cell.source):
            assert " because " in cell.source, f"{skip} in cell {cell.id} needs a reason"
