"""Fixtures for transports. Every test must end all threads that it started."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from nanover_jupyter.server import NanoverServer
from tests.support.own_threads import require_no_own_threads


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a self-signed certificate for localhost and its key."""
    folder = tmp_path_factory.mktemp("certificate")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem -out cert.pem"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*command.split(), *names], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture(autouse=True)
def no_thread_stays() -> Iterator[None]:
    yield
    require_no_own_threads()


@pytest.fixture
def server(no_thread_stays: None) -> Iterator[NanoverServer]:
    with NanoverServer() as server:
        yield server
