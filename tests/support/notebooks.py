"""The tutorials, and which of them need what not every machine has."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import nbformat

__all__ = ["NOTEBOOKS", "REAL_KERNEL", "ROOT", "kernel_for", "read"]

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# Made by `scripts/real_server --kernel`.
REAL_KERNEL = ROOT / "build" / "nanover-kernel" / "kernels" / "nanover-server"


def read(path: Path) -> nbformat.NotebookNode:
    """A notebook as it is stored."""
    import nbformat  # noqa: PLC0415 - takes a second and a half

    return nbformat.read(path, as_version=4)


def kernel_for(path: Path) -> str:
    """The name of the kernel that a notebook needs; skips the test where there is none."""
    if read(path).metadata.get("nanover_jupyter", {}).get("needs") != "nanover-server":
        return "python3"
    if not REAL_KERNEL.is_dir():
        pytest.skip("needs NanoVer's own server: scripts/real_server --kernel installs it")
    return REAL_KERNEL.name
