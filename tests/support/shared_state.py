"""What tests of shared traits have in common."""

from __future__ import annotations

from typing import Any

from nanover_jupyter import Connection, DictionaryChange, NanoverServer
from nanover_jupyter.traits.shared_traits import SharedTraits
from tests.support.eventually import eventually


def put(server: NanoverServer, key: str, value: Any, *, seen_by: Connection | None = None) -> None:
    server.update_state(None, DictionaryChange({key: value}))
    if seen_by is not None:
        eventually(lambda: seen_by.client.peek(key) == value)


def settled(*values: SharedTraits) -> bool:
    return not any(value.pending for value in values)
