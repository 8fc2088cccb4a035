"""One value of the shared state as a trait."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import traitlets

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.connection import Connection
from nanover_jupyter.client.state.paths import PlainPath, as_path
from nanover_jupyter.traits.shared_traits import SharedTraits

__all__ = [
    "SharedBool",
    "SharedFloat",
    "SharedInt",
    "SharedList",
    "SharedText",
    "SharedValue",
    "shared",
]


class SharedValue(SharedTraits):
    """A value of the shared state, of any type, as the trait `value`.

        scale = SharedFloat(connection, "suggested.interaction.scale", default=1.0)
        ipywidgets.link((slider, "value"), (scale, "value"))

    Lists and dicts are copies: to change one, set a new one. See `SharedTraits` for threads
    and errors.

    Args:
        source: A Connection, or a client.
        key: The key in the shared state.
        default: The value while the server has none. It is not written.
        path: The path to a part of the key's value, such as `("color", 0)`; the full value
            by default. Setting a missing field of a dict creates it; items of lists must exist.

    Raises:
        ClosedError: The client was closed.
        TypeError: `source` or `path` has another type.
    """

    value = traitlets.Any(help="The value on the server. Set it to write it.")

    def __init__(
        self,
        source: Connection | BaseClient,
        key: str,
        *,
        default: object = traitlets.Undefined,
        path: str | int | Sequence[str | int] = (),
    ) -> None:
        self._path = as_path(path)
        defaults = {} if default is traitlets.Undefined else {"value": default}
        super().__init__(source, key, {"value": self._path}, defaults)

    @property
    def path(self) -> PlainPath:
        """The path to the part of the key's value; () is the full value."""
        return self._path

    def __repr__(self) -> str:
        state = "" if self.exists else ", not on the server"
        return f"<{type(self).__name__} {self._label('value')}: {self.value!r}{state}>"

    def _root(self) -> PlainPath:
        return self._path

    @traitlets.validate("value")
    def _check_value(self, proposal: Any) -> Any:
        """Return a copy that can be sent, so that later changes of the original do not count."""
        plain = self._plain("value", proposal.value)
        if isinstance(proposal.trait, traitlets.Tuple) and isinstance(plain, list):
            return tuple(plain)
        return plain


class SharedFloat(SharedValue):
    """A number of the shared state."""

    value = traitlets.Float(help="The number on the server. Set it to write it.")


class SharedInt(SharedValue):
    """An integer of the shared state, which gRPC servers store as a float."""

    value = traitlets.Int(help="The integer on the server. Set it to write it.")


class SharedBool(SharedValue):
    """A Boolean of the shared state."""

    value = traitlets.Bool(help="The Boolean on the server. Set it to write it.")


class SharedText(SharedValue):
    """A string of the shared state."""

    value = traitlets.Unicode(help="The string on the server. Set it to write it.")


class SharedList(SharedValue):
    """A list of the shared state."""

    value = traitlets.List(help="The list on the server. Set a new list to write it.")


def shared(
    source: Connection | BaseClient,
    key: str,
    default: object = traitlets.Undefined,
    *,
    path: str | int | Sequence[str | int] = (),
    kind: Any = None,
) -> SharedValue:
    """Return a value of the shared state as a trait that reads and writes it.

        scale = shared(connection, "suggested.interaction.scale", default=1.0)
        ipywidgets.link((slider, "value"), (scale, "value"))
        red = shared(connection, "avatar.me", path=("color", 0), kind=Float(min=0, max=1))

    Args:
        source: A Connection, or a client.
        key: The key in the shared state.
        default: The value while the server has none. It is not written.
        path: The path to a part of the key's value; the full value by default.
        kind: A trait that validates the value, such as `traitlets.Float(min=0)`; any value
            that can be sent is valid by default. Without bounds, `SharedFloat` and similar
            classes are shorter.

    Raises:
        ClosedError: The client was closed.
        TypeError: An argument has another type.
    """
    if kind is None:
        return SharedValue(source, key, default=default, path=path)
    trait = kind() if isinstance(kind, type) else kind
    if not isinstance(trait, traitlets.TraitType):
        raise TypeError(f"kind must be a trait such as traitlets.Float(min=0), not {kind!r}")
    subclass: type[SharedValue] = type("SharedValue", (SharedValue,), {"value": trait})
    return subclass(source, key, default=default, path=path)
