"""The tutorials, and which of them need what not every machine has."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

__all__ = ["NOTEBOOKS", "REAL_KERNELS", "ROOT", "kernels_for", "read"]

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# Made by `scripts/real_server --kernel`.
REAL_KERNELS = ROOT / "build" / "nanover-kernel"


def read(path: Path) -> nbformat.NotebookNode:
    """A notebook as it is stored."""
    return nbformat.read(path, as_version=4)


def kernels_for(path: Path) -> Path | None:
    """Where the kernel for a notebook is, None for the usual one; skips where there is none."""
    if read(path).metadata.get("nanover_jupyter", {}).get("needs") != "nanover-server":
        return None
    if not REAL_KERNELS.is_dir():
        pytest.skip("needs NanoVer's own server: scripts/real_server --kernel installs it")
    return REAL_KERNELS
