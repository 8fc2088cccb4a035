"""Base class of traits that are synchronized with the shared state."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

import traitlets

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.connection import Connection
from nanover_jupyter.client.state.paths import PlainPath, get_at
from nanover_jupyter.errors import InvalidValue, NanoverJupyterError
from nanover_jupyter.traits.key_sync import KeySyncs
from nanover_jupyter.wire.values import (
    ABSENT,
    Absent,
    Value,
    alike,
    check_key,
    copy_value,
    normalize,
)

__all__ = ["SharedTraits"]

logger = logging.getLogger("nanover_jupyter.traits")


class SharedTraits(traitlets.HasTraits):
    """Binds traits to parts of the value of one key, in both directions.

    Setting a trait changes it at once. The server is updated in the background, with one
    write at a time, of the last value. If a write fails or is refused, the traits are reset
    to the server's values and `error` holds the reason. Changes of the server are set
    through the client's `MainThreadDispatcher`: observers run on the kernel's main thread,
    or on the thread `nanover-traits` while a cell keeps the main thread busy. Traits may be
    set on any thread. See `KeySync` for races and partial values.

    The traits are bound until `close`, the end of a `with` block, or the client's end. When
    another connection replaces a closed one, they are bound to the new one.
    """

    exists = traitlets.Bool(
        default_value=False,
        read_only=True,
        help="Whether the server has a value. Otherwise, defaults.",
    )
    pending = traitlets.Bool(
        default_value=False, read_only=True, help="Whether a write is not accepted yet."
    )
    error = traitlets.Unicode(
        "", read_only=True, help="Why a write failed or a value is invalid; else empty."
    )

    def __init__(
        self,
        source: Connection | BaseClient,
        key: str,
        paths: Mapping[str, PlainPath],
        defaults: Mapping[str, object],
    ) -> None:
        super().__init__(**defaults)
        self._key = check_key(key)
        self._connection = Connection.of(source)
        self._sync = KeySyncs.sync(self._connection.client, key)
        self._defaults = {name: getattr(self, name) for name in paths}
        # Per thread: `receiving` is the trait that is being set to the server's value and must
        # not be written; `batch` holds values that are written together.
        self._local = threading.local()
        # From here on, values that are set are written.
        self._paths = dict(paths)
        self._unsubscribe = self._sync.subscribe(self._update_traits)
        self._connection.dependents.add(self)
        self._update_traits()

    @property
    def connection(self) -> Connection:
        """The connection that the traits are bound to."""
        return self._connection

    @property
    def key(self) -> str:
        """The key of the shared state."""
        return self._key

    def remove(self) -> None:
        """Remove the value from the shared state; the traits are set to their defaults.

        Raises:
            InvalidValue: The value is an item of a list.
        """
        self._sync.set({self._root(): ABSENT})

    def rebind(self, source: Connection | BaseClient) -> None:
        """Bind the traits to the same key of another connection.

        Raises:
            ClosedError: The client was closed.
            TypeError: `source` has another type.
        """
        connection = Connection.of(source)
        sync = KeySyncs.sync(connection.client, self._key)
        self.close()
        self._connection, self._sync = connection, sync
        self._unsubscribe = sync.subscribe(self._update_traits)
        connection.dependents.add(self)
        self._update_traits()

    def close(self) -> None:
        """Unbind the traits. Values set before are still written. Idempotent."""
        self._unsubscribe()
        self._connection.dependents.discard(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def notify_change(self, change: Any) -> None:
        """Write the value that was set, and call the observers."""
        if change.name in self.__dict__.get("_paths", {}) and not self._is_received(change):
            batch = getattr(self._local, "batch", None)
            if batch is None:
                self._write({change.name: change.new})
            else:
                batch[change.name] = change.new
        super().notify_change(change)

    # internals ---------------------------------------------------------------------

    def _root(self) -> PlainPath:
        """Return the path that `exists` and `remove` refer to."""
        return ()

    @contextmanager
    def _batch(self) -> Iterator[None]:
        """Write the values set in the block as one change; write nothing if the block fails."""
        batch: dict[str, object] = {}
        self._local.batch = batch
        try:
            yield
        except BaseException:
            self._local.batch = None
            self._update_traits()
            raise
        self._local.batch = None
        if batch:
            self._write(batch)

    def _write(self, values: Mapping[str, object]) -> None:
        try:
            self._sync.set(
                {self._paths[name]: self._wire_value(name, v) for name, v in values.items()}
            )
        except NanoverJupyterError:
            self._update_traits()
            raise

    def _wire_value(self, name: str, value: object) -> Value | Absent:
        plain = self._plain(name, value)
        has_null = self._connection.client.capabilities.null_values
        # On a wire without null values, setting a key to None removes it.
        return ABSENT if plain is None and not self._paths[name] and not has_null else plain

    def _plain(self, name: str, value: object) -> Value:
        """Return a copy of a value that can be sent.

        Raises:
            InvalidValue: The value cannot be sent.
        """
        try:
            return normalize(value)
        except InvalidValue as error:
            for step in reversed((self._key, *self._paths.get(name, ()))):
                error = error.within(step)
            raise error from None

    def _update_traits(self) -> None:
        """Set the traits to the current values."""
        value = self._sync.value()
        problem = ""
        for name, path in self._paths.items():
            found = get_at(value, path)
            new = self._defaults[name] if found is ABSENT else found
            problem = self._update_trait(name, _converted(self.traits()[name], new)) or problem
        self.set_trait("exists", get_at(value, self._root()) is not ABSENT)
        self.set_trait("pending", self._sync.is_pending)
        self.set_trait("error", self._sync.error or problem)

    def _update_trait(self, name: str, value: object) -> str:
        """Set one trait; returns the reason if it rejects the value."""
        if alike(getattr(self, name), value):
            return ""
        outer = getattr(self._local, "receiving", None)
        self._local.receiving = name
        try:
            setattr(self, name, value)
        except Exception as error:
            if not alike(getattr(self, name), value):
                return f"the value of {self._label(name)} does not fit the trait: {error}"
            logger.exception("! an observer of %s failed", self._label(name))
        finally:
            self._local.receiving = outer
        return ""

    def _is_received(self, change: Any) -> bool:
        """Return whether a change came from the server, or is already written."""
        if getattr(self._local, "receiving", None) == change.name:
            # Only the first change came from the server; later ones were made by observers.
            self._local.receiving = None
            return True
        return alike(get_at(self._sync.value(), self._paths[change.name]), change.new)

    def _label(self, name: str) -> str:
        return repr(self._key) + "".join(f"[{step!r}]" for step in self._paths[name])


def _converted(trait: Any, value: object) -> Any:
    """Return a copy of a server value converted for a trait: 3.0 to 3, lists to tuples."""
    if isinstance(trait, traitlets.Integer) and isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(trait, traitlets.Tuple) and isinstance(value, list):
        kinds = trait._traits or [None] * len(value)  # noqa: SLF001 - no public name
        return tuple(map(_converted, kinds, value)) if len(kinds) == len(value) else tuple(value)
    if isinstance(trait, traitlets.List) and isinstance(value, list):
        return [_converted(trait._trait, item) for item in value]  # noqa: SLF001 - the same
    return copy_value(value)  # type: ignore[arg-type] # a default may have any type
