"""What people set up for a server, in a file that outlives kernels.

One JSON file in the user's configuration folder, one section for each server. It is
for convenience only: a file that is broken, missing or not writable is no error, and
then what is set holds for this kernel. One that cannot be read is never replaced: it is
set aside if it is broken, and left alone else. Nothing secret belongs in it.
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
_MOST_SERVERS: Final = 50
_LARGEST_FILE: Final = 4 * 1024 * 1024
_LARGEST_SECTION: Final = _LARGEST_FILE // 2


class Preferences:
    """Sections of settings by server; may be used from any thread.

    Each change reads the file anew, so that what another kernel wrote in between stays.
    The file is replaced as a whole: a reader never sees half of one.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        # Guards _sections, and held while the file is changed.
        self._lock = threading.Lock()
        self._sections: dict[str, dict[str, Any]] | None = None
        self._complained = False
        # What we found in our place and cannot read.
        self._in_the_way: Literal["", "broken", "not ours"] = ""
        self._listeners: Listeners[str] = Listeners()

    def on_change(self, callback: Callable[[str], object]) -> Unsubscribe:
        """Call `callback(server)` when its settings were changed in this process."""
        return self._listeners.subscribe(callback)

    def section(self, server: str) -> dict[str, Any]:
        """The settings for a server, as they were read first or set last."""
        with self._lock:
            if self._sections is None:
                self._sections = self._read()
            return dict(self._sections.get(server, {}))

    def change(
        self, server: str, change: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> dict[str, Any]:
        """Replace the settings for a server by what `change` makes of the present ones."""
        with self._lock:
            self._sections = self._read() or self._sections or {}
            section = change(dict(self._sections.pop(server, {})))
            # The one used last stands last; the first ones go when there are too many.
            self._sections[server] = section
            while len(self._sections) > _MOST_SERVERS:
                del self._sections[next(iter(self._sections))]
            self._write(self._sections)
        self._listeners.notify(server)
        return dict(section)

    def _read(self) -> dict[str, dict[str, Any]]:
        self._in_the_way = ""
        try:
            return self._sections_of(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, _LaterFormat) as error:
            self._in_the_way = "not ours"
            self._complain("cannot be read", error)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            self._in_the_way = "broken"
            self._complain("cannot be read", error)
        return {}

    def _sections_of(self, written: bytes) -> dict[str, dict[str, Any]]:
        if len(written) > _LARGEST_FILE:
            raise ValueError("it is far too large")
        content = json.loads(written)
        if content["format"] != _FORMAT:
            raise _LaterFormat(f"its format is {content['format']!r}")
        return {str(key): dict(section) for key, section in content["servers"].items()}

    def _write(self, sections: dict[str, dict[str, Any]]) -> None:
        if self._in_the_way == "not ours":
            return
        try:
            text = _text_of(sections)
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
            temporary = Path(name)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(text)
                if self._in_the_way == "broken":
                    self._set_aside()
                temporary.replace(self._path)
            finally:
                temporary.unlink(missing_ok=True)
        except (OSError, ValueError, TypeError) as error:
            self._complain("cannot be written", error)

    def _set_aside(self) -> None:
        """Give the broken file another name, for people to mend it."""
        names = (f"{self._path.stem}.broken-{number}.json" for number in itertools.count(1))
        free = next(path for path in map(self._path.with_name, names) if not path.exists())
        self._path.rename(free)
        self._in_the_way = ""
        logger.warning("! what was in %s is in %s now", self._path, free)

    def _complain(self, what: str, error: Exception) -> None:
        """Say it once: it will be so each time."""
        if not self._complained:
            logger.warning("! the preferences in %s %s: %s", self._path, what, error)
        self._complained = True


class _LaterFormat(ValueError):
    """The file is of a later version, which knows more than we do."""


def _text_of(sections: dict[str, dict[str, Any]]) -> str:
    """The file, short enough to be read again: the servers used longest ago go first.

    Raises:
        ValueError: The server used last has too much to be kept.
    """
    newest = next(reversed(sections))
    if len(json.dumps(sections[newest], indent=1)) > _LARGEST_SECTION:
        raise ValueError(f"there is far too much for {newest}")
    while len(text := json.dumps({"format": _FORMAT, "servers": sections}, indent=1)) > (
        _LARGEST_FILE
    ):
        del sections[next(iter(sections))]
    return text


_all: dict[Path, Preferences] = {}
_making = threading.Lock()


def preferences() -> Preferences:
    """The user's preferences; one object for each file, shared by all widgets."""
    path = user_config_path("nanover-jupyter", appauthor=False) / "preferences.json"
    with _making:
        return _all.setdefault(path, Preferences(path))
