"""Reading and validation of one `nanover.toml`."""

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
from nanover_jupyter.magics import trusted_files
from nanover_jupyter.magics.errors import MagicError, did_you_mean
from nanover_jupyter.magics.secrets import Secret
from nanover_jupyter.regular_files import read_regular_file
from nanover_jupyter.transport.address import is_host_name, parse_address
from nanover_jupyter.transport.tls import TlsSettings

__all__ = ["ConfigFile", "NamedServer", "is_in_user_folder", "read_config_file", "user_folder"]

_CERTIFICATES: Final = ("root_certificates", "private_key", "certificate_chain")
_MAX_FILE: Final = 1_000_000
_MAX_NAME: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedServer:
    """A server of a `nanover.toml`.

    Attributes:
        name: Its name in the file.
        file: The file that defines it.
        address: Its address; empty if `find` is given instead.
        find: The name that it announces itself by.
        timeout: Seconds to try to connect.
        interval: Minimum seconds between updates.
        token: The reference to its token.
        certificates: Paths of PEM files by the names of `TlsSettings`.
        server_name: The name in its certificate, if it differs from the address.
        is_trusted: Whether the file is the user's own or is trusted.
        untrusted: What the file asks for that needs trust, as a clause; empty if nothing.
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
        """Its address or announced name, for display."""
        return self.address or f"announced as {self.find!r}"

    @property
    def requests(self) -> list[str]:
        """What needs the user's trust, as phrases."""
        requests = []
        if is_host_name(self.name):
            requests.append(
                f"connects to {self.place} when %nanover connect names the host {self.name!r}"
            )
        if self.token is not None:
            target = self.address or f"any server announced as {self.find!r}"
            requests.append(f"sends {self.token} to {target}")
        requests += [
            f"reads {path} as {name.replace('_', ' ')}" for name, path in self.certificates.items()
        ]
        return requests

    def require_trust(self) -> None:
        """Check that the server may be used.

        Raises:
            MagicError: The user has to trust its file first.
        """
        if not self.untrusted:
            return
        message = (
            f"{self.file} is not trusted, and {self.untrusted}. To see all that it asks for, run "
            "%nanover trust --show. To trust it, run %nanover trust."
        )
        if is_host_name(self.name):
            message += f" To connect to the host itself, write {parse_address(self.name)}."
        raise MagicError(message)

    def tls(self) -> TlsSettings | None:
        """Read the token and return the TLS settings, or None without encryption.

        Raises:
            MagicError: There is no token at its place, or the file is not trusted.
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
        if is_in_user_folder(self.file):
            return settings
        # Read now: reconnecting must use the trusted content, even if a file is replaced.
        return replace(
            settings,
            root_certificates=settings.pem("root_certificates"),
            private_key=settings.pem("private_key"),
            certificate_chain=settings.pem("certificate_chain"),
        )


# Compared by identity, as there is one object for each content.
@dataclass(frozen=True, slots=True, eq=False)
class ConfigFile:
    """The content of one `nanover.toml`.

    Attributes:
        path: Its path.
        is_users: Whether it is in the user's configuration folder.
        digest: The digest of its content.
        servers: Its servers by name.
        default: The name of its default server, if it has one.
    """

    path: Path
    is_users: bool
    digest: str
    servers: Mapping[str, NamedServer]
    default: str | None

    @property
    def is_trusted(self) -> bool:
        """Whether the user trusts the current content and certificate files."""
        return trusted_files.is_trusted(self.path, self.digest, self._certificates)

    def trust(self) -> None:
        """Add it to the trusted files.

        Raises:
            MagicError: The list of trusted files cannot be written.
        """
        trusted_files.trust(self.path, self.digest, self._certificates)

    @property
    def _certificates(self) -> list[str]:
        servers = self.servers.values()
        return sorted({path for server in servers for path in server.certificates.values()})


@lru_cache(maxsize=8)
def read_config_file(file: Path, is_users: bool, _mtime: int, _size: int) -> ConfigFile:  # noqa: FBT001 - cache keys
    """Read and validate a file; cached until its modification time or size changes.

    Raises:
        MagicError: It cannot be read or is not valid.
    """
    try:
        data = read_regular_file(file, limit=_MAX_FILE)
        content = tomllib.loads(data.decode())
        servers = _servers(file, content)
        default = content.get("default")
        if default is not None:
            _text(default, "default")
    except OSError as error:
        raise MagicError(f"Cannot read {file}: {error.strerror or error}.") from error
    except MagicError as error:
        raise MagicError(f"{file} is not valid: {error}") from error
    except (ValueError, RecursionError) as error:
        raise MagicError(f"{file} is not valid TOML: {error}.") from error
    return ConfigFile(file, is_users, sha256(data).hexdigest(), servers, default)


def user_folder() -> Path:
    """Return the user's configuration folder of this package."""
    return platformdirs.user_config_path("nanover-jupyter", appauthor=False)


