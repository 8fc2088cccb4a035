"""Subcommands that take locks and give them back, in a real IPython shell."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nanover_jupyter import NanoverServer, UpdateRefused
from tests.magics.conftest import Shell
from tests.support.eventually import eventually


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
    assert lease.keep
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


def test_a_lock_for_a_time_is_not_renewed(shell: Shell, server: NanoverServer) -> None:
    assert shell.run("%nanover lock scene --for 0.3 -o lease").text == "Locked scene for 300 ms."

    assert not shell.value("lease").keep
    eventually(lambda: is_free(server, "scene"))


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
    server.update_locks("other", acquire={"scene": 1.5})
    assert "'scene' was not locked: someone else holds it" in (
        shell.run("%nanover lock scene").errors
    )

    assert shell.run("%nanover lock scene --wait 20 --for 5").text == "Locked scene for 5 s."


def test_a_server_without_locks_says_so(shell: Shell, server: NanoverServer) -> None:
    shell.run(f"%nanover connect ws://127.0.0.1:{server.websocket_port} --quiet")

    assert "locks: not supported by this server (WebSocket)" in (
        shell.run("%nanover lock scene").errors
    )
