"""What the palette keeps for a server: buttons, recent commands, arguments, whole numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import orjson

from nanover_jupyter.client.listeners import Unsubscribe
from nanover_jupyter.widgets._palette_messages import MemoryBody, PinBody
from nanover_jupyter.widgets._preferences import Preferences
from nanover_jupyter.widgets._requests import BadRequest

__all__ = ["PaletteMemory"]

_MOST_RECENT: Final = 50
_MOST_PINS: Final = 50
_LARGEST_ARGUMENTS: Final = 16 * 1024
_SECRET: Final = re.compile(r"passw|secret|token|credential", re.IGNORECASE)


class PaletteMemory:
    """The palette's part of the preferences, for one server.

    Everything read from the file is checked: what is not as it should be is left out.

    Args:
        preferences: Where it is kept.
        server: The address of the server.
    """

    def __init__(self, preferences: Preferences, server: str) -> None:
        self._preferences = preferences
        self._server = server

    def on_change(self, callback: Callable[[], object]) -> Unsubscribe:
        """Call `callback()` when anything was changed in this process, on any thread."""

        def changed(server: str) -> None:
            if server == self._server:
                callback()

        return self._preferences.on_change(changed)

    def body(self, result_name: str) -> MemoryBody:
        """All of it, for the page."""
        section = self._preferences.section(self._server)
        return MemoryBody(
            pins=_pins(section),
            recent=_texts(section.get("recent")),
            last=_records(section.get("last")),
            integers={name: _texts(names) for name, names in _fields(section, "integers").items()},
            result_name=result_name,
        )

    def note_run(self, name: str, arguments: dict[str, Any]) -> None:
        """A command was run with these arguments, in page form."""

        def note(section: dict[str, Any]) -> dict[str, Any]:
            recent = [name, *(old for old in _texts(section.get("recent")) if old != name)]
            recent = recent[:_MOST_RECENT]
            last = {**_records(section.get("last")), name: _fit_to_keep(arguments)}
            # Arguments of commands that nobody runs any more are not kept for ever.
            kept = {command: last[command] for command in recent if last.get(command)}
            return {**section, "recent": recent, "last": kept}

        self._preferences.change(self._server, note)

    def pin(self, pin: PinBody) -> None:
        """Keep a button, or replace the one of its id; beyond fifty the oldest goes.

        Raises:
            BadRequest: It is too large for a file.
        """
        if len(orjson.dumps(pin)) > _LARGEST_ARGUMENTS:
            most = _LARGEST_ARGUMENTS // 1024
            raise BadRequest(f"its arguments are too large to keep: {most} kB at the most")

        def keep(section: dict[str, Any]) -> dict[str, Any]:
            pins = _pins(section)
            if any(old["id"] == pin["id"] for old in pins):
                pins = [pin if old["id"] == pin["id"] else old for old in pins]
            else:
                pins = [*pins, pin][-_MOST_PINS:]
            return {**section, "pins": pins}

        self._preferences.change(self._server, keep)

    def unpin(self, pin_id: str) -> None:
        """Take a button away."""

        def take(section: dict[str, Any]) -> dict[str, Any]:
            return {**section, "pins": [pin for pin in _pins(section) if pin["id"] != pin_id]}

        self._preferences.change(self._server, take)

    def set_integers(self, command: str, names: list[str]) -> None:
        """These arguments of the command are whole numbers, and no others."""

        def mark(section: dict[str, Any]) -> dict[str, Any]:
            marked = {**_fields(section, "integers"), command: names}
            return {**section, "integers": {key: value for key, value in marked.items() if value}}

        self._preferences.change(self._server, mark)


def _fit_to_keep(arguments: dict[str, Any]) -> dict[str, Any]:
    """Without what looks like a secret; nothing at all if it is too large for a file."""
    plain = {name: value for name, value in arguments.items() if not _SECRET.search(name)}
    return plain if len(orjson.dumps(plain)) <= _LARGEST_ARGUMENTS else {}


def _fields(section: dict[str, Any], name: str) -> dict[str, Any]:
    value = section.get(name)
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _records(value: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(value, dict):
        return {}
    return {name: record for name, record in value.items() if isinstance(record, dict)}


def _pins(section: dict[str, Any]) -> list[PinBody]:
    pins = section.get("pins")
    found = []
    for pin in pins if isinstance(pins, list) else []:
        if not isinstance(pin, dict) or not isinstance(pin.get("arguments"), dict):
            continue
        texts = {name: pin.get(name) for name in ("id", "command", "label", "icon", "tooltip")}
        if all(isinstance(text, str) for text in texts.values()):
            found.append(PinBody(arguments=pin["arguments"], **texts))  # type: ignore[typeddict-item]
    return found
