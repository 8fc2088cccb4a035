"""The protobuf classes match their sources, and are independent of other packages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, struct_pb2

from nanover_jupyter.wire.grpc import protocol

ROOT = Path(__file__).resolve().parents[4]
COMPILED = Path(protocol.__file__).with_name("nanover.binpb")


def files_of(path):
    """Return the files by name, without Google's, which depend on the compiler version."""
    found = descriptor_pb2.FileDescriptorSet.FromString(path.read_bytes()).file
    return {file.name: file for file in found if not file.name.startswith("google/")}


def test_the_compiled_set_equals_its_sources_compiled_afresh(tmp_path):
    pytest.importorskip("grpc_tools")
    fresh = tmp_path / "fresh.binpb"

    subprocess.run([sys.executable, ROOT / "scripts" / "compile_protocol", fresh], check=True)

    assert set(files_of(fresh)) == {path.name for path in COMPILED.parent.glob("*.proto")}
    assert files_of(fresh) == files_of(COMPILED), "run scripts/compile_protocol"


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("CommandMessage", {"name": 1, "arguments": 2}),
        ("CommandReply", {"result": 1}),
        ("GetCommandsReply", {"commands": 1}),
        ("GetCommandsRequest", {}),
        ("GetFrameRequest", {"data": 1, "frame_interval": 2}),
        ("GetFrameResponse", {"frame_index": 1, "frame": 2}),
        ("StateUpdate", {"changed_keys": 1}),
        ("SubscribeStateUpdatesRequest", {"update_interval": 1}),
        ("UpdateLocksRequest", {"access_token": 1, "lock_keys": 2}),
        ("UpdateLocksResponse", {"success": 1}),
        ("UpdateStateRequest", {"access_token": 1, "update": 2}),
        ("UpdateStateResponse", {"success": 1}),
        ("Struct", {"fields": 1}),
        (
            "Value",
            {
                "null_value": 1,
                "number_value": 2,
                "string_value": 3,
                "bool_value": 4,
                "struct_value": 5,
                "list_value": 6,
            },
        ),
    ],
)
def test_a_message_has_the_fields_of_nanover(name, fields):
    described = getattr(protocol, name).DESCRIPTOR.fields

    assert {field.name: field.number for field in described} == fields


def test_every_class_is_named_for_its_message():
    classes = [name for name in protocol.__all__ if isinstance(getattr(protocol, name), type)]

    assert classes
    assert [getattr(protocol, name).DESCRIPTOR.name for name in classes] == classes


def test_the_classes_are_not_in_the_default_pool():
    with pytest.raises(KeyError):
        descriptor_pool.Default().FindMessageTypeByName("nanover.protocol.state.StateUpdate")
    assert protocol.Struct is not struct_pb2.Struct


OTHER_PACKAGE = """
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, struct_pb2

def define_theirs():
    for package, message in [
        ("nanover.protocol.state", "StateUpdate"),
        ("nanover.protocol.command", "CommandMessage"),
    ]:
        file = descriptor_pb2.FileDescriptorProto(
            # Same names with other fields, so that a mix-up would be detected.
            name=f"{package.replace('.', '/')}.proto", package=package, syntax="proto3"
        )
        kind = descriptor_pb2.FieldDescriptorProto
        theirs = file.message_type.add(name=message)
        theirs.field.add(
            name="theirs", number=7, type=kind.TYPE_STRING, label=kind.LABEL_OPTIONAL
        )
        descriptor_pool.Default().Add(file)

def define_ours():
    global grpc_codec, DictionaryChange
    from nanover_jupyter.wire.grpc import codec as grpc_codec
    from nanover_jupyter.wire.messages import DictionaryChange

{first}()
{second}()

pool = descriptor_pool.Default()
theirs = message_factory.GetMessageClass(
    pool.FindMessageTypeByName("nanover.protocol.state.StateUpdate")
)
assert theirs.FromString(theirs(theirs="x").SerializeToString()).theirs == "x"
change = DictionaryChange({{"a": 1.0}})
assert grpc_codec.decode_state_update(grpc_codec.encode_state_update(change)) == change
print("both work")
"""


@pytest.mark.parametrize(
    ("first", "second"), [("define_theirs", "define_ours"), ("define_ours", "define_theirs")]
)
def test_another_package_may_define_the_same_names_in_one_process(first, second):
    program = OTHER_PACKAGE.replace("{first}", first).replace("{second}", second)
    program = program.replace("{{", "{").replace("}}", "}")

    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert result.stdout == "both work\n", result.stderr
