"""Whole records as objects."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import traitlets

from nanover_jupyter import Connection, DictionaryChange, InvalidValue, NanoverServer
from nanover_jupyter.traits.records import SharedRecord
from tests.support.eventually import eventually

KEY = "avatar.me"


class Avatar(SharedRecord):
    name = traitlets.Unicode("nobody")
    color = traitlets.List(traitlets.Float())
    owner = traitlets.Unicode().tag(field="owner.id")
    failure = traitlets.Any().tag(field="error")


@pytest.fixture
def avatar(connection: Connection) -> Avatar:
    return Avatar(connection, KEY)


def put(server: NanoverServer, **fields: object) -> None:
    server.update_state(None, DictionaryChange({KEY: fields}))


def test_traits_follow_the_fields(avatar: Avatar, server: NanoverServer) -> None:
    put(server, name="Ada", color=[1, 0, 0], **{"owner.id": "me"}, error=3)

    eventually(lambda: avatar.name == "Ada")
    assert (avatar.color, avatar.owner, avatar.failure) == ([1.0, 0.0, 0.0], "me", 3)
    assert avatar.exists


def test_setting_a_trait_writes_its_field_and_leaves_the_rest(
    avatar: Avatar, server: NanoverServer
) -> None:
    put(server, name="Ada", components=[{"deep": True}])
    eventually(lambda: avatar.exists)

    avatar.owner = "me"

    eventually(
        lambda: (
            server.copy_state()[KEY]
            == {"name": "Ada", "components": [{"deep": True}], "owner.id": "me"}
        )
    )


def test_update_is_one_write(
    avatar: Avatar, server: NanoverServer, open_connection: Callable[..., Connection]
) -> None:
    states: list[object] = []
    open_connection().client.on_change(lambda change: states.append(change.updates.get(KEY)))

    avatar.update(name="Ada", color=[1.0], owner="me")

    eventually(lambda: states)
    assert states == [{"name": "Ada", "color": [1.0], "owner.id": "me"}]


def test_update_writes_all_or_nothing(avatar: Avatar, server: NanoverServer) -> None:
    with pytest.raises(traitlets.TraitError):
        avatar.update(name="Ada", color=["red"])

    assert (avatar.name, avatar.color) == ("nobody", [])
    avatar.owner = "me"
    eventually(lambda: server.copy_state() == {KEY: {"owner.id": "me"}})


def test_update_knows_its_fields(avatar: Avatar) -> None:
    with pytest.raises(TypeError, match="Avatar has no field 'nme'"):
        avatar.update(nme="Ada")


def test_a_value_that_cannot_be_sent_is_rolled_back(avatar: Avatar) -> None:
    with pytest.raises(InvalidValue, match=r"avatar\.me\['error'\]: an object"):
        avatar.failure = object()

    assert avatar.failure is None


def test_missing_fields_show_defaults(avatar: Avatar, server: NanoverServer) -> None:
    put(server, name="Ada")
    eventually(lambda: avatar.name == "Ada")

    put(server, color=[1])

    eventually(lambda: avatar.name == "nobody")
    assert avatar.color == [1.0]


def test_a_field_of_another_type_keeps_its_last_value_and_says_so(
    avatar: Avatar, server: NanoverServer
) -> None:
    put(server, name="Ada")
    eventually(lambda: avatar.name == "Ada")

    put(server, name=5, color=[1])

    eventually(lambda: avatar.error)
    assert (avatar.name, avatar.color) == ("Ada", [1.0])
    assert avatar.error.startswith("the value of 'avatar.me'['name'] does not fit the trait: ")


def test_a_value_that_is_not_a_record_shows_defaults(avatar: Avatar, server: NanoverServer) -> None:
    server.update_state(None, DictionaryChange({KEY: "strange"}))

    eventually(lambda: avatar.exists)
    assert avatar.name == "nobody"
    with pytest.raises(InvalidValue, match="the value 'strange' has no field 'name'"):
        avatar.name = "Ada"
    assert avatar.name == "nobody"


def test_remove_removes_the_record(avatar: Avatar, server: NanoverServer) -> None:
    put(server, name="Ada")
    eventually(lambda: avatar.exists)

    avatar.remove()

    eventually(lambda: server.copy_state() == {})
    eventually(lambda: avatar.name == "nobody" and not avatar.exists)


def test_refused_write_rolls_back_all_that_went_with_it(
    avatar: Avatar, server: NanoverServer, open_connection: Callable[..., Connection]
) -> None:
    put(server, name="Ada", color=[1])
    eventually(lambda: avatar.exists)
    assert open_connection().client.attempt_update_locks({KEY: 60})

    avatar.update(name="Bob", color=[2.0])

    eventually(lambda: avatar.error)
    assert (avatar.name, avatar.color) == ("Ada", [1.0])


def test_repr_shows_the_fields(avatar: Avatar, server: NanoverServer) -> None:
    put(server, name="Ada", color=[1])
    eventually(lambda: avatar.exists)

    assert repr(avatar).startswith("<Avatar 'avatar.me', ")
    assert "name='Ada'" in repr(avatar)
