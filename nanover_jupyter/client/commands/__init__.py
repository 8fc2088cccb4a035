"""Commands: argument types, documentation, polling and runs."""

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
