"""%nanover lock and unlock in a real IPython shell."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from nanover_jupyter import NanoverServer, UpdateRefused
from tests.support.interrupts import once_waiting_in
from tests.unit.magics.conftest import Shell


@pytest.fixture
def server(shell: Shell) -> Iterator[NanoverServer]:
    with NanoverServer(websocket_port=0) as server:
        shell.run(f"%nanover connect 127.0.0.1:{server.port} --quiet -o client")
        yield server


def is_free(server: NanoverServer, key: str) -> bool:
    """Return whether another client could lock a key."""
    try:
        server.update_locks("other", acquire={key: 1})
    except UpdateRefused:
        return False
    server.update_locks("other", release={key})
    return True


def test_a_lock_is_renewed_until_it_is_released(shell: Shell, server: NanoverServer) -> None:
    text = shell.run("%nanover lock scene title -o lease").text

    assert text == "Locked scene, title until you release it, for at most 10 min."
    lease = shell.value("lease")
    assert lease.auto_renew
    assert not is_free(server, "scene")
    assert shell.run("%nanover unlock").text == "Unlocked scene, title."
    assert lease.state == "released"
    assert is_free(server, "scene")
    assert shell.run("%nanover unlock").text == "You held no locks."


def test_keys_that_were_locked_together_are_released_together(
    shell: Shell, server: NanoverServer
) -> None:
    shell.run("%nanover lock scene title")

    assert shell.run("%nanover unlock title").text == "Unlocked scene, title."
    assert is_free(server, "scene")


def test_a_lock_with_a_duration_is_not_renewed(
    shell: Shell, server: NanoverServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shell.run("%nanover lock scene --for 5 -o lease").text == "Locked scene for 5 s."
    assert not shell.value("lease").auto_renew
    assert not is_free(server, "scene")

    monkeypatch.setattr(server._state._locks, "_clock", lambda: time.monotonic() + 5)

    assert is_free(server, "scene")


def test_one_of_several_locks_is_released(shell: Shell, server: NanoverServer) -> None:
    shell.run("%nanover lock scene --for 60")
    shell.run("%nanover lock title --for 60")

    assert shell.run("%nanover unlock title").text == "Unlocked title."
    assert shell.value("client").leases.held_keys() == ["scene"]
    assert "You hold no lock on 'scen'. Did you mean 'scene'?" in (
        shell.run("%nanover unlock scen").errors
    )


def test_a_lock_of_another_client_is_refused_or_waited_for(
    shell: Shell, server: NanoverServer
) -> None:
    server.update_locks("other", acquire={"scene": 60})
    assert "could not lock 'scene': another client holds it" in (
        shell.run("%nanover lock scene").errors
    )

    with once_waiting_in(
        "wait_until_free", lambda: server.update_locks("other", release={"scene"})
    ):
        text = shell.run("%nanover lock scene --wait 20 --for 5").text

    assert text == "Locked scene for 5 s."


def test_keys_of_a_server_without_locks_are_locked_cooperatively(
    shell: Shell, server: NanoverServer
) -> None:
    shell.run(f"%nanover connect ws://127.0.0.1:{server.websocket_port} --quiet")

    assert shell.run("%nanover lock scene --for 5").text == "Locked scene for 5 s."
    assert shell.run("%nanover unlock scene").text == "Unlocked scene."
