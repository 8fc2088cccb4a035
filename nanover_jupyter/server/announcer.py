"""Announces a server on the local network twice a second, for those who look for one."""

from __future__ import annotations

import logging
import socket
import threading
import uuid
from collections.abc import Mapping
from typing import Final

from nanover_jupyter.wire.discovery import DISCOVERY_PORT, Announcement, encode

__all__ = ["Announcer"]

logger = logging.getLogger("nanover_jupyter.server")

_INTERVAL: Final = 0.5
_JOIN_SECONDS: Final = 1.0
_EVERYBODY: Final = "255.255.255.255"


class Announcer:
    """Broadcasts what a server offers until it is closed, on the thread `nanover-announcer`.

    A server for this machine only is announced to this machine only: nothing of it
    reaches the network.

    Args:
        name: What the server calls itself.
        host: The address it listens at.
        services: Ports by service, such as {"ws": 38801}.
        loopback: Whether only this machine reaches the server.
        port: The UDP port of the announcements.
    """

    def __init__(
        self,
        *,
        name: str,
        host: str,
        services: Mapping[str, int],
        loopback: bool,
        port: int = DISCOVERY_PORT,
    ) -> None:
        self._loopback = loopback
        self._port = port
        self._said = (name, host, str(uuid.uuid4()), dict(services))
        self._closed = threading.Event()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self._thread = threading.Thread(target=self._run, name="nanover-announcer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Fall silent. Idempotent."""
        self._closed.set()
        if self._thread is not threading.current_thread():
            self._thread.join(_JOIN_SECONDS)

    def _run(self) -> None:
        failed = False
        with self._socket:
            while True:
                try:
                    self._announce()
                    failed = False
                except OSError as error:
                    # Once, not twice a second; a network may come back.
                    if not failed:
                        logger.warning("! announcing the server failed: %s", error)
                    failed = True
                if self._closed.wait(_INTERVAL):
                    return

    def _announce(self) -> None:
        name, host, identity, services = self._said
        if self._loopback:
            said = Announcement(name, "127.0.0.1", identity, services)
            self._socket.sendto(encode(said), ("127.0.0.1", self._port))
            return
        address = host if _is_one_address(host) else _own_address()
        said = Announcement(name, address, identity, services)
        self._socket.sendto(encode(said), (_EVERYBODY, self._port))


def _is_one_address(host: str) -> bool:
    try:
        return socket.inet_aton(host) != b"\0\0\0\0"
    except OSError:
        return False


def _own_address() -> str:
    """The address by which others on the network reach this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # Nothing is sent: UDP "connects" by choosing a way.
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])
