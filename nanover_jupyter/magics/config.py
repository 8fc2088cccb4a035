"""`nanover.toml`: servers by name, and which of them is the default.

Looked for in the working directory and those above it, and in the user's own
configuration directory. The project's settings override the user's.

    default = "lab"

    [servers.lab]
    address = "wss://sim.example.org:38801"
    token = { env = "LAB_TOKEN" }

Secrets are kept in environment variables or in the keyring, and are read only when a
connection needs them. They never appear in messages, reprs or tables.

A project's file may have been written by someone else. So tokens, certificate files, the
default, names that are hosts and replacements for the user's own servers count in it only
after the user has confirmed its content with `%nanover trust`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import platformdirs

from nanover_jupyter.errors import AddressError
from nanover_jupyter.magics import trusted_files as _trust
from nanover_jupyter.magics.line.parser import MagicSyntaxError, nearest
from nanover_jupyter.magics.secrets import Secret
from nanover_jupyter.regular_files import read_regular_file
from nanover_jupyter.transport.address import is_host_name, parse_address
from nanover_jupyter.transport.tls import TlsSettings

__all__ = [
    "Config",
    "ConfigFile",
    "NamedServer",
    "config_files",
    "load",
    "project_file",
    "requests_of",
]

_FILE: Final = "nanover.toml"
_CERTIFICATES: Final = ("root_certificates", "private_key", "certificate_chain")
_LARGEST_FILE: Final = 1_000_000
_LONGEST_NAME: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedServer:
    """A server that a `nanover.toml` names.

    Attributes:
        name: Its name there.
        file: The file that defines it.
        address: Where it is; empty if it is looked for by `find`.
        find: The name that it announces itself by.
        timeout: Seconds to try.
        interval: Seconds between updates at the least.
        token: Where the token is that it asks for.
        certificates: Paths of PEM files by the names of `TlsSettings`.
        server_name: The name in its certificate, if not that in the address.
        is_trusted: Whether the file is the user's own, or the user has confirmed it.
        untrusted: What the file asks for, where the user has to confirm that first.
    """

    name: str
    file: Path
    address: str = ""
    find: str = ""
    timeout: float | None = None
    interval: float | None = None
    token: Secret | None = None
    certificates: Mapping[str, str] = field(default_factory=dict)
    server_name: str | None = None
    is_trusted: bool = True
    untrusted: str = ""

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return self.address or f"announced as {self.find!r}"

    @property
    def requests(self) -> list[str]:
        """What needs the user's confirmation, as phrases."""
        requests = []
        if is_host_name(self.name):
            redirected = f"where %nanover connect names the host {self.name!r}"
            requests.append(f"connects to {self.place} {redirected}")
        if self.token is not None:
            target = self.address or f"whatever announces itself as {self.find!r}"
            requests.append(f"sends {self.token} to {target}")
        requests += [
            f"reads {path} as {name.replace('_', ' ')}" for name, path in self.certificates.items()
        ]
        return requests

    def require_trust(self) -> None:
        """Do nothing if it may be used.

        Raises:
            MistakenLine: The user has to confirm its file first.
        """
        if not self.untrusted:
            return
        message = (
            f"{self.file} is not trusted, and {self.untrusted}. If you trust this file, run "
            "%nanover trust; %nanover trust --show lists all that it asks for"
        )
        if is_host_name(self.name):
            message += f". To connect to the host itself, write {parse_address(self.name)}"
        raise MagicSyntaxError(message)

    def tls(self) -> TlsSettings | None:
        """Return the settings of an encrypted connection to it; reads the token.

        Raises:
            MistakenLine: The token is not where it should be, or the file is not trusted.
            ConnectError: A certificate file of a project cannot be read.
        """
        self.require_trust()
        if not (self.token or self.certificates or self.server_name):
            return None
        bearer = {"authorization": f"Bearer {self.token.read()}"} if self.token else {}
        settings = TlsSettings(
            server_name=self.server_name,
            metadata=bearer,
            root_certificates=self.certificates.get("root_certificates"),
            private_key=self.certificates.get("private_key"),
            certificate_chain=self.certificates.get("certificate_chain"),
        )
        if _is_users(self.file):
            return settings
        # Reconnections use what was trusted, even if a file is replaced in the meantime.
        return replace(
            settings,
            root_certificates=settings.pem("root_certificates"),
            private_key=settings.pem("private_key"),
            certificate_chain=settings.pem("certificate_chain"),
        )


@dataclass(frozen=True, slots=True)
class Config:
    """What the files say.

    Attributes:
        servers: By name.
        default: The one that `%nanover connect` means, if any.
    """

    servers: Mapping[str, NamedServer] = field(default_factory=dict)
    default: NamedServer | None = None


