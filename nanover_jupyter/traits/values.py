"""One value of the shared state as a trait."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import traitlets

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.connection import Connection
from nanover_jupyter.traits.paths import Path, as_path
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
    """A value of the shared state, whatever it is, as the trait `value`.

        scale = SharedFloat(connection, "suggested.interaction.scale", default=1.0)
        ipywidgets.link((slider, "value"), (scale, "value"))

    Lists and dicts come as copies: to change one, set it anew. See `SharedTraits` for
    threads and errors.

    Args:
        source: A Connection, or a client.
        key: The key in the shared state.
        default: What `value` is while the server has none; it is not written.
        path: The way to a part of the key's value, such as `("color", 0)`; the whole by
            default. Fields of dicts are made by setting them, items of lists are not.

    Raises:
        ClosedError: The client was closed.
        TypeError: `source` or `path` is something else.
    """

    value = traitlets.Any(help="The value on the server; set it to change it there.")

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
    def path(self) -> Path:
        """The way to the part of the key's value that this is; () is all of it."""
        return self._path

    def __repr__(self) -> str:
        state = "" if self.exists else ", not on the server"
        return f"<{type(self).__name__} {self._named('value')}: {self.value!r}{state}>"

    def _whole(self) -> Path:
        return self._path

    @traitlets.validate("value")
    def _check_value(self, proposal: Any) -> Any:
        """A copy that can be sent, so that what was set cannot be changed unseen."""
        plain = self._plain("value", proposal.value)
        if isinstance(proposal.trait, traitlets.Tuple) and isinstance(plain, list):
            return tuple(plain)
        return plain


class SharedFloat(SharedValue):
    """A number of the shared state."""

    value = traitlets.Float(help="The number on the server; set it to change it there.")


class SharedInt(SharedValue):
    """A whole number of the shared state, which gRPC servers keep as 3.0."""

    value = traitlets.Int(help="The number on the server; set it to change it there.")


class SharedBool(SharedValue):
    """A truth value of the shared state."""

    value = traitlets.Bool(help="The value on the server; set it to change it there.")


class SharedText(SharedValue):
    """A text of the shared state."""

    value = traitlets.Unicode(help="The text on the server; set it to change it there.")


class SharedList(SharedValue):
    """A list of the shared state."""

    value = traitlets.List(help="The list on the server; set it anew to change it there.")


def shared(
    source: Connection | BaseClient,
    key: str,
    default: object = traitlets.Undefined,
    *,
    path: str | int | Sequence[str | int] = (),
    kind: Any = None,
) -> SharedValue:
    """A value of the shared state as a trait that works both ways.

        scale = shared(connection, "suggested.interaction.scale", default=1.0)
        ipywidgets.link((slider, "value"), (scale, "value"))
        red = shared(connection, "avatar.me", path=("color", 0), kind=Float(min=0, max=1))

    Args:
        source: A Connection, or a client.
        key: The key in the shared state.
        default: What `value` is while the server has none; it is not written.
        path: The way to a part of the key's value; the whole by default.
        kind: A trait, such as `traitlets.Float(min=0)`, that says what values there are;
            any that can be sent by default. `SharedFloat` and its like are shorter where
            there are no bounds.

    Raises:
        ClosedError: The client was closed.
        TypeError: An argument is something else.
    """
    if kind is None:
        return SharedValue(source, key, default=default, path=path)
    trait = kind() if isinstance(kind, type) else kind
    if not isinstance(trait, traitlets.TraitType):
        raise TypeError(f"kind is a trait such as traitlets.Float(min=0), not {kind!r}")
    one_of_a_kind: type[SharedValue] = type("SharedValue", (SharedValue,), {"value": trait})
    return one_of_a_kind(source, key, default=default, path=path)
