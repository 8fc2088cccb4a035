"""What the palette keeps for a server: buttons, recent commands, arguments, whole numbers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from nanover_jupyter.client.commands.docs import Description
from nanover_jupyter.client.listeners import Unsubscribe
from nanover_jupyter.widgets.palette.messages import MemoryBody, PinBody
from nanover_jupyter.widgets.palette.secrets import without_secrets
from nanover_jupyter.widgets.preferences import Preferences
from nanover_jupyter.widgets.sync.requests import BadRequest

__all__ = ["PaletteMemory"]

_MOST_RECENT: Final = 50
_MOST_PINS: Final = 50
_LARGEST_ARGUMENTS: Final = 16 * 1024


class PaletteMemory:
    """The palette's part of the preferences, for one server.

    Everything read from the file is checked: what is not as it should be is left out.
    Secrets do not get into it.

    Args:
        preferences: Where it is kept.
        server: The address of the server.
        find: What is known of a command, and so which of its arguments are secrets.
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
        plain = _fit_to_keep(without_secrets(arguments, self._find(name)))

        def note(section: dict[str, Any]) -> dict[str, Any]:
            recent = [name, *(old for old in _texts(section.get("recent")) if old != name)]
            recent = recent[:_MOST_RECENT]
            last = {**_records(section.get("last")), name: plain}
            # Arguments of commands that nobody runs any more are not kept for ever.
            kept = {command: last[command] for command in recent if last.get(command)}
            return {**section, "recent": recent, "last": kept}

        self._preferences.change(self._server, note)

    def pin(self, pin: PinBody) -> None:
        """Keep a button, or replace the one of its id; beyond fifty the oldest goes.

        Raises:
            BadRequest: It is too large for a file, or no text.
        """
        plain = without_secrets(pin["arguments"], self._find(pin["command"]))
        left_out = [name for name in pin["arguments"] if name not in plain]
        asks = list(dict.fromkeys([*pin["asks"], *left_out]))
        kept: PinBody = {**pin, "arguments": plain, "asks": asks}
        try:
            length = _length(kept)
        except UnicodeEncodeError as error:
            raise BadRequest("its arguments hold half a character") from error
        if length > _LARGEST_ARGUMENTS:
            most = _LARGEST_ARGUMENTS // 1024
            raise BadRequest(f"its arguments are too large to keep: {most} kB at the most")

        def keep(section: dict[str, Any]) -> dict[str, Any]:
            pins = _pins(section)
            if any(old["id"] == kept["id"] for old in pins):
                pins = [kept if old["id"] == kept["id"] else old for old in pins]
            else:
                pins = [*pins, kept][-_MOST_PINS:]
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
    """Nothing at all if it is too large for a file, or no page could be told of it."""
    try:
        return arguments if _length(arguments) <= _LARGEST_ARGUMENTS else {}
    except UnicodeEncodeError:
        return {}


def _length(body: Any) -> int:
    """How long it is as JSON; unlike orjson's, with numbers beyond 64 bits, such as 1e20.

    Raises:
        UnicodeEncodeError: There are lone surrogates in it.
    """
    return len(json.dumps(body, ensure_ascii=False).encode())


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
        asks = _texts(pin.get("asks"))
        if all(isinstance(text, str) for text in texts.values()):
            found.append(PinBody(arguments=pin["arguments"], asks=asks, **texts))  # type: ignore[typeddict-item]
    return found
