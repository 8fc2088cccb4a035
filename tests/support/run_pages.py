"""Run the examples of pages, each page in a forked process, which saves the imports.

Reads one page per line from standard input, as JSON: its cells, the folder to run them in,
and the files for their output. Prints the exit code of the process of each page. A page
stops at its first error.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from IPython.core.async_helpers import get_asyncio_loop
from IPython.core.interactiveshell import InteractiveShell

from nanover_jupyter.client import discovery
from nanover_jupyter.magics.commands import connections, servers
from nanover_jupyter.server import announcer
from nanover_jupyter.widgets import StateInspector

__all__ = ["StateInspector"]  # imported for the pages


def main() -> int:
    shorten_discovery()
    for line in sys.stdin:
        page = json.loads(line)
        child = os.fork()
        if child == 0:
            return run(page)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()
    return 0


def shorten_discovery() -> None:
    """Announce servers continuously and listen briefly, also if an example asks for longer."""
    discover = discovery.discover

    def discover_soon(
        timeout: float = 0.15, *, port: int = discovery.DISCOVERY_PORT
    ) -> discovery.DiscoveryResult:
        return discover(min(timeout, 0.15), port=port)

    discovery.discover = connections.discover = servers.discover = discover_soon
    announcer._INTERVAL = 0.01


def run(page: dict[str, Any]) -> int:
    """Run a page in its forked process, and return its exit code."""
    os.chdir(page["folder"])
    for number, path in enumerate((os.devnull, page["stdout"], page["stderr"])):
        opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    shell = InteractiveShell.instance()
    try:
        return run_cells(shell, page["cells"])
    finally:
        # IPython makes a loop for a cell that awaits, and leaves it open.
        get_asyncio_loop().close()


def run_cells(shell: InteractiveShell, cells: list[str]) -> int:
    for cell in cells:
        result = shell.run_cell(cell, store_history=True)
        if not result.success:
            sys.stderr.write(f"this failed:\n{cell}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
