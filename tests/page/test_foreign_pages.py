"""Access of foreign web pages to an embedded server on the same machine."""

from __future__ import annotations

from playwright.sync_api import Page

from nanover_jupyter import NanoverServer

OPEN = """port => new Promise(resolve => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`);
    socket.onopen = () => resolve("open");
    socket.onerror = () => resolve("refused");
})"""
POST = """port => fetch(
    `http://127.0.0.1:${port}/nanover.protocol.command.Command/RunCommand`,
    {method: "POST", mode: "no-cors", body: new Uint8Array([0, 0, 0, 0, 5, 10, 3, 114, 117, 110])},
).then(() => "answered", () => "failed")"""


def opened(page: Page, server: NanoverServer) -> str:
    return page.evaluate(OPEN, server.websocket_port)


def test_only_an_allowed_origin_opens_a_websocket(page, only_page, context):
    foreign = context.new_page()
    foreign.goto(only_page.page.url)
    origin = foreign.evaluate("location.origin")

    with NanoverServer(websocket_port=0) as server:
        assert opened(foreign, server) == "refused"
    with NanoverServer(websocket_port=0, origins=[origin]) as server:
        assert opened(foreign, server) == "open"
    foreign.close()


def test_a_page_cannot_run_commands_by_grpc(page, only_page, context):
    ran = []
    foreign = context.new_page()
    foreign.goto(only_page.page.url)
    with NanoverServer() as server:
        server.register_command("run", lambda: ran.append(1))
        assert foreign.evaluate(POST, server.port) == "failed"
    assert ran == []
    foreign.close()
