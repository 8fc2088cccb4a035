"""Subcommands that take locks and give them back, in a real IPython shell."""

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
    """Whether somebody else could lock a key; it is given back at once."""
    try:
        server.update_locks("other", acquire={key: 1})
    except UpdateRefused:
        return False
    server.update_locks("other", release={key})
    return True


def test_a_lock_is_kept_until_it_is_given_back(shell: Shell, server: NanoverServer) -> None:
    said = shell.run("%nanover lock scene title -o lease").text

    assert said == "Locked scene, title until %nanover unlock, for 10 min at the most."
    lease = shell.value("lease")
    assert lease.auto_renew
    assert not is_free(server, "scene")
    assert shell.run("%nanover unlock").text == "Unlocked scene, title."
    assert lease.state == "released"
    assert is_free(server, "scene")
    assert shell.run("%nanover unlock").text == "No lock was held here."


def test_what_was_locked_together_is_given_back_together(
    shell: Shell, server: NanoverServer
) -> None:
    shell.run("%nanover lock scene title")

    assert shell.run("%nanover unlock title").text == "Unlocked scene, title."
    assert is_free(server, "scene")


def test_a_lock_for_a_time_is_not_renewed(
    shell: Shell, server: NanoverServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shell.run("%nanover lock scene --for 5 -o lease").text == "Locked scene for 5 s."
    assert not shell.value("lease").auto_renew
    assert not is_free(server, "scene")

    monkeypatch.setattr(server._state, "_clock", lambda: time.monotonic() + 5)

    assert is_free(server, "scene")


def test_one_of_several_locks_is_given_back(shell: Shell, server: NanoverServer) -> None:
    shell.run("%nanover lock scene --for 60")
    shell.run("%nanover lock title --for 60")

    assert shell.run("%nanover unlock title").text == "Unlocked title."
    assert shell.value("client").leases.held_keys() == ["scene"]
    assert "no lock on 'scen' is held here; did you mean 'scene'?" in (
        shell.run("%nanover unlock scen").errors
    )


def test_a_lock_that_someone_else_holds_is_refused_or_waited_for(
    shell: Shell, server: NanoverServer
) -> None:
    server.update_locks("other", acquire={"scene": 60})
    assert "'scene' was not locked: someone else holds it" in (
        shell.run("%nanover lock scene").errors
    )

    with once_waiting_in("pause", lambda: server.update_locks("other", release={"scene"})):
        said = shell.run("%nanover lock scene --wait 20 --for 5").text

    assert said == "Locked scene for 5 s."


def test_a_server_without_locks_says_so(shell: Shell, server: NanoverServer) -> None:
    shell.run(f"%nanover connect ws://127.0.0.1:{server.websocket_port} --quiet")

    assert "locks: not supported by this server (WebSocket)" in (
        shell.run("%nanover lock scene").errors
    )
