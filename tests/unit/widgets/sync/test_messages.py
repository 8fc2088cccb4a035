"""The messages of kernel and page, tested with the same examples in both test suites."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from nanover_jupyter import ControlRoom, NanoverServer
from nanover_jupyter.widgets.inspector import messages as inspector_messages
from nanover_jupyter.widgets.locks import messages as lock_messages
from nanover_jupyter.widgets.molecule import messages as molecule_messages
from nanover_jupyter.widgets.palette import messages as palette_messages
from nanover_jupyter.widgets.simulation import messages as simulation_messages
from nanover_jupyter.widgets.sync import messages
from tests.support.eventually import eventually
from tests.support.typed import misfit
from tests.unit.widgets.test_panel import OpenPage

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures" / "messages"
EXAMPLES: list[dict[str, Any]] = [
    example for path in sorted(FIXTURES.glob("*.json")) for example in json.loads(path.read_text())
]

MODULES = (
    messages,
    inspector_messages,
    palette_messages,
    lock_messages,
    simulation_messages,
    molecule_messages,
)
BODIES: dict[str, Any] = {op: body for module in MODULES for op, body in module.BODIES.items()}


def named(example: dict[str, Any]) -> str:
    return f"{example['envelope'].get('op')}: {example['name']}"


def chosen(direction: str, *, valid: bool) -> list[dict[str, Any]]:
    return [e for e in EXAMPLES if e["direction"] == direction and e["valid"] == valid]


def test_message_names_are_unique() -> None:
    assert len(BODIES) == sum(len(module.BODIES) for module in MODULES)


def test_every_kind_of_message_has_examples() -> None:
    assert set(BODIES) == {e["envelope"].get("op") for e in EXAMPLES if e["valid"]}


@pytest.mark.parametrize(
    "example", chosen("kernel", valid=True) + chosen("page", valid=True), ids=named
)
def test_valid_examples_match_the_types(example: dict[str, Any]) -> None:
    envelope = example["envelope"]

    assert misfit(envelope, messages.Envelope, "envelope") is None
    assert misfit(envelope["body"], BODIES[envelope["op"]]) is None


@pytest.mark.parametrize(
    "example", [e for e in chosen("page", valid=True) if "id" in e["envelope"]], ids=named
)
def test_valid_requests_are_handled(open_page: OpenPage, example: dict[str, Any]) -> None:
    page = open_page(ControlRoom)
    envelope = {**example["envelope"], "client": page.client, "id": 1_000}
    page.raw(envelope)

    reply = eventually(lambda: page.reply(1_000))

    if not reply["ok"]:
        assert reply["error"]["kind"] in {"CommandFailed", "BadRequest", "LeaseLost"}
        assert "field" not in reply["error"]["message"]


@pytest.mark.parametrize(
    "example", [e for e in chosen("page", valid=False) if "id" in e["envelope"]], ids=named
)
def test_malformed_requests_are_answered_with_an_error(
    open_page: OpenPage, example: dict[str, Any]
) -> None:
    page = open_page(ControlRoom)
    envelope = {**example["envelope"], "client": page.client}
    if not isinstance(envelope["id"], int):
        page.raw(envelope)
    else:
        page.raw({**envelope, "id": 1_000})
        reply = eventually(lambda: page.reply(1_000))
        assert reply["error"]["kind"] == "BadRequest"

    assert page.ask("value", key="title")["ok"]


def test_messages_of_the_kernel_match_the_types(
    open_page: OpenPage, server: NanoverServer, fast_effects: None
) -> None:
    server.register_command("user/fail", lambda: 1 / 0)
    page = open_page(ControlRoom)
    take = {"seconds": 5, "auto_renew": True, "max_hold": None, "wait": 0, "note": ""}
    page.ask("lock", keys=["scene"], **take)
    page.panel.connection.client.attempt_update_locks({"title": math.inf})
    page.ask("watch", keys=["scene", "theirs"])
    page.ask("set_name", name="Anna")
    page.ask("blocking_keys", keys=["scene", "title"])
    page.ask("run", run="r1", name="user/fail", arguments={})
    page.ask("run", run="r2", name="user/echo", arguments={"a": {"b": None}})
    page.ask("full_result", run="r2")
    texts = dict.fromkeys(("label", "icon", "tooltip"), "")
    page.ask("pin", id="p", command="user/echo", arguments={}, asks=[], **texts)
    eventually(lambda: page.last("memory")["pins"])
    eventually(lambda: page.last("run_state")["effects"])
    page.ask("forget_run", run="r1")
    page.last("runs")
    page.ask("value", key="scene")
    page.ask("value", key="nowhere")
    page.last("snapshot")
    page.last("heartbeat")
    server.close()
    eventually(lambda: page.last("status")["state"] == "lost")

    for message in page.received:
        assert misfit(message, messages.Envelope, "envelope") is None
        assert misfit(message["body"], BODIES[message["op"]], message["op"]) is None
    results = [reply["body"].get("result") for reply in page.all("reply")]
    for kind in (
        palette_messages.FullResult,
        inspector_messages.ValueResult,
        lock_messages.LockResult,
        lock_messages.KeysResult,
    ):
        assert any(misfit(result, kind) is None for result in results)
