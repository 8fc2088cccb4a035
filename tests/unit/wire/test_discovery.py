"""Datagrams of server discovery."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.errors import ProtocolError
from nanover_jupyter.wire.discovery import DATAGRAM_LIMIT, Announcement, decode, encode

# Captured from a current server, an encrypted one, and one of the gRPC era.
CURRENT = {
    "name": "golden WS",
    "address": "127.0.0.1",
    "id": "6a1e",
    "essd_version": "1.0.0",
    "services": {"ws": 38812},
}
ENCRYPTED = {**CURRENT, "services": {"wss": 38822, "https": 43339, "ws": 44383}}
OLD = {
    **CURRENT,
    "port": 38811,
    "services": {"multiplayer": 38811, "trajectory": 38811, "imd": 38811, "ws": 36769},
}


@pytest.mark.parametrize(
    ("fields", "urls"),
    [
        (CURRENT, ("ws://127.0.0.1:38812",)),
        (ENCRYPTED, ("wss://127.0.0.1:38822", "ws://127.0.0.1:44383")),
        (OLD, ("ws://127.0.0.1:36769", "grpc://127.0.0.1:38811")),
        ({**CURRENT, "services": {"https": 1}}, ()),
        ({**CURRENT, "address": "::1"}, ("ws://[::1]:38812",)),
    ],
)
def test_an_announcement_has_the_urls_to_connect_to(fields, urls):
    announcement = decode(json.dumps(fields).encode())

    assert announcement.name == "golden WS"
    assert announcement.urls == urls


def test_an_announcement_comes_back_as_it_was():
    announcement = Announcement("lab 😀", "10.0.0.1", "id", {"ws": 1})

    assert decode(encode(announcement)) == announcement


@given(st.text(st.characters(codec="utf-8"), max_size=3000))
def test_a_long_name_is_shortened_to_fit(name):
    data = encode(Announcement(name, "10.0.0.1", "id", {"ws": 1}))

    assert len(data) <= DATAGRAM_LIMIT
    assert name.startswith(decode(data).name)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[" * DATAGRAM_LIMIT,
        b"[]",
        b"3",
        b"{}",
        b'{"name": "x"}',
        b'{"name": 1, "address": "x"}',
    ],
)
def test_invalid_announcements_are_rejected(data):
    with pytest.raises(ProtocolError):
        decode(data)


@given(st.binary(max_size=DATAGRAM_LIMIT))
def test_any_datagram_is_decoded_or_rejected(data):
    try:
        decode(data)
    except ProtocolError:
        return


@pytest.mark.parametrize("port", [0, -1, 65536, "1", True, None, 1.5])
def test_invalid_ports_are_left_out(port):
    fields = {**CURRENT, "services": {"ws": port, "imd": 5}}

    assert decode(json.dumps(fields).encode()).services == {"imd": 5}
