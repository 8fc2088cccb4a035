"""The README keeps its promises: its code runs, its commands and its picture exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from nanover_jupyter.wire import grpc_codec, websocket_codec

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_example_has_eight_lines_and_runs_as_it_stands() -> None:
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


def test_what_it_links_to_is_there() -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)

    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_continuous_integration_runs_the_readmes_test_command() -> None:
    assert re.search(r"^make test$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)


# What each capability means to somebody who reads the README.
MEANINGS = {
    "locks": "locks on keys",
    "acknowledged_updates": "updates are acknowledged, or refused",
    "integers": "integers stay integers",
    "null_values": "null is a value",
    "command_labels": "commands have labels and icons",
    "client_commands": "clients offer commands, also notebooks (`register_command`)",
}


def capability_table() -> str:
    kinds = [websocket_codec.CAPABILITIES, grpc_codec.CAPABILITIES]
    rows = [["", *(kind.transport for kind in kinds)], ["---"] * (len(kinds) + 1)]
    for name, meaning in MEANINGS.items():
        rows.append([meaning, *("yes" if getattr(kind, name) else "no" for kind in kinds)])
    return "".join("| " + " | ".join(row).lstrip() + " |\n" for row in rows)


def test_what_servers_can_do_is_what_the_capabilities_say() -> None:
    names = set(grpc_codec.CAPABILITIES.__slots__) - {"transport"}

    assert set(MEANINGS) == names
    assert capability_table() in README, f"put this into the README:\n{capability_table()}"
