"""The lock manager in a real page."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from nanover_jupyter import DictionaryChange, NanoverClient, NanoverServer
from tests.support.eventually import eventually
from tests.support.golden import needs_golden
from tests.support.replay_server import ReplayServer
from tests.ui.lab import OpenNotebook
from tests.ui.panels import Locks

pytestmark = pytest.mark.ui


def open_locks(notebook: OpenNotebook, port: int) -> Locks:
    page = notebook(["%load_ext nanover_jupyter", f"%nanover connect 127.0.0.1:{port}"])
    page.run("%nanover locks")
    return Locks(page)


def test_taken_lock_keeps_others_out_until_it_is_given_back(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    change = DictionaryChange({"scene": 2.0})
    server.update_state("test", DictionaryChange({"scene": 1.0}))
    locks = open_locks(notebook, server.port)

    locks.take("scene", 60)

    expect(locks.row("scene")).to_contain_text("held")
    locks.screenshot("locks")
    locks.require_accessible()
    with NanoverClient.insecure_channel(address=server.address, port=server.port) as other:
        assert not other.attempt_update_state(change)
        assert not other.attempt_update_locks({"scene": 10})
        locks.release("scene")
        assert eventually(lambda: other.attempt_update_state(change))


def test_lock_that_someone_else_holds_is_refused(
    notebook: OpenNotebook, server: NanoverServer
) -> None:
    server.update_locks("someone else", acquire={"scene": 60})
    locks = open_locks(notebook, server.port)

    locks.take("scene", 10)

    expect(locks.row("scene")).to_contain_text("refused")


@needs_golden
def test_lock_on_a_recorded_server_is_held(notebook: OpenNotebook) -> None:
    with ReplayServer("vr_recording_state_first60") as server:
        locks = open_locks(notebook, server.port)

        locks.take("scene", 60)

        expect(locks.row("scene")).to_contain_text("held")
