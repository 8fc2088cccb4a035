"""Preferences of the palette: pins, recent commands, last arguments and integer arguments."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from nanover_jupyter.client.commands.docs import Description
from nanover_jupyter.client.listeners import Unsubscribe
from nanover_jupyter.widgets.palette.messages import PinBody, PreferencesBody
from nanover_jupyter.widgets.palette.secrets import without_secrets
from nanover_jupyter.widgets.preferences import Preferences
from nanover_jupyter.widgets.sync.requests import BadRequest

__all__ = ["PalettePreferences"]

_MAX_RECENT: Final = 50
_MAX_PINS: Final = 50
_MAX_BYTES: Final = 16 * 1024


class PalettePreferences:
    """The preferences of the palette for one server.

    Invalid entries in the file are ignored. Secret arguments are not stored.

    Args:
        preferences: The user's preferences.
        server: The address of the server.
        find: Returns the documentation of a command, which says which arguments are secret.
    """

    def __init__(
        self,
        preferences: Preferences,
        server: str,
        find: Callable[[str], Description | None] = lambda _: None,
    ) -> None:
        self._preferences = preferences
        self._server = server
        self._find = find

    def on_change(self, callback: Callable[[], object]) -> Unsubscribe:
        """Call `callback()` after a change in this process, on any thread."""

        def changed(server: str) -> None:
            if server == self._server:
                callback()

        return self._preferences.on_change(changed)

    def body(self, result_name: str) -> PreferencesBody:
        """Return the message body for the page."""
        section = self._preferences.section(self._server)
        integers = _object(section, "integers")
        return PreferencesBody(
            pins=_pins(section),
            recent=_strings(section.get("recent")),
            last=_objects(section.get("last")),
            integers={command: _strings(names) for command, names in integers.items()},
            result_name=result_name,
        )

    def record_run(self, name: str, arguments: dict[str, Any]) -> None:
        """Record a run of a command with encoded arguments."""
        storable = _storable(without_secrets(arguments, self._find(name)))

        def update(section: dict[str, Any]) -> dict[str, Any]:
            recent = [name, *(old for old in _strings(section.get("recent")) if old != name)]
            recent = recent[:_MAX_RECENT]
            last = {**_objects(section.get("last")), name: storable}
            # Forget the arguments of commands that are not recent.
            kept = {command: last[command] for command in recent if last.get(command)}
            return {**section, "recent": recent, "last": kept}

        self._preferences.change(self._server, update)

    def pin(self, pin: PinBody) -> None:
        """Store a pin, or replace the one with its id; above the limit, drop the oldest.

        Raises:
            BadRequest: The arguments are too large, or contain invalid Unicode.
        """
        storable = without_secrets(pin["arguments"], self._find(pin["command"]))
        omitted = [name for name in pin["arguments"] if name not in storable]
        asks = list(dict.fromkeys([*pin["asks"], *omitted]))
        new: PinBody = {**pin, "arguments": storable, "asks": asks}
        try:
            size = _json_size(new)
        except UnicodeEncodeError as error:
            raise BadRequest("the arguments contain an incomplete Unicode character") from error
        if size > _MAX_BYTES:
            limit = _MAX_BYTES // 1024
            raise BadRequest(f"the arguments are too large to pin; the limit is {limit} kB")

        def update(section: dict[str, Any]) -> dict[str, Any]:
            pins = _pins(section)
            if any(old["id"] == new["id"] for old in pins):
                pins = [new if old["id"] == new["id"] else old for old in pins]
            else:
                pins = [*pins, new][-_MAX_PINS:]
            return {**section, "pins": pins}

        self._preferences.change(self._server, update)

    def unpin(self, pin_id: str) -> None:
        """Remove a pin."""

        def update(section: dict[str, Any]) -> dict[str, Any]:
            return {**section, "pins": [pin for pin in _pins(section) if pin["id"] != pin_id]}

        self._preferences.change(self._server, update)

    def set_integers(self, command: str, names: list[str]) -> None:
        """Set which arguments of a command are sent as integers."""

        def update(section: dict[str, Any]) -> dict[str, Any]:
            integers = {**_object(section, "integers"), command: names}
            return {**section, "integers": {key: value for key, value in integers.items() if value}}

        self._preferences.change(self._server, update)


def _storable(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments, or none if they are too large or contain invalid Unicode."""
    try:
        return arguments if _json_size(arguments) <= _MAX_BYTES else {}
    except UnicodeEncodeError:
        return {}


def _json_size(body: Any) -> int:
    """Return the size as JSON; unlike orjson, `json` supports integers beyond 64 bits.

    Raises:
        UnicodeEncodeError: A string contains a lone surrogate.
    """
    return len(json.dumps(body, ensure_ascii=False).encode())


def _object(section: dict[str, Any], name: str) -> dict[str, Any]:
    value = section.get(name)
    return value if isinstance(value, dict) else {}


def _strings(value: Any) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _objects(value: Any) -> dict[str, dict[str, Any]]:
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
        asks = _strings(pin.get("asks"))
        if all(isinstance(text, str) for text in texts.values()):
            found.append(PinBody(arguments=pin["arguments"], asks=asks, **texts))  # type: ignore[typeddict-item]
    return found
