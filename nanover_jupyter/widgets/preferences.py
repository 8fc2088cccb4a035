"""User preferences by server, in a JSON file in the user's configuration folder.

If the file cannot be read or written, preferences last as long as the kernel. An invalid
file is renamed before a new one is written, and a file of a later version is never replaced.
Secrets must not be stored in it.
"""

from __future__ import annotations

import itertools
import json
import logging
import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal

from platformdirs import user_config_path

from nanover_jupyter.client.listeners import Listeners, Unsubscribe

__all__ = ["Preferences", "preferences"]

logger = logging.getLogger("nanover_jupyter.widgets")

_FORMAT: Final = 1
_MAX_SERVERS: Final = 50
_MAX_FILE_BYTES: Final = 4 * 1024 * 1024
_MAX_SECTION_CHARACTERS: Final = _MAX_FILE_BYTES // 2


class Preferences:
    """Sections of preferences by server; thread-safe.

    Each change reads the file again, so that changes of other kernels are kept. The file is
    replaced atomically.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        # Guards _sections, and is held while the file is written.
        self._lock = threading.Lock()
        self._sections: dict[str, dict[str, Any]] | None = None
        self._has_warned = False
        # Why the existing file cannot be read.
        self._problem: Literal["", "invalid", "foreign"] = ""
        self._listeners: Listeners[str] = Listeners()

    def on_change(self, callback: Callable[[str], object]) -> Unsubscribe:
        """Call `callback(server)` after its preferences change in this process."""
        return self._listeners.subscribe(callback)

    def section(self, server: str) -> dict[str, Any]:
        """Return the preferences of a server, as last read or set."""
        with self._lock:
            if self._sections is None:
                self._sections = self._read()
            return dict(self._sections.get(server, {}))

    def change(
        self, server: str, change: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> dict[str, Any]:
        """Replace the preferences of a server by the result of `change`."""
        with self._lock:
            self._sections = self._read() or self._sections or {}
            section = change(dict(self._sections.pop(server, {})))
            # Ordered by last use, so the first ones are removed when there are too many.
            self._sections[server] = section
            while len(self._sections) > _MAX_SERVERS:
                del self._sections[next(iter(self._sections))]
            self._write(self._sections)
        self._listeners.notify(server)
        return dict(section)

    def _read(self) -> dict[str, dict[str, Any]]:
        self._problem = ""
        try:
            return self._parse(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, _UnknownFormat) as error:
            self._problem = "foreign"
            self._warn_once("cannot be read", error)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            self._problem = "invalid"
            self._warn_once("cannot be read", error)
        return {}

    def _parse(self, data: bytes) -> dict[str, dict[str, Any]]:
        if len(data) > _MAX_FILE_BYTES:
            raise ValueError(f"the file is larger than {_MAX_FILE_BYTES} bytes")
        content = json.loads(data)
        if content["format"] != _FORMAT:
            raise _UnknownFormat(f"unknown format {content['format']!r}")
        return {str(key): dict(section) for key, section in content["servers"].items()}

    def _write(self, sections: dict[str, dict[str, Any]]) -> None:
        if self._problem == "foreign":
            return
        try:
            text = _serialize(sections)
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
            temporary = Path(name)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(text)
                if self._problem == "invalid":
                    self._rename_invalid_file()
                temporary.replace(self._path)
            finally:
                temporary.unlink(missing_ok=True)
        except (OSError, ValueError, TypeError) as error:
            self._warn_once("cannot be written", error)

    def _rename_invalid_file(self) -> None:
        """Rename the invalid file, so that the user can repair it."""
        names = (f"{self._path.stem}.broken-{number}.json" for number in itertools.count(1))
        free = next(path for path in map(self._path.with_name, names) if not path.exists())
        self._path.rename(free)
        self._problem = ""
        logger.warning("! renamed the invalid preferences %s to %s", self._path, free)

    def _warn_once(self, what: str, error: Exception) -> None:
        if not self._has_warned:
            logger.warning("! preferences %s %s: %s", self._path, what, error)
        self._has_warned = True


class _UnknownFormat(ValueError):
    """The file was written by a later version of this package."""


def _serialize(sections: dict[str, dict[str, Any]]) -> str:
    """Return the file's text, without the least recently used servers if it is too large.

    Raises:
        ValueError: The preferences of the last used server are too large.
    """
    newest = next(reversed(sections))
    if len(json.dumps(sections[newest], indent=1)) > _MAX_SECTION_CHARACTERS:
        raise ValueError(f"the preferences of {newest} are too large")
    while len(text := json.dumps({"format": _FORMAT, "servers": sections}, indent=1)) > (
        _MAX_FILE_BYTES
    ):
        del sections[next(iter(sections))]
    return text


_instances: dict[Path, Preferences] = {}
_instances_lock = threading.Lock()


def preferences() -> Preferences:
    """Return the user's preferences; all widgets share one object for each file."""
    path = user_config_path("nanover-jupyter", appauthor=False) / "preferences.json"
    with _instances_lock:
        return _instances.setdefault(path, Preferences(path))