# Compared as objects: one is made for each content.
@dataclass(frozen=True, slots=True, eq=False)
class ConfigFile:
    """The content of one `nanover.toml`.

    Attributes:
        path: Where it is.
        is_users: Whether it is in the user's configuration folder.
        digest: Of the content that was read.
        servers: By name.
        default: The name of its default, if it has one.
    """

    path: Path
    is_users: bool
    digest: str
    servers: Mapping[str, NamedServer]
    default: str | None

    @property
    def is_trusted(self) -> bool:
        """Whether the user has confirmed it with its certificate files as they are now."""
        return _trust.is_trusted(self.path, self.digest, self._certificates)

    def trust(self) -> None:
        """Remember that the user has confirmed it.

        Raises:
            MistakenLine: It cannot be remembered.
        """
        _trust.trust(self.path, self.digest, self._certificates)

    @property
    def _certificates(self) -> list[str]:
        servers = self.servers.values()
        return sorted({path for server in servers for path in server.certificates.values()})


def config_files(start: Path | None = None) -> list[Path]:
    """The files that count, the user's before the project's.

    Args:
        start: Where the project is looked for; the working directory by default.
    """
    user = _users_folder() / _FILE
    try:
        here = (start or Path.cwd()).resolve()
    except OSError:
        return [user] if user.is_file() else []
    project = next(
        (folder / _FILE for folder in (here, *here.parents) if (folder / _FILE).is_file()), None
    )
    if project is not None and _is_users(project):
        project = user
    return [file for file in dict.fromkeys((user, project)) if file is not None and file.is_file()]


def load(start: Path | None = None) -> Config:
    """Read the files; quick when they have not changed.

    Raises:
        MistakenLine: One of them is broken; the message says where.
    """
    files = _read_all(start)
    trusted = frozenset(file for file in files if file.is_users or file.is_trusted)
    return _merged(files, trusted)


def project_file(start: Path | None = None) -> ConfigFile | None:
    """Return the project's file, if there is one.

    Raises:
        MistakenLine: It is broken; the message says where.
    """
    return next((file for file in _read_all(start) if not file.is_users), None)


def requests_of(project: ConfigFile, start: Path | None = None) -> list[tuple[str, str]]:
    """Return what a project's file asks for that the user has to confirm: where, and what.

    Raises:
        MistakenLine: The user's own file is broken; the message says where.
    """
    own = {name for file in _read_all(start) if file.is_users for name in file.servers}
    requests: list[tuple[str, str]] = []
    if project.default is not None:
        server = project.servers.get(project.default)
        requests.append(("default", _default_request(project.default, server)))
    for name, server in project.servers.items():
        where = f"[servers.{name}]"
        if name in own:
            requests.append((where, f"replaces your own server of that name by {server.place}"))
        requests += [(where, request) for request in server.requests]
    return requests


def _users_folder() -> Path:
    return platformdirs.user_config_path("nanover-jupyter", appauthor=False)


def _is_users(file: Path) -> bool:
    # The folder and not the file, which may be a link that others can change.
    try:
        return file.parent.resolve() == _users_folder().resolve()
    except OSError:
        return False


def _read_all(start: Path | None) -> tuple[ConfigFile, ...]:
    """The files that count, the user's first."""
    found = []
    for file in config_files(start):
        try:
            status = file.stat()
        except OSError as error:
            raise MagicSyntaxError(f"{file} cannot be read: {error.strerror}") from error
        found.append(_read(file, _is_users(file), status.st_mtime_ns, status.st_size))
    return tuple(found)


