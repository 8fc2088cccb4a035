"""Commands: kinds of arguments, descriptions, polling and runs.

The public names are imported when they are first used: a connection needs none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from nanover_jupyter.client.commands.arguments import (
        REQUIRED,
        Argument,
        Bool,
        Choice,
        ChoicesFrom,
        CommandDoc,
        Float,
        Int,
        Json,
        Text,
    )
    from nanover_jupyter.client.commands.docs import command, describe

__all__ = [
    "REQUIRED",
    "Argument",
    "Bool",
    "Choice",
    "ChoicesFrom",
    "CommandDoc",
    "Float",
    "Int",
    "Json",
    "Text",
    "command",
    "describe",
]

_DOCS: Final = {"command", "describe"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{'docs' if name in _DOCS else 'arguments'}")
    value = globals()[name] = getattr(module, name)
    return value
