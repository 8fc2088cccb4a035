"""Which arguments of commands are secrets: they are sent, and kept in no file and no trait.

An argument is one if it was described as `Text(secret=True)`, or if its name, or that of
a field anywhere in its value, looks like one. js/src/palette/form/secrets.ts knows the same
names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from nanover_jupyter.client.commands.arguments import Text
from nanover_jupyter.client.commands.docs import Description

__all__ = ["HIDDEN", "hide_secrets", "is_secret", "without_secrets"]

HIDDEN: Final = "•••"
"""What stands in the place of a secret."""

_NAMES: Final = re.compile(
    r"passw|passphrase|secret|token|credential|(api|private).?key", re.IGNORECASE
)
_DEEPEST: Final = 60


def is_secret(name: str, value: object, description: Description | None = None) -> bool:
    """Whether an argument of a command is not to be kept."""
    known = None if description is None else description.arguments.get(name)
    if isinstance(known, Text) and known.secret:
        return True
    return _NAMES.search(name) is not None or _has_secret(value)


def without_secrets(
    arguments: Mapping[str, Any], description: Description | None = None
) -> dict[str, Any]:
    """The arguments that may be kept."""
    return {
        name: value for name, value in arguments.items() if not is_secret(name, value, description)
    }


def hide_secrets(
    arguments: Mapping[str, Any], description: Description | None = None
) -> dict[str, Any]:
    """The arguments to show: a sign in the place of each secret."""
    return {
        name: HIDDEN if is_secret(name, value, description) else value
        for name, value in arguments.items()
    }


def _has_secret(value: object, depth: int = 0) -> bool:
    if depth > _DEEPEST:
        return False
    if isinstance(value, Mapping):
        return any(
            _NAMES.search(str(name)) is not None or _has_secret(inner, depth + 1)
            for name, inner in value.items()
        )
    return isinstance(value, list) and any(_has_secret(item, depth + 1) for item in value)
