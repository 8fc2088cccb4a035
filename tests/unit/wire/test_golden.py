"""Messages captured from real NanoVer servers are decoded and encoded as by NanoVer."""

from __future__ import annotations

import pytest

from nanover_jupyter.wire.grpc import protocol
from tests.support.captures import captures, decoded, encoded
from tests.support.golden import needs_golden
from tests.support.values import same

FRAMES = {protocol.GetFrameRequest, protocol.GetFrameResponse}  # which this package does not encode
CAPTURES = captures()

pytestmark = needs_golden


@pytest.mark.parametrize("capture", CAPTURES, ids=str)
def test_a_capture_is_decoded_as_by_nanover(capture):
    messages, contents = capture.messages(), capture.contents()

    assert len(messages) == len(contents) > 0
    for data, expected in zip(messages, contents, strict=True):
        assert same(decoded(capture, data), expected)


@pytest.mark.parametrize(
    "capture", [capture for capture in CAPTURES if capture.kind not in FRAMES], ids=str
)
def test_the_content_of_a_capture_is_encoded_as_by_nanover(capture):
    for data, content in zip(capture.messages(), capture.contents(), strict=True):
        ours = encoded(capture, content)

        assert same(decoded(capture, ours), content)
        assert _canonical(capture, ours) == _canonical(capture, data)


def _canonical(capture, data):
    """Return the message with sorted maps, and with an empty map if it has none."""
    message = capture.kind.FromString(data)
    if capture.kind is protocol.StateUpdate:
        message.changed_keys.SetInParent()
    return message.SerializeToString(deterministic=True)
