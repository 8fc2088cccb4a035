"""Which `nanover.toml` files of projects the user has confirmed, by path and content.

One JSON file in the user's configuration folder, readable by the user alone. A file that
is missing or broken means that nothing is trusted.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Final

import platformdirs

from nanover_jupyter.magics._parse import MistakenLine
from nanover_jupyter.regular_files import read_regular_file

__all__ = ["is_trusted", "revoke", "trust"]

_FORMAT: Final = 1
_LARGEST_FILE: Final = 1_000_000


def is_trusted(file: Path, digest: str) -> bool:
    """Return whether the user has confirmed a file with content of this digest."""
    return _remembered().get(str(file)) == digest


def trust(file: Path, digest: str) -> None:
    """Remember that the user has confirmed a file with content of this digest.

    Raises:
        MistakenLine: It cannot be remembered.
    """
    _write(_remembered() | {str(file): digest})


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


def _remembered() -> dict[str, str]:
    """Return the digests by file."""
    try:
        content = json.loads(read_regular_file(_place(), limit=_LARGEST_FILE))
        if content["format"] != _FORMAT:
            return {}
        return {str(file): str(digest) for file, digest in content["files"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def _write(files: dict[str, str]) -> None:
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
        raise MistakenLine(f"the decision cannot be remembered in {place}: {why}") from error
