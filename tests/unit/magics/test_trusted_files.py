"""%nanover trust: what a project's nanover.toml may not do before the user trusts it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from nanover_jupyter import NanoverServer
from nanover_jupyter.magics.config import load
from nanover_jupyter.magics.errors import MagicError
from nanover_jupyter.regular_files import read_regular_file
from tests.unit.magics.conftest import Shell, write_config

TOKEN = '[servers.lab]\naddress = "wss://127.0.0.1:9"\ntoken = { env = "LAB_TOKEN" }\n'
CERTIFICATE = '[servers.lab]\naddress = "wss://127.0.0.1:9"\nroot_certificates = "lab.pem"\n'


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_TOKEN", "hush-hush")


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (TOKEN, "it sends the environment variable LAB_TOKEN to wss://127.0.0.1:9"),
        (
            TOKEN.replace('env = "LAB_TOKEN"', 'keyring = "lab", user = "me"'),
            "it sends the secret 'lab' of 'me' in the keyring to wss://127.0.0.1:9",
        ),
        (
            TOKEN.replace('address = "wss://127.0.0.1:9"', 'find = "my lab"'),
            "it sends the environment variable LAB_TOKEN to any server announced as 'my lab'",
        ),
        (CERTIFICATE, "lab.pem as root certificates"),
    ],
)
def test_secrets_and_files_are_not_used_before_the_file_is_trusted(
    shell: Shell, project: Path, text: str, asked: str
) -> None:
    file = write_config(project, text)

    errors = shell.run("%nanover connect lab --timeout 1").errors

    assert f"{file} is not trusted" in errors
    assert asked in errors
    assert "run %nanover trust" in errors
    assert "could not connect" not in errors
    with pytest.raises(MagicError, match="is not trusted"):
        load().servers["lab"].tls()


def test_a_default_is_not_used_before_the_file_is_trusted(shell: Shell, project: Path) -> None:
    with NanoverServer() as server:
        file = write_config(
            project, f'default = "lab"\n[servers.lab]\naddress = "127.0.0.1:{server.port}"'
        )

        errors = shell.run("%nanover connect").errors
        assert f"{file} is not trusted" in errors
        assert "connects to 'lab'" in errors
        assert shell.run("%nanover list").text.startswith("Not connected.")
        # The name was typed, and nothing secret goes with it.
        assert " as lab: " in shell.run("%nanover connect lab").text
        shell.run("%nanover disconnect --all")

        shell.run("%nanover trust")
        assert " as lab: " in shell.run("%nanover connect").text


def test_trusting_shows_and_allows_what_the_file_asks_for(shell: Shell, project: Path) -> None:
    (project / "key.pem").write_text("key")
    write_config(project, f'default = "lab"\n{TOKEN}server_name = "sim"\nprivate_key = "key.pem"\n')

    shown = shell.run("%nanover trust").text

    assert str(project / "nanover.toml") in shown.splitlines()[0]
    assert "connects to 'lab' (wss://127.0.0.1:9)" in shown
    assert "the environment variable LAB_TOKEN to wss://127.0.0.1:9" in shown
    assert "/key.pem as private key" in shown
    assert "hush" not in shown
    tls = load().servers["lab"].tls()
    assert tls is not None
    assert tls.metadata == {"authorization": "Bearer hush-hush"}


def test_all_that_the_file_asks_for_is_shown(shell: Shell, project: Path) -> None:
    host = f"sim.example.org.{'a' * 300}.evil.example"
    write_config(project, TOKEN.replace("127.0.0.1:9", host).replace("LAB_", "\\u202eLAB_"))

    shown = shell.run("%nanover trust --show").text

    assert f"wss://{host}" in shown
    assert "\u202e" not in shown


def test_one_long_name_does_not_widen_all_lines(shell: Shell, project: Path) -> None:
    name = "b" * 100
    write_config(project, TOKEN + TOKEN.replace("lab", name, 1))

    lines = shell.run("%nanover trust --show").text.splitlines()

    assert lines[1].startswith("  [servers.lab]  ")
    assert lines[1].index("sends") < 50
    assert any(line.startswith(f"  [servers.{name}]  sends") for line in lines)


def test_any_change_of_the_file_ends_the_trust(shell: Shell, project: Path) -> None:
    file = write_config(project, TOKEN)
    shell.run("%nanover trust")
    stamp = file.stat()

    file.write_text(TOKEN.replace("127.0.0.1:9", "127.0.0.2:9"))
    assert "is not trusted" in shell.run("%nanover connect lab --timeout 1").errors

    file.write_text(TOKEN)
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert "could not connect" in shell.run("%nanover connect lab --timeout 1").errors


@pytest.mark.parametrize("name", ["root_certificates", "private_key", "certificate_chain"])
def test_a_replaced_certificate_file_ends_the_trust(shell: Shell, project: Path, name: str) -> None:
    pem = project / "lab.pem"
    pem.write_text("mine")
    write_config(project, CERTIFICATE.replace("root_certificates", name))
    shell.run("%nanover trust")
    assert load().servers["lab"].tls() is not None

    pem.write_text("ours")
    assert "is not trusted" in shell.run("%nanover connect lab").errors
    assert " is not trusted" in shell.run("%nanover trust --show").text

    pem.write_text("mine")
    assert load().servers["lab"].tls() is not None


@pytest.mark.parametrize("kind", ["missing", "fifo", "folder", "large", "nul"])
def test_a_file_can_be_trusted_although_a_certificate_file_cannot_be_read(
    shell: Shell, project: Path, kind: str
) -> None:
    pem = project / "lab.pem"
    match kind:
        case "fifo":
            os.mkfifo(pem)
        case "folder":
            pem.mkdir()
        case "large":
            pem.write_bytes(bytes(2**20 + 1))
    text = CERTIFICATE.replace("lab.pem", "lab\\u0000.pem") if kind == "nul" else CERTIFICATE
    write_config(project, text)
    shell.run("%nanover trust")

    assert "cannot read the root certificates" in shell.run("%nanover connect lab").errors


def test_a_certificate_file_that_was_missing_ends_the_trust_when_it_appears(
    shell: Shell, project: Path
) -> None:
    write_config(project, CERTIFICATE)
    shell.run("%nanover trust")

    (project / "lab.pem").write_text("theirs")

    assert "is not trusted" in shell.run("%nanover connect lab").errors


def test_certificate_files_are_not_read_before_the_file_is_trusted(
    shell: Shell, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(
        "nanover_jupyter.magics.trusted_files.read_regular_file",
        lambda path, *, limit: opened.append(str(path)) or read_regular_file(path, limit=limit),
    )
    write_config(project, CERTIFICATE)
    shell.run("%nanover trust")
    write_config(project, f"{CERTIFICATE}# changed")
    opened.clear()

    assert "is not trusted" in shell.run("%nanover connect lab").errors

    assert str(project / "lab.pem") not in opened


def test_a_reconnection_uses_the_certificates_that_were_trusted(
    shell: Shell, project: Path, user: Path
) -> None:
    files = [project / "lab.pem", user / "lab.pem"]
    write_config(project, CERTIFICATE)
    write_config(user, CERTIFICATE.replace("[servers.lab]", "[servers.own]"))
    for file in files:
        file.write_text("before")
    shell.run("%nanover trust")
    theirs, own = (load().servers[name].tls() for name in ("lab", "own"))
    assert theirs is not None
    assert own is not None

    for file in files:
        file.write_text("after")

    assert theirs.pem("root_certificates") == b"before"
    # The user's own certificates may be renewed while a connection is open.
    assert own.pem("root_certificates") == b"after"


def test_the_same_text_elsewhere_is_not_trusted(
    shell: Shell, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_config(project, CERTIFICATE)
    shell.run("%nanover trust")
    other = project.parent / "other"
    write_config(other, CERTIFICATE)
    monkeypatch.chdir(other)

    assert "is not trusted" in shell.run("%nanover connect lab").errors


def test_trust_can_be_shown_and_revoked(shell: Shell, project: Path) -> None:
    write_config(project, TOKEN)

    assert "LAB_TOKEN" in shell.run("%nanover trust --show").text
    assert "is not trusted" in shell.run("%nanover connect lab").errors
    shell.run("%nanover trust")
    assert "trusted" in shell.run("%nanover trust --show").text
    shell.run("%nanover trust --revoke")
    assert "is not trusted" in shell.run("%nanover connect lab").errors
    assert "not both" in shell.run("%nanover trust --show --revoke").errors


def test_the_users_own_file_needs_no_trust(
    shell: Shell, project: Path, user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_config(user, f'default = "lab"\n{TOKEN}')

    assert "could not connect to wss://127.0.0.1:9" in shell.run("%nanover connect").errors
    assert "no nanover.toml" in shell.run("%nanover trust").text
    monkeypatch.chdir(user)
    assert "could not connect to wss://127.0.0.1:9" in shell.run("%nanover connect").errors


def test_an_untrusted_file_does_not_replace_servers_of_the_user(
    shell: Shell, project: Path, user: Path
) -> None:
    write_config(user, 'default = "lab"\n[servers.lab]\naddress = "mine"')
    write_config(project, '[servers.lab]\naddress = "theirs"')

    assert load().servers["lab"].address == "mine"
    assert "replaces your own server of that name with theirs" in shell.run("%nanover trust").text
    assert load().servers["lab"].address == "theirs"


def test_a_default_of_the_user_does_not_select_a_server_of_an_untrusted_file(
    shell: Shell, project: Path, user: Path
) -> None:
    write_config(user, 'default = "lab"')
    write_config(project, '[servers.lab]\naddress = "theirs"')

    assert "is not trusted" in shell.run("%nanover connect").errors


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LocalHost",
        "127.0.0.1",
        "sim.example.org",
        "sim\u3002example",
        "localhost.",
        "38801",
    ],
)
def test_an_untrusted_file_does_not_redirect_a_host_name(
    shell: Shell, project: Path, host: str
) -> None:
    with NanoverServer() as server:
        address = f"grpc://127.0.0.1:{server.port}"
        file = write_config(project, f'[servers."{host}"]\naddress = "{address}"')

        errors = shell.run(f"%nanover connect {host} --timeout 1").errors

        assert f"{file} is not trusted" in errors
        assert f"connects to {address} when %nanover connect names the host {host!r}" in errors
        assert shell.run("%nanover list").text.startswith("Not connected.")
        assert f"names the host {host!r}" in shell.run("%nanover trust").text
        assert address in shell.run(f"%nanover connect {host}").text


def test_the_message_shows_how_to_connect_to_the_host_itself(shell: Shell, project: Path) -> None:
    write_config(project, '[servers.localhost]\naddress = "far"')

    assert "write localhost:38801" in shell.run("%nanover connect localhost").errors


def test_an_untrusted_file_does_not_take_the_name_of_an_open_connection(
    shell: Shell, project: Path
) -> None:
    with NanoverServer() as mine, NanoverServer() as other:
        shell.run(f"%nanover connect grpc://127.0.0.1:{mine.port} --name lab")
        write_config(project, f'[servers.lab]\naddress = "grpc://127.0.0.1:{other.port}"')

        text = shell.run("%nanover connect lab").text
        assert text.startswith(f"Already connected to grpc://127.0.0.1:{mine.port}")

        write_config(project, f'default = "lab"\n{(project / "nanover.toml").read_text()}')
        shell.run("%nanover trust")
        text = shell.run("%nanover connect lab").text
        assert text.startswith(f"lab is now connected to grpc://127.0.0.1:{other.port}")


def test_connecting_by_a_name_shows_the_address(shell: Shell, project: Path) -> None:
    with NanoverServer() as server:
        address = f"grpc://127.0.0.1:{server.port}"
        write_config(project, f'[servers.lab]\naddress = "{address}"')

        assert shell.run("%nanover connect lab").text.startswith(f"Connected to {address} as lab")


def test_a_file_that_asks_for_nothing_needs_no_trust(shell: Shell, project: Path) -> None:
    assert "no nanover.toml" in shell.run("%nanover trust").text
    write_config(project, '[servers.lab]\naddress = "localhost"')

    assert "asks for nothing" in shell.run("%nanover trust").text


def test_the_list_is_readable_by_the_user_alone(shell: Shell, project: Path, user: Path) -> None:
    file = write_config(project, TOKEN)
    shell.run("%nanover trust --quiet")

    remembered = user / "trusted.json"
    assert remembered.stat().st_mode & 0o777 == 0o600
    content = json.loads(remembered.read_text())
    assert list(content["files"]) == [str(file)]
    assert "LAB_TOKEN" not in remembered.read_text()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"format": 2, "files": 5}',
        '{"format": 2, "files": {"a": 5}}',
        "[" * 100_000,
        "\xff",
    ],
)
def test_an_invalid_list_trusts_nothing_and_is_replaced(
    shell: Shell, project: Path, user: Path, text: str
) -> None:
    write_config(project, TOKEN)
    user.mkdir(exist_ok=True)
    (user / "trusted.json").write_bytes(text.encode("latin-1"))

    assert "is not trusted" in shell.run("%nanover connect lab").errors
    shell.run("%nanover trust")
    assert "could not connect" in shell.run("%nanover connect lab --timeout 1").errors


def test_a_list_that_cannot_be_written_is_reported_in_one_line(
    shell: Shell, project: Path, user: Path
) -> None:
    write_config(project, TOKEN)
    user.write_text("a file in the place of the folder")

    errors = shell.run("%nanover trust").errors

    assert "Cannot write the list of trusted files" in errors
    assert len(errors.strip().splitlines()) == 1
