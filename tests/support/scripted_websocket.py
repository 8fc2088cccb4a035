"""A WebSocket server that says what a test wants, and remembers what it was told."""

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
    """Talks to its clients as told; `answer` is asked for what to say to each message."""

    def __init__(self) -> None:
        self.port = 0
        self.heard: list[Any] = []
        self.clients: list[ServerConnection] = []
        self.greeting: list[bytes | str] = []
        self.answer: Callable[[Any], list[bytes | str]] = lambda _: []
        self.deaf = threading.Event()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def client(self, number: int = 0) -> ServerConnection:
        eventually(lambda: len(self.clients) > number)
        return self.clients[number]

    def say(self, *messages: object) -> None:
        """Tell the latest client; what is no bytes or text yet is packed."""
        for message in messages:
            raw = message if isinstance(message, bytes | str) else msgpack.packb(message)
            self.client(max(0, len(self.clients) - 1)).send(raw)

    def requests(self) -> list[str]:
        """The names of the commands that clients asked for."""
        commands = [message["command"] for message in self.heard if "command" in message]
        return [command["request"]["name"] for command in commands if "request" in command]

    def serve(self, websocket: ServerConnection) -> None:
        self.clients.append(websocket)
        with suppress(ConnectionClosed):
            for message in self.greeting:
                websocket.send(message)
            for data in websocket:
                if self.deaf.is_set():
                    continue
                said = msgpack.unpackb(data)
                self.heard.append(said)
                for answer in self.answer(said):
                    websocket.send(answer)


def reply_to(said: Any, **outcome: Any) -> list[bytes | str]:
    """An answer to each request: `response=...` or `exception=...`; nothing to all else."""
    request = said.get("command", {}).get("request")
    return [] if request is None else [msgpack.packb({"command": {"request": request, **outcome}})]


def empty_list(said: Any) -> list[bytes | str]:
    """Answers every request with an empty list of commands."""
    return reply_to(said, response={"list": {}, "commands": []})


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
