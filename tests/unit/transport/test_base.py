"""The transport interface and its implementations."""

from __future__ import annotations

import inspect

import pytest

from nanover_jupyter.transport.base import FrameListener, Transport, TransportListener
from nanover_jupyter.transport.grpc.transport import GrpcTransport
from tests.support.fake_transport import FakeTransport
from tests.support.run_listener import FrameRecorder, RunListener


def methods(kind):
    return {
        name: member
        for name, member in inspect.getmembers(kind, inspect.isfunction)
        if not name.startswith("_")
    }


@pytest.mark.parametrize(
    ("contract", "kind"),
    [
        (Transport, GrpcTransport),
        (Transport, FakeTransport),
        (TransportListener, RunListener),
        (FrameListener, FrameRecorder),
    ],
)
def test_an_implementation_has_every_method_with_as_many_arguments(contract, kind):
    for name, method in methods(contract).items():
        ours = methods(kind)[name]
        assert len(inspect.signature(ours).parameters) == len(inspect.signature(method).parameters)


def test_the_interface_is_small_enough_for_a_fake_of_one_page():
    fake = inspect.getsource(FakeTransport)

    assert len([line for line in fake.splitlines() if line.strip()]) <= 100
    assert set(methods(Transport)) == {
        "connect",
        "start",
        "update_state",
        "update_locks",
        "list_commands",
        "publish_frame",
        "request_frames",
        "run_command",
        "start_update",
        "start_command",
        "close",
    }
