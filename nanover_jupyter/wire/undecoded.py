"""Values that came over a wire and are read when somebody first asks for them.

Most values of a busy session are replaced before anyone looks at them, and reading
one costs far more than receiving it. Knows no wire: a codec says how to read.
"""

from __future__ import annotations

from collections.abc import Mapping

from nanover_jupyter.wire.collector import collector_paused
from nanover_jupyter.wire.values import Value, copy_value

__all__ = ["Received", "Undecoded", "read", "read_all"]


class Undecoded:
    """A value still in the bytes it came in; any thread may read it.

    A codec says in a subclass how. (No abstract base class: `isinstance`, which is asked
    for every value, takes ten times as long with one.)

    Args:
        data: The bytes, which `decode` understands.
    """

    __slots__ = ("_data", "_value")

    def __init__(self, data: bytes) -> None:
        self._data: bytes | None = data
        self._value: Value = None

    @staticmethod
    def decode(data: bytes) -> Value:
        """What the bytes say; never raises, as nobody who reads could do better."""
        raise NotImplementedError

    def read(self) -> Value:
        """The value, shared by all who ask; kept, in place of the bytes."""
        data = self._data
        if data is None:
            return self._value
        # Two threads may get here at once. Both then read the same bytes, and the
        # value stands before the bytes go, so neither finds both gone.
        value = self._value = self.decode(data)
        self._data = None
        return value

    def fresh(self) -> Value:
        """A value of the caller's own, which is not kept."""
        data = self._data
        return copy_value(self._value) if data is None else self.decode(data)

    def kept(self) -> Received:
        """The same for somebody who keeps many values and asks for few.

        Over the same bytes, but apart: that another reads this one turns no bytes of
        theirs into objects, which take several times as much. The value where it was
        read already.
        """
        data = self._data
        return self._value if data is None else type(self)(data)

    @property
    def size(self) -> int | None:
        """How many bytes wait to be read; None once they were."""
        data = self._data
        return None if data is None else len(data)

    def says_the_same(self, other: Undecoded) -> bool:
        """Whether both are certainly equal, as far as their bytes tell."""
        return self._data is not None and self._data == other._data


Received = Value | Undecoded


def read(value: Received) -> Value:
    """A value that may not have been read yet."""
    return value.read() if isinstance(value, Undecoded) else value


def read_all(values: Mapping[str, Received]) -> dict[str, Value]:
    """The same values in a plain dict, all of them read."""
    with collector_paused():
        return {key: read(value) for key, value in values.items()}
