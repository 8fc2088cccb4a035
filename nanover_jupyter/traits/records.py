"""Whole records of the shared state as objects with traits."""

from __future__ import annotations

from typing import Any

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.connection import Connection
from nanover_jupyter.traits.shared_traits import SharedTraits

__all__ = ["SharedRecord"]


class SharedRecord(SharedTraits):
    """Base of classes whose traits are the fields of one record in the shared state.

        class Avatar(SharedRecord):
            name = Unicode()
            color = List(Float())
            owner = Unicode().tag(field="owner.id")

        me = Avatar(connection, "avatar.me")
        me.name = "Ada"
        me.update(name="Grace", color=[1.0, 0.0, 0.0, 1.0])

    A trait has the name of its field, or says another with `tag(field=...)`; so can a
    field be called `error`. A field that the record lacks shows the trait's default, and
    fields without a trait stay as they are. Setting a trait writes its field; the record
    is made if it is not there. See `SharedTraits` for threads and errors.

    Args:
        source: A Connection, or a client.
        key: The key of the record.

    Raises:
        ClosedError: The client was closed.
        TypeError: `source` is something else.
    """

    def __init__(self, source: Connection | BaseClient, key: str) -> None:
        ours = SharedRecord.class_trait_names()
        fields = {
            name: (str(trait.metadata.get("field", name)),)
            for name, trait in type(self).class_traits().items()
            if name not in ours
        }
        super().__init__(source, key, fields, {})

    def update(self, **fields: Any) -> None:
        """Set several traits, and write them together.

        Raises:
            TypeError: There is no such trait.
            traitlets.TraitError: A trait does not take its value; nothing was written.
        """
        for name in fields:
            if name not in self._places:
                raise TypeError(f"{type(self).__name__} has no field {name!r}")
        with self._together():
            for name, value in fields.items():
                setattr(self, name, value)

    def __repr__(self) -> str:
        fields = "".join(f", {name}={getattr(self, name)!r}" for name in self._places)
        state = "" if self.exists else ", not on the server"
        return f"<{type(self).__name__} {self._key!r}{fields}{state}>"
