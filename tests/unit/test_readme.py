"""Checks of the README: its code runs, its commands and its pictures exist."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_example_has_eight_lines_and_runs_unchanged() -> None:
    (example,) = blocks("python")

    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", example + "\nworld.close(); connection.close()"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert len([line for line in example.splitlines() if line.strip()]) == 8
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""


def test_commands_are_targets_of_the_makefile() -> None:
    commands = re.findall(r"^make (\w+)", "\n".join(blocks("console")), re.MULTILINE)
    makefile = (ROOT / "Makefile").read_text()

    assert commands == ["demo", "test"]
    for command in commands:
        assert re.search(rf"^(?:\w+ )*{command}(?: \w+)*:", makefile, re.MULTILINE)
        assert (ROOT / "scripts" / command).is_file()


def test_link_targets_exist() -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)

    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_continuous_integration_runs_the_readmes_test_command() -> None:
    assert re.search(r"^make test$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)


def test_capability_table_is_up_to_date() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "capability_table"))

    assert script["shown"](README) == script["table"](), (
        "update it: .venv/bin/python scripts/capability_table --write"
    )
