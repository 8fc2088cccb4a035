"""Servers and ways to them; every test must leave no thread of ours behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nanover_jupyter.server import NanoverServer
from tests.support.eventually import eventually
from tests.support.own_threads import own_threads


@pytest.fixture(autouse=True)
def no_thread_stays() -> Iterator[None]:
    yield
    eventually(lambda: not own_threads())


@pytest.fixture
def server(no_thread_stays: None) -> Iterator[NanoverServer]:
    with NanoverServer() as server:
        yield server
