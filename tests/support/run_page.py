"""Runs the cells that it reads from standard input, as JSON, in one IPython; stops at an error."""

from __future__ import annotations

import json
import sys

from IPython.core.async_helpers import get_asyncio_loop
from IPython.core.interactiveshell import InteractiveShell


def main() -> int:
    shell = InteractiveShell.instance()
    try:
        return run_cells(shell)
    finally:
        # IPython makes a loop for a cell that awaits, and leaves it open.
        get_asyncio_loop().close()


def run_cells(shell: InteractiveShell) -> int:
    for cell in json.load(sys.stdin):
        result = shell.run_cell(cell, store_history=True)
        if not result.success:
            sys.stderr.write(f"this failed:\n{cell}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
