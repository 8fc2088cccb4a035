"""Every message captured from real NanoVer servers means to us what it meant to NanoVer."""

from __future__ import annotations

import pytest

from nanover_jupyter.wire.grpc import protocol
from tests.support.captures import captures, encoded, meaning
from tests.support.golden import needs_golden
from tests.support.values import same

FRAMES = {protocol.GetFrameRequest, protocol.GetFrameResponse}  # which nobody here writes
CAPTURES = captures()

pytestmark = needs_golden


@pytest.mark.parametrize("capture", CAPTURES, ids=str)
def test_a_capture_is_decoded_as_by_nanover(capture):
    messages, meanings = capture.messages(), capture.meanings()

    assert len(messages) == len(meanings) > 0
    for data, expected in zip(messages, meanings, strict=True):
        assert same(meaning(capture, data), expected)


@pytest.mark.parametrize(
    "capture", [capture for capture in CAPTURES if capture.kind not in FRAMES], ids=str
)
def test_the_content_of_a_capture_is_encoded_as_by_nanover(capture):
    for data, said in zip(capture.messages(), capture.meanings(), strict=True):
        ours = encoded(capture, said)

        assert same(meaning(capture, ours), said)
        assert _canonical(capture, ours) == _canonical(capture, data)


def _canonical(capture, data):
    """With maps in order, which the wire leaves open, as it does whether an empty one is sent."""
    message = capture.kind.FromString(data)
    if capture.kind is protocol.StateUpdate:
        message.changed_keys.SetInParent()
    return message.SerializeToString(deterministic=True)
