"""`nanover.toml`: named servers, and the default one.

The project's file is in the working directory or above it, the user's in the user's
configuration directory. The project's settings override the user's.

    default = "lab"

    [servers.lab]
    address = "wss://sim.example.org:38801"
    token = { env = "LAB_TOKEN" }

Secrets are in environment variables or the keyring, and are read only when a connection
needs them. They never appear in messages, reprs or tables.

A project's file may come from another person. Until the user trusts it with
`%nanover trust`, its tokens, certificate files, default, names that are hosts, and
replacements for the user's own servers are not used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from nanover_jupyter.magics.config_file import (
    ConfigFile,
    NamedServer,
    is_in_user_folder,
    read_config_file,
    user_folder,
)
from nanover_jupyter.magics.errors import MagicError, did_you_mean

__all__ = ["Config", "config_files", "load", "project_file", "requests_of"]

_FILE: Final = "nanover.toml"


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of all files together.

    Attributes:
        servers: The servers by name.
        default: The server of a bare `%nanover connect`, if any.
    """

    servers: Mapping[str, NamedServer] = field(default_factory=dict)
    default: NamedServer | None = None


def config_files(start: Path | None = None) -> list[Path]:
    """Return the paths of the files that exist, the user's before the project's.

    Args:
        start: The lowest folder of the project; the working directory by default.
    """
    user = user_folder() / _FILE
    try:
        here = (start or Path.cwd()).resolve()
    except OSError:
        return [user] if user.is_file() else []
    project = next(
        (folder / _FILE for folder in (here, *here.parents) if (folder / _FILE).is_file()), None
    )
    if project is not None and is_in_user_folder(project):
        project = user
    return [file for file in dict.fromkeys((user, project)) if file is not None and file.is_file()]


def load(start: Path | None = None) -> Config:
    """Return the settings; cached while the files do not change.

    Raises:
        MagicError: A file is not valid.
    """
    files = _read_files(start)
    trusted = frozenset(file for file in files if file.is_users or file.is_trusted)
    return _merge(files, trusted)


def project_file(start: Path | None = None) -> ConfigFile | None:
    """Return the project's file, if there is one.

    Raises:
        MagicError: It is not valid.
    """
    return next((file for file in _read_files(start) if not file.is_users), None)


def requests_of(project: ConfigFile, start: Path | None = None) -> list[tuple[str, str]]:
    """Return what a project's file asks for that needs trust, each with its table or field.

    Raises:
        MagicError: The user's own file is not valid.
    """
    own = {name for file in _read_files(start) if file.is_users for name in file.servers}
    requests: list[tuple[str, str]] = []
    if project.default is not None:
        server = project.servers.get(project.default)
        requests.append(("default", _default_request(project.default, server)))
    for name, server in project.servers.items():
        where = f"[servers.{name}]"
        if name in own:
            requests.append((where, f"replaces your own server of that name with {server.place}"))
        requests += [(where, request) for request in server.requests]
    return requests


def _read_files(start: Path | None) -> tuple[ConfigFile, ...]:
    """Return the files, the user's first."""
    found = []
    for file in config_files(start):
        try:
            status = file.stat()
        except OSError as error:
            raise MagicError(f"Cannot read {file}: {error.strerror}.") from error
        found.append(
            read_config_file(file, is_in_user_folder(file), status.st_mtime_ns, status.st_size)
        )
    return tuple(found)


@lru_cache(maxsize=8)
def _merge(files: tuple[ConfigFile, ...], trusted: frozenset[ConfigFile]) -> Config:
    servers: dict[str, NamedServer] = {}
    default: tuple[ConfigFile, str] | None = None
    for file in files:
        own = file.servers
        if file in trusted:
            servers |= own
        else:
            restricted = {name: _restrict(server) for name, server in own.items()}
            servers = restricted | servers
        if file.default is not None:
            default = file, file.default
    if default is None:
        return Config(servers)
    file, name = default
    if name not in servers:
        hint = did_you_mean(name, servers)
        raise MagicError(f"{file.path} is not valid: default names no server {name!r}.{hint}")
    server = servers[name]
    origins = {each.path: each for each in files}
    untrusted = [each for each in (file, origins[server.file]) if each not in trusted]
    if untrusted:
        asked = f"it {_default_request(name, server)}"
        server = replace(server, file=untrusted[0].path, untrusted=asked)
    return Config(servers, server)


def _restrict(server: NamedServer) -> NamedServer:
    """Return a server of a file that is not trusted."""
    requests = server.requests
    asked = f"it {' and '.join(requests)}" if requests else ""
    return replace(server, is_trusted=False, untrusted=asked)


def _default_request(name: str, server: NamedServer | None) -> str:
    place = "" if server is None else f" ({server.place})"
    return f"connects to {name!r}{place} when %nanover connect names no server"
