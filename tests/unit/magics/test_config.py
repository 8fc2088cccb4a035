"""nanover.toml: where it is found, what it may contain, and what is never shown."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from nanover_jupyter import DictionaryChange, NanoverServer
from nanover_jupyter.magics.config import Config, config_files, load, project_file
from nanover_jupyter.magics.errors import MagicError
from tests.unit.magics.conftest import Shell, write_config


def write_trusted(folder: Path, text: str) -> None:
    """Write a project's file and trust it."""
    write_config(folder, text)
    project = project_file(folder)
    assert project is not None
    project.trust()


def test_without_a_file_there_are_no_servers(project: Path) -> None:
    assert config_files() == []
    assert load() == Config()


def test_the_projects_file_is_found_from_below_and_overrides_the_users(
    project: Path, user: Path
) -> None:
    below = project / "notebooks" / "more"
    below.mkdir(parents=True)
    write_config(user, 'default = "a"\n[servers.a]\naddress = "one"\n[servers.b]\naddress = "two"')
    write_trusted(project, 'default = "b"\n[servers.b]\naddress = "ws://three:4000"')

    config = load(below)

    assert {name: server.address for name, server in config.servers.items()} == {
        "a": "one",
        "b": "ws://three:4000",
    }
    assert config.default is config.servers["b"]


def test_a_change_of_the_file_is_read_at_once(project: Path) -> None:
    write_config(project, '[servers.a]\naddress = "one"')
    assert load() is load()
    write_config(project, '[servers.other]\naddress = "another"')

    assert list(load().servers) == ["other"]


def test_all_settings_of_a_server_are_read(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "certificates").mkdir()
    (project / "certificates" / "lab.pem").write_text("lab")
    write_trusted(
        project,
        """
        [servers.lab]
        address = "wss://sim.example.org"
        timeout = 12
        interval = 0.1
        server_name = "sim"
        root_certificates = "certificates/lab.pem"
        token = { env = "LAB_TOKEN" }
        """,
    )
    monkeypatch.setenv("LAB_TOKEN", "hush-hush")

    server = load().servers["lab"]
    tls = server.tls()

    assert (server.timeout, server.interval) == (12, 0.1)
    assert tls is not None
    assert tls.pem("root_certificates") == b"lab"
    assert tls.metadata == {"authorization": "Bearer hush-hush"}
    assert tls.server_name == "sim"
    assert "hush" not in f"{server!r} {tls!r} {load()!r}"


def test_a_server_without_secrets_needs_no_encryption(project: Path) -> None:
    write_config(project, '[servers.lab]\nfind = "helicene"')
    server = load().servers["lab"]

    assert server.tls() is None
    assert server.place == "announced as 'helicene'"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("default = ", "is not valid TOML: Invalid value"),
        ("\n\n[servers x", "line 3"),
        ("[server.lab]", "Unknown setting 'server'. Did you mean 'servers'?"),
        ("servers = 5", "servers must be a table. Write [servers.NAME]."),
        ("[servers]\nlab = 5", "[servers.lab] must be a table"),
        (
            "[servers.lab]\nadress = 'x'",
            "Unknown setting 'adress' in [servers.lab]. Did you mean 'address'?",
        ),
        ("[servers.lab]", "[servers.lab] needs either address or find"),
        ("[servers.lab]\naddress = 'x'\nfind = 'x'", "needs either address or find"),
        ("[servers.lab]\naddress = 5", "[servers.lab] address must be a string"),
        ("[servers.lab]\naddress = 'http://x'", "[servers.lab] address: 'http://x' is not"),
        ("[servers.lab]\naddress = 'x'\ntimeout = 'long'", "timeout must be a number of seconds"),
        ("[servers.lab]\naddress = 'x'\ntimeout = true", "timeout must be a number of seconds"),
        (
            "default = 'lap'\n[servers.lab]\naddress = 'x'",
            "default names no server 'lap'. Did you mean 'lab'?",
        ),
        (
            "[servers.lab]\naddress = 'wss://x'\nroot_certificates = '~nosuchuser/ca.pem'",
            "[servers.lab] root_certificates: there is no home directory for '~nosuchuser/ca.pem'",
        ),
        (
            "[servers.lab]\naddress = 'ws://x'\ntoken = { env = 'T' }",
            "ws:// is not encrypted. Write wss://.",
        ),
    ],
)
def test_an_invalid_file_is_reported_in_one_line(project: Path, text: str, message: str) -> None:
    file = write_config(project, text)

    with pytest.raises(MagicError) as caught:
        load()

    assert str(caught.value).startswith(f"{file} is not valid")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_long_name_is_refused_and_cut_in_the_message(project: Path) -> None:
    file = write_config(project, f'[servers.{"b" * 100}]\naddress = "x"')
    assert list(load().servers) == ["b" * 100]
    file.write_text(f'[servers.{"b" * 101}]\naddress = "x"')

    with pytest.raises(MagicError, match="is longer than 100 characters") as caught:
        load()

    assert len(str(caught.value)) < len(str(file)) + 200