def is_in_user_folder(file: Path) -> bool:
    """Return whether a file is the user's own."""
    # Compares folders, as the file may be a link that other users can change.
    try:
        return file.parent.resolve() == user_folder().resolve()
    except OSError:
        return False


def _servers(file: Path, content: Mapping[str, Any]) -> dict[str, NamedServer]:
    _check_names(content, ("default", "servers"), "")
    tables = content.get("servers", {})
    if not isinstance(tables, dict):
        raise MagicError("servers must be a table. Write [servers.NAME].")
    for name in tables:
        if len(name) > _MAX_NAME:
            start = name[:20]
            raise MagicError(
                f"The name of [servers.{start}…] is longer than {_MAX_NAME} characters."
            )
    return {name: _server(file, name, table) for name, table in tables.items()}


def _server(file: Path, name: str, table: object) -> NamedServer:
    where = f"[servers.{name}]"
    if not isinstance(table, dict):
        raise MagicError(f"{where} must be a table. Write address = ... below {where}.")
    _check_names(table, (*_FIELDS, *_CERTIFICATES), where)
    values = {
        key: read(table[key], f"{where} {key}") for key, read in _FIELDS.items() if key in table
    }
    if ("address" in values) == ("find" in values):
        raise MagicError(f"{where} needs either address or find.")
    certificates = {
        key: str(file.parent / _path(table[key], f"{where} {key}"))
        for key in _CERTIFICATES
        if key in table
    }
    server = NamedServer(name=name, file=file, certificates=certificates, **values)
    encrypted = server.token or certificates or server.server_name
    if encrypted and server.address.startswith(("ws://", "grpc://")):
        scheme = server.address.partition("://")[0]
        raise MagicError(
            f"{where} has a token or certificates, but {scheme}:// is not encrypted. "
            f"Write {scheme}s://."
        )
    return server


def _check_names(table: Mapping[str, Any], allowed: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in allowed:
            hint = did_you_mean(key, allowed, f"Allowed: {', '.join(allowed)}.")
            raise MagicError(f"Unknown setting {key!r}{f' in {where}' if where else ''}.{hint}")


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise MagicError(f"{where} must be a string that is not empty.")
    return value


def _path(value: object, where: str) -> Path:
    text = _text(value, where)
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise MagicError(f"{where}: there is no home directory for {text!r}.") from error


def _address(value: object, where: str) -> str:
    text = _text(value, where)
    try:
        parse_address(text)
    except AddressError as error:
        raise MagicError(f"{where}: {error}.") from error
    return text


def _number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 86_400:  # noqa: PLR2004 - a day
        raise MagicError(f"{where} must be a number of seconds.")
    return float(value)


def _secret(value: object, where: str) -> Secret:
    if isinstance(value, dict) and all(isinstance(part, str) and part for part in value.values()):
        keys = set(value)
        if keys in ({"env"}, {"keyring", "user"}):
            return Secret(**value)
    # Without the value, which may be the secret.
    raise MagicError(
        f"{where} must be a reference to the token, not the token itself. Write "
        '{ env = "VARIABLE" } or { keyring = "SERVICE", user = "NAME" }.'
    )


_FIELDS: Final[dict[str, Callable[[object, str], Any]]] = {
    "address": _address,
    "find": _text,
    "timeout": _number,
    "interval": _number,
    "token": _secret,
    "server_name": _text,
}
