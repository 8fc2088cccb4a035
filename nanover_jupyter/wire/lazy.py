"""Values that came over a wire and are read when somebody first asks for them.

Most values of a busy session are replaced before anyone looks at them, and reading
one costs far more than receiving it. Knows no wire: a codec says how to read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from nanover_jupyter.wire.values import Value, copy_value

__all__ = ["Copy", "LazyValue", "MaybeLazy", "copy_all", "read", "read_all"]

logger = logging.getLogger("nanover_jupyter.wire")

Copy = Callable[[Any], Any]
"""Makes a deep copy of one value, or of any of the same structure."""


class LazyValue:
    """A value still in the bytes it came in; any thread may read it.

    A codec says in a subclass how. (No abstract base class: `isinstance`, which is asked
    for every value, takes ten times as long with one.)

    Args:
        data: The bytes, which `decode` understands.
    """

    __slots__ = ("_copy", "_data", "_value")

    def __init__(self, data: bytes) -> None:
        self._data: bytes | None = data
        self._value: Value = None
        self._copy: Copy = copy_value

    @staticmethod
    def decode(data: bytes) -> tuple[Value, Copy]:
        """What the bytes say, and what copies it best.

        Never raises, as nobody who reads could do better.
        """
        raise NotImplementedError

    def read(self) -> Value:
        """The value, shared by all who ask; kept, in place of the bytes."""
        data = self._data
        if data is None:
            return self._value
        # Two threads may get here at once. Both then read the same bytes, and the
        # value stands before the bytes go, so neither finds both gone.
        value, self._copy = self.decode(data)
        self._value = value
        self._data = None
        return value

    def fresh(self) -> Value:
        """A value of the caller's own, which is not kept."""
        data = self._data
        if data is not None:
            return self.decode(data)[0]
        try:
            return self._copy(self._value)  # type: ignore[no-any-return]
        except (AttributeError, LookupError, TypeError, ValueError):
            # Somebody altered the shared value. That is against the rules, but a copy
            # can be had all the same.
            return copy_value(self._value)

    @property
    def data(self) -> bytes | None:
        """The bytes that wait to be read; None once they were.

        For those who keep many values and read few: `type(value).decode(data)` reads them
        apart from this value, which others may turn into objects several times their size.
        """
        return self._data

    @property
    def size(self) -> int | None:
        """How many bytes wait to be read; None once they were."""
        data = self._data
        return None if data is None else len(data)

    def says_the_same(self, other: LazyValue) -> bool:
        """Whether both are certainly equal, as far as their bytes tell."""
        return self._data is not None and self._data == other._data


MaybeLazy = Value | LazyValue


def read(value: MaybeLazy) -> Value:
    """A value that may not have been read yet."""
    return value.read() if isinstance(value, LazyValue) else value


def read_all(values: Mapping[str, MaybeLazy]) -> dict[str, Value]:
    """The same values in a plain dict, all of them read."""
    return {key: read(value) for key, value in values.items()}


def copy_all(values: Mapping[str, MaybeLazy]) -> dict[str, Value]:
    """Deep copies in a plain dict. What is not read yet stays so: the copy is read apart."""
    return {
        key: value.fresh() if isinstance(value, LazyValue) else _copied(value)
        for key, value in values.items()
    }


def _copied(value: Value) -> Value:
    try:
        return copy_value(value)
    except RecursionError:
        # MessagePack is read ten times as deep as anybody means it.
        logger.warning("! a value is nested too deeply to be copied, and is left out as null")
        return None
