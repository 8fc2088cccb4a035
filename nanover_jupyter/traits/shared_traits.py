"""Traits that follow the shared state and write it: what values and records have in common."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

import traitlets

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.connection import Connection
from nanover_jupyter.errors import InvalidValue, NanoverJupyterError
from nanover_jupyter.traits.key_sync import KeySyncs
from nanover_jupyter.traits.paths import Path, look_up
from nanover_jupyter.wire.values import (
    ABSENT,
    Absent,
    Value,
    alike,
    check_key,
    copy_value,
    normalise,
)

__all__ = ["SharedTraits"]

logger = logging.getLogger("nanover_jupyter.traits")


class SharedTraits(traitlets.HasTraits):
    """Binds traits to places in the value of one key, both ways.

    A trait that is set shows what was set at once, and the server is told in the
    background: one write at a time, of the last word. A write that is refused or fails
    sets the traits back to what the server has, and `error` says why. What the server
    says is set through the client's `MainThreadDispatcher`: observers run on the kernel's main
    thread, or on the thread `nanover-traits` while a cell keeps that one busy. Traits
    may be set on any thread. See `KeySync` for races, and for parts of a value.

    What is bound stays so until `close`, or the client's end; a `with` block closes it.
    When another connection takes the name of a closed one, it is bound to that.
    """

    exists = traitlets.Bool(
        default_value=False, read_only=True, help="Whether the server has it; else defaults show."
    )
    pending = traitlets.Bool(
        default_value=False, read_only=True, help="Whether the server has yet to accept something."
    )
    error = traitlets.Unicode(
        "", read_only=True, help="Why the last write failed, or a value cannot be shown; or empty."
    )

    def __init__(
        self,
        source: Connection | BaseClient,
        key: str,
        places: Mapping[str, Path],
        defaults: Mapping[str, object],
    ) -> None:
        super().__init__(**defaults)
        self._key = check_key(key)
        self._connection = Connection.of(source)
        self._sync = KeySyncs.sync(self._connection.client, key)
        self._defaults = {name: getattr(self, name) for name in places}
        # `shown` is the trait a thread is setting because the server said so, not to write it;
        # `gathered` what it has set to write it together.
        self._local = threading.local()
        # From here on, what is set is written.
        self._places = dict(places)
        self._unsubscribe = self._sync.subscribe(self._show)
        self._connection.dependents.add(self)
        self._show()

    @property
    def connection(self) -> Connection:
        """The connection whose state this is a part of."""
        return self._connection

    @property
    def key(self) -> str:
        """The key of the shared state."""
        return self._key

    def remove(self) -> None:
        """Remove it from the shared state; the traits show their defaults then.

        Raises:
            InvalidValue: It is an item of a list, whose length is not changed here.
        """
        self._sync.set({self._whole(): ABSENT})

    def rebind(self, source: Connection | BaseClient) -> None:
        """Follow the same key of another connection from now on, and show what is there.

        Raises:
            ClosedError: The client was closed.
            TypeError: `source` is something else.
        """
        connection = Connection.of(source)
        sync = KeySyncs.sync(connection.client, self._key)
        self.close()
        self._connection, self._sync = connection, sync
        self._unsubscribe = sync.subscribe(self._show)
        connection.dependents.add(self)
        self._show()

    def close(self) -> None:
        """Stop following. What was set before is still written. Idempotent."""
        self._unsubscribe()
        self._connection.dependents.discard(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def notify_change(self, change: Any) -> None:
        """Write what was set here, and call the observers."""
        if change.name in self.__dict__.get("_places", {}) and not self._is_shown(change):
            gathered = getattr(self._local, "gathered", None)
            if gathered is None:
                self._write({change.name: change.new})
            else:
                gathered[change.name] = change.new
        super().notify_change(change)

    # inside -----------------------------------------------------------------------

    def _whole(self) -> Path:
        """The place that `exists` and `remove` are about."""
        return ()

    @contextmanager
    def _together(self) -> Iterator[None]:
        """Write what the block sets as one change; nothing of it, if it fails."""
        gathered: dict[str, object] = {}
        self._local.gathered = gathered
        try:
            yield
        except BaseException:
            self._local.gathered = None
            self._show()
            raise
        self._local.gathered = None
        if gathered:
            self._write(gathered)

    def _write(self, values: Mapping[str, object]) -> None:
        try:
            self._sync.set({self._places[name]: self._sent(name, v) for name, v in values.items()})
        except NanoverJupyterError:
            self._show()
            raise

    def _sent(self, name: str, value: object) -> Value | Absent:
        plain = self._plain(name, value)
        nulls = self._connection.client.capabilities.null_values
        # Where the wire has no other way to say it, null is a removal.
        return ABSENT if plain is None and not self._places[name] and not nulls else plain

    def _plain(self, name: str, value: object) -> Value:
        """A copy of a value as it can be sent.

        Raises:
            InvalidValue: It cannot.
        """
        try:
            return normalise(value)
        except InvalidValue as error:
            for step in reversed((self._key, *self._places.get(name, ()))):
                error = error.within(step)
            raise error from None

    def _show(self) -> None:
        """Set the traits to what is so now."""
        value = self._sync.value()
        problem = ""
        for name, place in self._places.items():
            found = look_up(value, place)
            shown = self._defaults[name] if found is ABSENT else found
            problem = self._show_one(name, _fitted(self.traits()[name], shown)) or problem
        self.set_trait("exists", look_up(value, self._whole()) is not ABSENT)
        self.set_trait("pending", self._sync.is_pending)
        self.set_trait("error", self._sync.error or problem)

    def _show_one(self, name: str, value: object) -> str:
        """Set one trait; returns why it cannot be, if so."""
        if alike(getattr(self, name), value):
            return ""
        outer = getattr(self._local, "shown", None)
        self._local.shown = name
        try:
            setattr(self, name, value)
        except Exception as error:
            if not alike(getattr(self, name), value):
                return f"{self._named(name)} cannot be shown: {error}"
            logger.exception("! an observer of %s failed", self._named(name))
        finally:
            self._local.shown = outer
        return ""

    def _is_shown(self, change: Any) -> bool:
        """Whether a change is of our making, or wanted already; an observer's own is neither."""
        if getattr(self._local, "shown", None) == change.name:
            # The first one is ours, whatever the trait made of the value; those that
            # observers of it make are not.
            self._local.shown = None
            return True
        return alike(look_up(self._sync.value(), self._places[change.name]), change.new)

    def _named(self, name: str) -> str:
        return repr(self._key) + "".join(f"[{step!r}]" for step in self._places[name])


def _fitted(trait: Any, value: object) -> Any:
    """A copy of a server's value as a trait wants it: 3.0 where whole numbers are, tuples."""
    if isinstance(trait, traitlets.Integer) and isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(trait, traitlets.Tuple) and isinstance(value, list):
        kinds = trait._traits or [None] * len(value)  # noqa: SLF001 - no public name
        return tuple(map(_fitted, kinds, value)) if len(kinds) == len(value) else tuple(value)
    if isinstance(trait, traitlets.List) and isinstance(value, list):
        return [_fitted(trait._trait, item) for item in value]  # noqa: SLF001 - the same
    return copy_value(value)  # type: ignore[arg-type] # a default may be anything
