"""A WebSocket server that sends what a test specifies, and records what it receives."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import msgpack
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from tests.support.eventually import eventually


class ScriptedServer:
    """A scripted server; `answer` returns the messages to send for each received message."""

    def __init__(self) -> None:
        self.port = 0
        self.received: list[Any] = []
        self.clients: list[ServerConnection] = []
        self.initial_messages: list[bytes | str] = []
        self.answer: Callable[[Any], list[bytes | str]] = lambda _: []
        self.unresponsive = threading.Event()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def client(self, number: int = 0) -> ServerConnection:
        eventually(lambda: len(self.clients) > number)
        return self.clients[number]

    def send(self, *messages: object) -> None:
        """Send messages to the latest client. Objects other than bytes and strings are packed."""
        for message in messages:
            raw = message if isinstance(message, bytes | str) else msgpack.packb(message)
            self.client(max(0, len(self.clients) - 1)).send(raw)

    def requests(self) -> list[str]:
        """Return the names of the commands that clients requested."""
        commands = [message["command"] for message in self.received if "command" in message]
        return [command["request"]["name"] for command in commands if "request" in command]

    def serve(self, websocket: ServerConnection) -> None:
        self.clients.append(websocket)
        with suppress(ConnectionClosed):
            for message in self.initial_messages:
                websocket.send(message)
            for data in websocket:
                if self.unresponsive.is_set():
                    continue
                message = msgpack.unpackb(data)
                self.received.append(message)
                for answer in self.answer(message):
                    websocket.send(answer)


def reply_to(message: Any, **outcome: Any) -> list[bytes | str]:
    """Return the reply to a request: `response=...` or `exception=...`; else nothing."""
    request = message.get("command", {}).get("request")
    return [] if request is None else [msgpack.packb({"command": {"request": request, **outcome}})]


def empty_list(message: Any) -> list[bytes | str]:
    """Return an empty list of commands as the reply to a request."""
    return reply_to(message, response={"list": {}, "commands": []})


@contextmanager
def scripted_server(ssl: Any = None, port: int = 0) -> Iterator[ScriptedServer]:
    script = ScriptedServer()
    with serve(
        script.serve, "127.0.0.1", port, ssl=ssl, close_timeout=0.2, max_size=None
    ) as server:
        script.port = server.socket.getsockname()[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield script
        finally:
            for client in script.clients:
                client.close_timeout = 0.1
    thread.join()
