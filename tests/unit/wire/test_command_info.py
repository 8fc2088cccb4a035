"""Command names, arguments, labels and icons."""

from __future__ import annotations

import math

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, struct_pb2

from nanover_jupyter.errors import InvalidValue
from nanover_jupyter.wire.command_info import CommandInfo
from nanover_jupyter.wire.grpc import protocol


def foreign_message_class():
    """Return `CommandMessage` of another package: another class in another pool."""
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(struct_pb2.DESCRIPTOR.serialized_pb)
    file = descriptor_pb2.FileDescriptorProto(
        name="command.proto",
        package="nanover.protocol.command",
        syntax="proto3",
        dependency=["google/protobuf/struct.proto"],
    )
    message = file.message_type.add(name="CommandMessage")
    field = descriptor_pb2.FieldDescriptorProto
    message.field.add(name="name", number=1, type=field.TYPE_STRING, label=field.LABEL_OPTIONAL)
    message.field.add(
        name="arguments",
        number=2,
        type=field.TYPE_MESSAGE,
        label=field.LABEL_OPTIONAL,
        type_name=".google.protobuf.Struct",
    )
    pool.Add(file)
    return message_factory.GetMessageClass(
        pool.FindMessageTypeByName("nanover.protocol.command.CommandMessage")
    )


def test_a_command_has_a_name_and_default_arguments():
    info = CommandInfo("playback/load", index=0, options={"deep": [1]})

    assert info.name == "playback/load"
    assert info.arguments == {"index": 0, "options": {"deep": [1]}}


def test_the_arguments_are_copies():
    info = CommandInfo("x", options={"deep": [1]})
    info.arguments["options"]["deep"].append(2)
    info.arguments["more"] = 3

    assert info.arguments == {"options": {"deep": [1]}}


def test_the_arguments_are_independent_of_their_source():
    given = [1]
    info = CommandInfo("x", items=given)
    given.append(2)

    assert info.arguments == {"items": [1]}


def test_an_argument_may_be_called_name_or_self():
    assert CommandInfo("x", name="n", self="s").arguments == {"name": "n", "self": "s"}


def test_a_default_that_cannot_be_sent_is_rejected_with_its_path():
    with pytest.raises(InvalidValue) as caught:
        CommandInfo("x", a={"b": {1}})

    assert caught.value.path == ("a", "b")


@pytest.mark.parametrize(
    ("info", "text"),
    [
        (CommandInfo("playback/play"), "'playback/play':()"),
        (CommandInfo("user/x", a=1.0, b="t", c=None), "'user/x':(a=1.0, b=t, c=None)"),
    ],
)
def test_a_command_reads_as_in_nanover(info, text):
    assert str(info) == text
    assert repr(info) == f"<CommandInfo {text}>"


def test_commands_are_equal_by_name_arguments_label_and_icon():
    info = CommandInfo("x", a=1)

    assert info == CommandInfo("x", a=1.0)
    assert hash(info) == hash(CommandInfo("x", a=1.0))
    assert info != CommandInfo("y", a=1)
    assert info != CommandInfo("x", a=2)
    assert info != CommandInfo.labeled("x", {"a": 1}, label="X")
    assert info != "x"


def test_a_labeled_command_has_a_label_and_an_icon():
    info = CommandInfo.labeled("x", {"name": 1}, label="Do it", icon="play")

    assert (info.name, info.arguments, info.label, info.icon) == ("x", {"name": 1}, "Do it", "play")


def test_raw_is_the_message_of_the_protocol():
    raw = CommandInfo("x", a=1, n=None, l=[True]).raw

    assert isinstance(raw, protocol.CommandMessage)
    assert raw.name == "x"
    assert raw.arguments.fields["a"].number_value == 1.0
    assert raw.arguments.fields["n"].HasField("null_value")
    assert raw.arguments.fields["l"].list_value.values[0].bool_value is True


def test_raw_of_a_command_without_arguments_says_so():
    assert CommandInfo("x").raw.HasField("arguments")


def test_raw_and_back_is_the_same_command():
    info = CommandInfo("x", a=1.5, b=[None, {"c": "d"}], e=math.inf)

    assert CommandInfo.from_proto(info.raw) == info


def test_a_message_of_another_package_is_decoded():
    foreign = foreign_message_class()(name="playback/load")
    foreign.arguments.fields["index"].number_value = 2
    foreign.arguments.fields["none"].null_value = 0
    assert not isinstance(foreign, protocol.CommandMessage)

    info = CommandInfo.from_proto(foreign)

    assert info == CommandInfo("playback/load", index=2.0, none=None)


def test_a_message_without_arguments_is_a_command_without_arguments():
    assert CommandInfo.from_proto(protocol.CommandMessage(name="x")) == CommandInfo("x")


def test_it_equals_a_dict_of_its_defaults_as_nanovers_client_gives():
    info = CommandInfo.labeled("a", {"n": 1, "x": math.nan}, label="A")

    assert info == {"n": 1.0, "x": info.arguments["x"]}
    assert {"n": 1, "x": math.nan} == info
    assert info != {"n": 2, "x": math.nan}
    assert info != ["n", "x"]
    assert {"a": CommandInfo("a")} == {"a": {}}
