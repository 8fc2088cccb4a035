"""Subcommands about the shared state, in a real IPython shell."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from nanover_jupyter import DictionaryChange, NanoverServer
from tests.support.eventually import eventually
from tests.unit.magics.conftest import Shell

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def server(shell: Shell) -> Iterator[NanoverServer]:
    with NanoverServer(websocket_port=0, application_defaults=False) as server:
        state = {"scene": [0.0, 1.0], "avatar.anna": {"name": "Anna"}, "avatar.ben": {}}
        server.update_state(None, DictionaryChange({**state, HOSTILE: HOSTILE}))
        shell.run(f"%nanover connect 127.0.0.1:{server.port} --name lab --quiet")
        yield server


def test_keys_are_listed_with_a_preview_of_their_values(
    shell: Shell, server: NanoverServer
) -> None:
    text = shell.run("%nanover state avatar.*").text

    assert text.splitlines()[0] == "2 of 4 keys:"
    assert '  avatar.anna  {name: "Anna"}' in text.splitlines()
    assert shell.run("%nanover state zzz").text == "None of 4 keys matches 'zzz'."


def test_a_hostile_state_is_plain_text_in_both_forms(shell: Shell, server: NanoverServer) -> None:
    server.update_state(None, DictionaryChange({"a\u202eb\x1b[2J": "\x1b]0;x\x07\n"}))
    eventually(lambda: "5 of 5" in shell.run("%nanover state").text)

    data = shell.run("%nanover state").shown[0].data

    assert "<img" not in data["text/html"]
    assert "&lt;img" in data["text/html"]
    for form in data.values():
        assert not {"\x1b", "\u202e", "\x07"} & set(form)


def test_a_long_state_is_cut_off_with_a_hint(shell: Shell, server: NanoverServer) -> None:
    server.update_state(None, DictionaryChange({f"k{n:04}": "x" * 10_000 for n in range(250)}))
    eventually(lambda: "254 of 254" in shell.run("%nanover state").text)

    data = shell.run("%nanover state").shown[0].data

    assert data["text/plain"].endswith("… and 154 more. Use a pattern, or -o VARIABLE to get all.")
    assert len(data["text/html"]) < 60_000
    shell.run("%nanover state k* -o found")
    assert len(shell.value("found")) == 250


def test_an_empty_state_is_reported(shell: Shell) -> None:
    with NanoverServer() as server:
        shell.run(f"%nanover connect 127.0.0.1:{server.port} --quiet")
        assert shell.run("%nanover state").text == "The shared state is empty."


def test_a_value_is_returned_as_a_copy(shell: Shell, server: NanoverServer) -> None:
    value = shell.run("%nanover get scene").value
    value.append(2)

    assert shell.run("%nanover get scene").value == [0, 1]
    assert shell.run("%nanover get avatar.anna -o anna").value is None
    assert shell.value("anna") == {"name": "Anna"}
    assert shell.run("there = %nanover get avatar.ben").error is None
    assert shell.value("there") == {}


def test_a_key_is_set_and_the_next_line_sees_it(shell: Shell, server: NanoverServer) -> None:
    assert shell.run("%nanover set scene [5, 6]").text == "Set scene."
    assert shell.run("%nanover get scene").value == [5, 6]

    assert shell.run("%nanover set scen 1").text == "Set scen, which is a new key."
    assert server.copy_state()["scen"] == 1


def test_a_variable_of_the_notebook_can_be_the_value(shell: Shell, server: NanoverServer) -> None:
    shell.ip.user_ns["points"] = np.array([[1.0, 2.0]])

    shell.run("%nanover set points $points")

    assert server.copy_state()["points"] == [[1, 2]]


def test_keys_with_spaces_are_quoted(shell: Shell, server: NanoverServer) -> None:
    assert shell.run("%nanover set 'my key' 'some text'").text == "Set my key, which is a new key."
    assert shell.run('%nanover get "my key"').value == "some text"


def test_keys_are_removed_all_or_none(shell: Shell, server: NanoverServer) -> None:
    assert "Unknown key 'sene'. Did you mean 'scene'?" in (
        shell.run("%nanover unset avatar.ben sene").errors
    )
    assert "avatar.ben" in server.copy_state()

    assert shell.run("%nanover unset avatar.ben scene").text == "Removed avatar.ben, scene."
    assert set(server.copy_state()) == {"avatar.anna", HOSTILE}


def test_a_cell_of_lines_is_one_atomic_update(shell: Shell, server: NanoverServer) -> None:
    changes: list[DictionaryChange] = []
    shell.ip.user_ns["scale"] = 2.5
    client = shell.magics.context.registry.named("lab").client
    client.on_change(lambda change: changes.append(change.copy()))

    text = shell.run(
        "%%nanover update --unset avatar.ben\n"
        "# a comment\n"
        "scene = [1, 2, 3]\n"
        "title = Nanotube, for a look\n"
        "scale = $scale\n"
    ).text

    assert text == "Changed scene, title, scale. Removed avatar.ben."
    expected = {"scene": [1, 2, 3], "title": "Nanotube, for a look", "scale": 2.5}
    eventually(lambda: any(expected.items() <= c.updates.items() for c in changes))
    assert "avatar.ben" not in server.copy_state()


def test_a_cell_of_json_is_one_update_too(shell: Shell, server: NanoverServer) -> None:
    body = '{"a": 1, "b": {"c": [true]}, "d": 2, "e": "x"}'

    assert shell.run(f"%%nanover update\n{body}").text == "Changed 4 keys."
    assert server.copy_state()["b"] == {"c": [True]}


def test_an_update_may_be_in_one_line(shell: Shell, server: NanoverServer) -> None:
    shell.run("%nanover update a=1 'b c'=two")

    assert server.copy_state()["b c"] == "two"


def test_an_update_is_refused_as_one(shell: Shell, server: NanoverServer) -> None:
    server.update_locks("someone else", acquire={"scene": 60})

    errors = shell.run("%%nanover update\nscene = 1\nother = 2").errors

    assert "the server refused to change 'scene', 'other': another client holds a lock" in errors
    assert "other" not in server.copy_state()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("%nanover get scen", "Unknown key 'scen'. Did you mean 'scene'?"),
        ("%nanover get qqqqqq", "Unknown key 'qqqqqq'. Run %nanover state for a list."),
        ("%nanover set scene null", "treats null as a removal. To remove 'scene', use"),
        ("%nanover update", "Nothing to change. Write KEY=VALUE"),
        ("%%nanover update\n\n", "Nothing to change"),
        ("%nanover update a=1 --unset a", "'a' is both set and removed"),
        ("%%nanover update a=1\na = 2", "'a' is set in the first line and in the cell body"),
        ("%%nanover update\na = 1\nb", "Line 2: write KEY = VALUE, not 'b'"),
        ("%%nanover state\na = 1", "does not take a cell body: write %nanover state"),
    ],
)
def test_an_error_is_one_line(shell: Shell, server: NanoverServer, line: str, message: str) -> None:
    cell = shell.run(line)

    assert message in cell.errors
    assert len(cell.errors.strip().splitlines()) == 1


def test_null_can_be_set_on_a_server_that_allows_it(shell: Shell, server: NanoverServer) -> None:
    shell.run(f"%nanover connect ws://127.0.0.1:{server.websocket_port} --name ws --quiet")

    shell.run("%nanover set scene null")

    assert shell.run("%nanover get scene -o value").error is None
    assert shell.value("value") is None


def test_a_timeout_is_for_one_call_and_not_for_the_client(
    shell: Shell, server: NanoverServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = shell.magics.context.registry.named(None).client
    client.call_timeout = 7.0
    timeouts: list[float | None] = []
    update_state = client._transport.update_state

    def record(change: DictionaryChange, timeout: float | None) -> bool:
        if change.updates:
            timeouts.append(timeout)
        assert client.call_timeout == 7.0
        return update_state(change, timeout)

    monkeypatch.setattr(client._transport, "update_state", record)
    shell.run("%nanover set x 1 --quiet --timeout 30")
    shell.run("%nanover set x 1 --quiet")

    assert timeouts == [30.0, 7.0]