@pytest.mark.parametrize(
    "token",
    ['"hush-hush"', '{ env = "T", value = "hush-hush" }', '{ keyring = "hush-hush" }', "5", "{}"],
)
def test_a_secret_in_the_file_is_refused_and_not_shown(project: Path, token: str) -> None:
    write_config(project, f'[servers.lab]\naddress = "wss://x"\ntoken = {token}')

    with pytest.raises(MagicError, match="must be a reference to the token") as caught:
        load()

    assert "hush" not in str(caught.value)


def test_a_file_that_is_not_utf8_is_reported(project: Path) -> None:
    (project / "nanover.toml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(MagicError, match="is not valid TOML: 'utf-8' codec"):
        load()


def test_a_file_that_is_too_large_is_not_read(project: Path) -> None:
    with write_config(project, "").open("wb") as file:
        file.truncate(2**33)  # takes no space

    with pytest.raises(MagicError, match="it is larger than 1000000 bytes"):
        load()


@pytest.mark.parametrize("kind", ["fifo", "device", "folder"])
def test_a_file_that_is_not_regular_is_ignored(
    project: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    file = project / "nanover.toml"
    match kind:
        case "fifo":
            os.mkfifo(file)
        case "device":
            file.symlink_to("/dev/zero")
        case "folder":
            file.mkdir()

    assert load() == Config()


# in the magics -----------------------------------------------------------------------------


@pytest.fixture
def lab(project: Path) -> Iterator[NanoverServer]:
    with NanoverServer() as server:
        server.update_state(None, DictionaryChange({"place": "lab"}))
        write_trusted(
            project,
            f'default = "lab"\n[servers.lab]\naddress = "127.0.0.1:{server.port}"\n'
            '[servers.far]\naddress = "wss://127.0.0.1:9"\ntoken = { env = "FAR_TOKEN" }\n',
        )
        yield server


def test_connect_takes_a_name_or_the_default(shell: Shell, lab: NanoverServer) -> None:
    assert " as lab: " in shell.run("%nanover connect").text
    assert shell.run("%nanover connect lab").text.startswith("Already connected to")
    assert "as other" in shell.run("%nanover connect lab --name other").text


def test_servers_of_the_file_are_listed_without_their_secrets(
    shell: Shell, lab: NanoverServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAR_TOKEN", "hush-hush")

    cell = shell.run("%nanover servers --timeout 0.05 --port 0")

    assert cell.text.startswith("Servers in nanover.toml:\n")
    assert "  far   wss://127.0.0.1:9" in cell.text
    assert "hush" not in str([output.data for output in cell.shown])


def test_a_missing_token_is_reported_in_one_line(shell: Shell, lab: NanoverServer) -> None:
    errors = shell.run("%nanover connect far").errors

    assert "Environment variable FAR_TOKEN, which holds the token, is not set" in errors
    assert len(errors.strip().splitlines()) == 1


def test_a_failed_connection_shows_no_secret(
    shell: Shell, lab: NanoverServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAR_TOKEN", "hush-hush")

    cell = shell.run("%nanover connect far --timeout 1")

    assert "could not connect to wss://127.0.0.1:9" in cell.errors
    assert "hush" not in cell.errors + cell.printed + cell.text


def test_connecting_to_an_address_does_not_need_a_valid_file(
    shell: Shell, lab: NanoverServer, project: Path
) -> None:
    write_config(project, "broken")

    assert "nanover.toml is not valid TOML" in shell.run("%nanover connect").errors
    assert "nanover.toml is not valid TOML" in shell.run("%nanover connect lab").errors
    assert "Connected to" in shell.run(f"%nanover connect 127.0.0.1:{lab.port}").text