@lru_cache(maxsize=8)
def _read(file: Path, is_users: bool, _mtime: int, _size: int) -> ConfigFile:  # noqa: FBT001 - a key
    try:
        written = read_regular_file(file, limit=_LARGEST_FILE)
        content = tomllib.loads(written.decode())
        servers = _servers(file, content)
    except OSError as error:
        raise MagicSyntaxError(f"{file} is broken: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        # TOML's own messages name the line; a MistakenLine is a ValueError too.
        raise MagicSyntaxError(f"{file} is broken: {error}") from error
    default = content.get("default")
    if default is not None and not isinstance(default, str):
        raise MagicSyntaxError(f"{file} is broken: its default {default!r} is none of its servers")
    return ConfigFile(file, is_users, sha256(written).hexdigest(), servers, default)


@lru_cache(maxsize=8)
def _merged(files: tuple[ConfigFile, ...], trusted: frozenset[ConfigFile]) -> Config:
    servers: dict[str, NamedServer] = {}
    default: tuple[ConfigFile, str] | None = None
    for file in files:
        own = file.servers
        if file in trusted:
            servers |= own
        else:
            restricted = {name: _restricted(server) for name, server in own.items()}
            servers = restricted | servers
        if file.default is not None:
            default = file, file.default
    if default is None:
        return Config(servers)
    file, name = default
    if name not in servers:
        near = nearest(name, servers)
        hint = f"; did you mean {near!r}?" if near else ""
        raise MagicSyntaxError(
            f"{file.path} is broken: its default {name!r} is none of its servers{hint}"
        )
    server = servers[name]
    origins = {each.path: each for each in files}
    untrusted = [each for each in (file, origins[server.file]) if each not in trusted]
    if untrusted:
        asked = f"it {_default_request(name, server)}"
        server = replace(server, file=untrusted[0].path, untrusted=asked)
    return Config(servers, server)


def _restricted(server: NamedServer) -> NamedServer:
    """A server of a file that is not trusted."""
    requests = server.requests
    asked = f"it {' and '.join(requests)}" if requests else ""
    return replace(server, is_trusted=False, untrusted=asked)


def _default_request(name: str, server: NamedServer | None) -> str:
    place = "" if server is None else f" ({server.place})"
    return f"connects to {name!r}{place} where %nanover connect names no server"


def _servers(file: Path, content: Mapping[str, Any]) -> dict[str, NamedServer]:
    _check_names(content, ("default", "servers"), "it")
    tables = content.get("servers", {})
    if not isinstance(tables, dict):
        raise MagicSyntaxError("servers is no table: write [servers.NAME]")
    for name in tables:
        if len(name) > _LONGEST_NAME:
            start = name[:20]
            raise MagicSyntaxError(
                f"the name of [servers.{start}…] is longer than {_LONGEST_NAME} characters"
            )
    return {name: _server(file, name, table) for name, table in tables.items()}


def _server(file: Path, name: str, table: object) -> NamedServer:
    where = f"[servers.{name}]"
    if not isinstance(table, dict):
        raise MagicSyntaxError(f"{where} is no table: write {where} and address = ... below it")
    _check_names(table, (*_FIELDS, *_CERTIFICATES), where)
    values = {
        key: read(table[key], f"{where} {key}") for key, read in _FIELDS.items() if key in table
    }
    if ("address" in values) == ("find" in values):
        raise MagicSyntaxError(f"{where} needs an address or a find, one of the two")
    certificates = {
        key: str(file.parent / _path(table[key], f"{where} {key}"))
        for key in _CERTIFICATES
        if key in table
    }
    server = NamedServer(name=name, file=file, certificates=certificates, **values)
    encrypted = server.token or certificates or server.server_name
    if encrypted and server.address.startswith(("ws://", "grpc://")):
        scheme = server.address.partition("://")[0]
        raise MagicSyntaxError(
            f"{where} has a token or certificates, but {scheme}:// is not encrypted: "
            f"write {scheme}s://"
        )
    return server


def _check_names(table: Mapping[str, Any], allowed: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in allowed:
            near = nearest(key, allowed)
            hint = f"did you mean {near}?" if near else f"there are {', '.join(allowed)}"
            raise MagicSyntaxError(f"{where} has no {key!r}; {hint}")


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise MagicSyntaxError(f"{where} is no text")
    return value


def _path(value: object, where: str) -> Path:
    text = _text(value, where)
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise MagicSyntaxError(f"{where}: there is no home directory for {text}") from error


def _address(value: object, where: str) -> str:
    text = _text(value, where)
    try:
        parse_address(text)
    except AddressError as error:
        raise MagicSyntaxError(f"{where}: {error}") from error
    return text


def _number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 86_400:  # noqa: PLR2004 - a day
        raise MagicSyntaxError(f"{where} is no number of seconds")
    return float(value)


def _secret(value: object, where: str) -> Secret:
    if isinstance(value, dict) and all(isinstance(part, str) and part for part in value.values()):
        keys = set(value)
        if keys in ({"env"}, {"keyring", "user"}):
            return Secret(**value)
    # What was written is not repeated: it may be the secret.
    raise MagicSyntaxError(
        f'{where} says where the token is, never what it is: write {{ env = "VARIABLE" }} or '
        '{ keyring = "SERVICE", user = "NAME" }'
    )


_FIELDS: Final[dict[str, Callable[[object, str], Any]]] = {
    "address": _address,
    "find": _text,
    "timeout": _number,
    "interval": _number,
    "token": _secret,
    "server_name": _text,
}
