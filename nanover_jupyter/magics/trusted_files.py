"""The `nanover.toml` files of projects that the user trusts, by path and content.

The content of their certificate files counts too. The list is a JSON file in the user's
configuration folder, readable by the user alone. If it is missing or invalid, no file is
trusted.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

import platformdirs

from nanover_jupyter.magics.errors import MagicError
from nanover_jupyter.regular_files import read_regular_file
from nanover_jupyter.transport.tls import LARGEST_PEM

__all__ = ["is_trusted", "revoke", "trust"]

_FORMAT: Final = 2
_LARGEST_FILE: Final = 1_000_000


def is_trusted(file: Path, digest: str, certificates: Sequence[str]) -> bool:
    """Return whether the user trusts a file and the certificate files that it names.

    Args:
        file: Its path.
        digest: The digest of its content.
        certificates: The paths of its certificate files. They are read only if the file itself
            is unchanged.
    """
    trusted = _load().get(str(file), [])
    return trusted[:1] == [digest] and trusted[1:] == [*map(_digest, certificates)]


def trust(file: Path, digest: str, certificates: Sequence[str]) -> None:
    """Add a file and the certificate files that it names to the trusted files.

    Raises:
        MagicError: The list cannot be written.
    """
    _save(_load() | {str(file): [digest, *map(_digest, certificates)]})


def revoke(file: Path) -> bool:
    """Remove a file from the trusted files; return whether it was one.

    Raises:
        MagicError: The list cannot be written.
    """
    files = _load()
    if files.pop(str(file), None) is None:
        return False
    _save(files)
    return True


def _list_path() -> Path:
    return platformdirs.user_config_path("nanover-jupyter", appauthor=False) / "trusted.json"


def _digest(certificate: str) -> str:
    """Return the digest of a certificate file; empty if it cannot be read."""
    try:
        return sha256(read_regular_file(certificate, limit=LARGEST_PEM)).hexdigest()
    except (OSError, ValueError):  # ValueError for a null byte
        return ""


def _load() -> dict[str, list[str]]:
    """Return the digests of each file: its own, then those of its certificate files."""
    try:
        content = json.loads(read_regular_file(_list_path(), limit=_LARGEST_FILE))
        if content["format"] != _FORMAT:
            return {}
        return {
            str(file): [str(digest) for digest in digests]
            for file, digests in content["files"].items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def _save(files: dict[str, list[str]]) -> None:
    path = _list_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # mkstemp creates the file with mode 0600.
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump({"format": _FORMAT, "files": files}, file, indent=1)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise MagicError(f"Cannot write the list of trusted files to {path}: {why}.") from error
