"""Records of the shared state as objects with traits."""

from __future__ import annotations

from typing import Any

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.connection import Connection
from nanover_jupyter.traits.shared_traits import SharedTraits

__all__ = ["SharedRecord"]


class SharedRecord(SharedTraits):
    """Base class of classes whose traits are the fields of a record in the shared state.

        class Avatar(SharedRecord):
            name = Unicode()
            color = List(Float())
            owner = Unicode().tag(field="owner.id")

        me = Avatar(connection, "avatar.me")
        me.name = "Ada"
        me.update(name="Grace", color=[1.0, 0.0, 0.0, 1.0])

    A trait has the name of its field, or names another with `tag(field=...)`, which allows
    a field called `error`. A trait whose field is missing has its default. Fields without a
    trait are not changed. Setting a trait writes its field and creates the record if it is
    missing. See `SharedTraits` for threads and errors.

    Args:
        source: A Connection, or a client.
        key: The key of the record.

    Raises:
        ClosedError: The client was closed.
        TypeError: `source` has another type.
    """

    def __init__(self, source: Connection | BaseClient, key: str) -> None:
        base = SharedRecord.class_trait_names()
        fields = {
            name: (str(trait.metadata.get("field", name)),)
            for name, trait in type(self).class_traits().items()
            if name not in base
        }
        super().__init__(source, key, fields, {})

    def update(self, **fields: Any) -> None:
        """Set several traits and write them together.

        Raises:
            TypeError: The record has no such trait.
            traitlets.TraitError: A trait rejected its value; nothing was written.
        """
        for name in fields:
            if name not in self._paths:
                raise TypeError(f"{type(self).__name__} has no field {name!r}")
        with self._batch():
            for name, value in fields.items():
                setattr(self, name, value)

    def __repr__(self) -> str:
        fields = "".join(f", {name}={getattr(self, name)!r}" for name in self._paths)
        state = "" if self.exists else ", not on the server"
        return f"<{type(self).__name__} {self._key!r}{fields}{state}>"
