"""Kernel and page mean the same messages: both test suites read the same examples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from nanover_jupyter import ControlRoom, NanoverServer
from nanover_jupyter.widgets import _messages
from tests.support.eventually import eventually
from tests.support.typed import misfit
from tests.widgets.test_panel import OpenPage

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "messages"
EXAMPLES: list[dict[str, Any]] = [
    example for path in sorted(FIXTURES.glob("*.json")) for example in json.loads(path.read_text())
]

BODIES: dict[str, Any] = {
    "reply": _messages.ReplyBody,
    "status": _messages.StatusBody,
    "commands": _messages.CommandsBody,
    "leases": _messages.LeasesBody,
    "snapshot": _messages.SnapshotBody,
    "delta": _messages.DeltaBody,
    "heartbeat": _messages.HeartbeatBody,
    "hello": _messages.HelloBody,
    "ping": _messages.EmptyBody,
    "refresh_commands": _messages.EmptyBody,
    "value": _messages.ValueBody,
    "run": _messages.RunBody,
    "lock": _messages.LockBody,
    "renew": _messages.RenewBody,
    "release": _messages.ReleaseBody,
    "forget": _messages.ForgetBody,
    "ack": _messages.AckBody,
}


def named(example: dict[str, Any]) -> str:
    return f"{example['envelope'].get('op')}: {example['name']}"


def chosen(direction: str, *, valid: bool) -> list[dict[str, Any]]:
    return [e for e in EXAMPLES if e["direction"] == direction and e["valid"] == valid]


def test_every_kind_of_message_has_examples() -> None:
    ops = {example["envelope"].get("op") for example in EXAMPLES if example["valid"]}
    known = (_messages.PageRequestOp, _messages.PageNoticeOp, _messages.KernelOp)

    assert {op for kind in known for op in get_args(kind)} <= ops


@pytest.mark.parametrize(
    "example", chosen("kernel", valid=True) + chosen("page", valid=True), ids=named
)
def test_a_valid_example_is_what_the_types_say(example: dict[str, Any]) -> None:
    envelope = example["envelope"]

    assert misfit(envelope, _messages.Envelope, "envelope") is None
    if envelope["op"] in BODIES:
        assert misfit(envelope["body"], BODIES[envelope["op"]]) is None


@pytest.mark.parametrize(
    "example", [e for e in chosen("page", valid=True) if "id" in e["envelope"]], ids=named
)
def test_a_valid_request_is_understood(open_page: OpenPage, example: dict[str, Any]) -> None:
    page = open_page(ControlRoom)
    envelope = {**example["envelope"], "client": page.client, "id": 1_000}
    page.raw(envelope)

    reply = eventually(lambda: page.reply(1_000))

    if not reply["ok"]:
        assert reply["error"]["kind"] in {"CommandFailed", "BadRequest"}
        assert "field" not in reply["error"]["message"]


@pytest.mark.parametrize(
    "example", [e for e in chosen("page", valid=False) if "id" in e["envelope"]], ids=named
)
def test_a_malformed_request_is_answered_and_harms_nothing(
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


def test_what_the_kernel_really_sends_is_what_the_types_say(
    open_page: OpenPage, server: NanoverServer
) -> None:
    server.register_command("user/fail", lambda: 1 / 0)
    page = open_page(ControlRoom)
    page.ask("lock", keys=["scene"], seconds=5)
    page.ask("lock", keys=["title"], seconds={"$nvj": "inf"})
    page.ask("run", name="user/fail", arguments={})
    page.ask("run", name="user/echo", arguments={"a": {"b": None}})
    page.ask("value", key="scene")
    page.ask("value", key="nowhere")
    page.last("snapshot")
    page.last("heartbeat")
    server.close()
    eventually(lambda: page.last("status")["state"] == "lost")

    for message in page.heard:
        assert misfit(message, _messages.Envelope, "envelope") is None
        assert misfit(message["body"], BODIES[message["op"]], message["op"]) is None
    results = [reply["body"].get("result") for reply in page.all("reply")]
    for kind in (_messages.RunResult, _messages.ValueResult, _messages.LockResult):
        assert any(misfit(result, kind) is None for result in results)
