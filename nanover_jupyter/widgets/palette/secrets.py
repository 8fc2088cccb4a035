"""Secret arguments of commands, which are sent but never stored in a file or trait.

An argument is secret if it is documented as `Text(secret=True)`, or if its name, or that of
a field anywhere in its value, looks like a secret. The frontend's palette uses the same
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
"""The placeholder for a secret."""

_NAMES: Final = re.compile(
    r"passw|passphrase|secret|token|credential|(api|private).?key", re.IGNORECASE
)
_MAX_DEPTH: Final = 60


def is_secret(name: str, value: object, description: Description | None = None) -> bool:
    """Return whether an argument of a command is secret."""
    argument = None if description is None else description.arguments.get(name)
    if isinstance(argument, Text) and argument.secret:
        return True
    return _NAMES.search(name) is not None or _has_secret(value)


def without_secrets(
    arguments: Mapping[str, Any], description: Description | None = None
) -> dict[str, Any]:
    """Return the arguments that may be stored."""
    return {
        name: value for name, value in arguments.items() if not is_secret(name, value, description)
    }


def hide_secrets(
    arguments: Mapping[str, Any], description: Description | None = None
) -> dict[str, Any]:
    """Return the arguments with secrets replaced by a placeholder."""
    return {
        name: HIDDEN if is_secret(name, value, description) else value
        for name, value in arguments.items()
    }


def _has_secret(value: object, depth: int = 0) -> bool:
    if depth > _MAX_DEPTH:
        return False
    if isinstance(value, Mapping):
        return any(
            _NAMES.search(str(name)) is not None or _has_secret(inner, depth + 1)
            for name, inner in value.items()
        )
    return isinstance(value, list) and any(_has_secret(item, depth + 1) for item in value)
