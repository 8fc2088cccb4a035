"""Announce a server on the local network, so that clients can discover it."""

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
_BROADCAST_ADDRESS: Final = "255.255.255.255"


class Announcer:
    """Broadcasts a server's services twice a second until closed, on a daemon thread.

    A server that listens on a loopback address is announced to this machine only.

    Args:
        name: The name of the server.
        host: The address that the server listens on.
        services: Ports by service, such as {"ws": 38801}.
        loopback: Whether the server listens on loopback addresses only.
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
        self._name = name
        self._host = host
        self._server_id = str(uuid.uuid4())
        self._services = dict(services)
        self._closed = threading.Event()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self._thread = threading.Thread(target=self._run, name="nanover-announcer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop announcing. Idempotent."""
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
                    # Log only the first failure in a row; the network may come back.
                    if not failed:
                        logger.warning("! could not announce the server; retrying: %s", error)
                    failed = True
                if self._closed.wait(_INTERVAL):
                    return

    def _announce(self) -> None:
        if self._loopback:
            address = target = "127.0.0.1"
        else:
            address = self._host if _is_specific_address(self._host) else _local_address()
            target = _BROADCAST_ADDRESS
        announcement = Announcement(self._name, address, self._server_id, self._services)
        self._socket.sendto(encode(announcement), (target, self._port))


def _is_specific_address(host: str) -> bool:
    try:
        return socket.inet_aton(host) != b"\0\0\0\0"
    except OSError:
        return False


def _local_address() -> str:
    """Return the address at which other machines reach this one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # Connecting a UDP socket sends nothing; it only selects a route.
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])
