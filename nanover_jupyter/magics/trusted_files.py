"""Which `nanover.toml` files of projects the user has confirmed, by path and content.

The content of the certificate files that such a file names counts too. What was confirmed
is one JSON file in the user's configuration folder, readable by the user alone. If it is
missing or broken, nothing is trusted.
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

from nanover_jupyter.magics.line.parser import MagicSyntaxError
from nanover_jupyter.regular_files import read_regular_file
from nanover_jupyter.transport.tls import LARGEST_PEM

__all__ = ["is_trusted", "revoke", "trust"]

_FORMAT: Final = 2
_LARGEST_FILE: Final = 1_000_000


def is_trusted(file: Path, digest: str, certificates: Sequence[str]) -> bool:
    """Return whether the user has confirmed a file and the certificate files that it names.

    Args:
        file: Its path.
        digest: Of its content.
        certificates: Paths that it names. They are read only if the file itself is unchanged.
    """
    remembered = _remembered().get(str(file), [])
    return remembered[:1] == [digest] and remembered[1:] == [*map(_digest, certificates)]


def trust(file: Path, digest: str, certificates: Sequence[str]) -> None:
    """Remember that the user has confirmed a file and the certificate files that it names.

    Raises:
        MistakenLine: It cannot be remembered.
    """
    _write(_remembered() | {str(file): [digest, *map(_digest, certificates)]})


def revoke(file: Path) -> bool:
    """Forget a file; return whether it was remembered.

    Raises:
        MistakenLine: The change cannot be remembered.
    """
    remembered = _remembered()
    if remembered.pop(str(file), None) is None:
        return False
    _write(remembered)
    return True


def _place() -> Path:
    return platformdirs.user_config_path("nanover-jupyter", appauthor=False) / "trusted.json"


def _digest(certificate: str) -> str:
    """Return the digest of a certificate file; empty if no connection could read it either."""
    try:
        return sha256(read_regular_file(certificate, limit=LARGEST_PEM)).hexdigest()
    except (OSError, ValueError):  # ValueError for a null byte
        return ""


def _remembered() -> dict[str, list[str]]:
    """Return the digests by file: its own, and those of its certificate files."""
    try:
        content = json.loads(read_regular_file(_place(), limit=_LARGEST_FILE))
        if content["format"] != _FORMAT:
            return {}
        return {
            str(file): [str(digest) for digest in digests]
            for file, digests in content["files"].items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def _write(files: dict[str, list[str]]) -> None:
    place = _place()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        # Made with mode 0600.
        descriptor, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump({"format": _FORMAT, "files": files}, file, indent=1)
            temporary.replace(place)
        finally:
            temporary.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise MagicSyntaxError(f"the decision cannot be remembered in {place}: {why}") from error
