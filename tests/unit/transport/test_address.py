"""Parsing of server addresses."""

from __future__ import annotations

import contextlib
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.errors import AddressError
from nanover_jupyter.redaction import redact_address
from nanover_jupyter.transport.address import Address, is_host_name, parse_address


@pytest.mark.parametrize(
    ("written", "host", "port", "scheme"),
    [
        ("localhost", "localhost", 38801, ""),
        ("localhost:1234", "localhost", 1234, ""),
        (":1234", "localhost", 1234, ""),
        ("1234", "localhost", 1234, ""),
        ("grpc://host:1234", "host", 1234, "grpc"),
        ("grpc://host", "host", 38801, "grpc"),
        ("grpc://:1234", "localhost", 1234, "grpc"),
        ("grpcs://host:1234/", "host", 1234, "grpcs"),
        ("GRPC://Host.Example:80", "host.example", 80, "grpc"),
        ("ws://host", "host", 38801, "ws"),
        ("wss://host:443/", "host", 443, "wss"),
        ("  127.0.0.1:65535\n", "127.0.0.1", 65535, ""),
        ("[::1]:1234", "::1", 1234, ""),
        ("[::1]", "::1", 38801, ""),
        ("[fe80::1%eth0]:1", "fe80::1%eth0", 1, ""),
        ("my-server.uni.example", "my-server.uni.example", 38801, ""),
        ("host:", "host", 38801, ""),
        ("dns:80", "dns", 80, ""),
        ("müller.example:80", "müller.example", 80, ""),
    ],
)
def test_an_address_is_parsed(written, host, port, scheme):
    assert parse_address(written) == Address(host, port, scheme)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("http://localhost:38801", "http:// is not supported"),
        ("wsss://localhost", "wsss:// is not supported"),
        ("://host", ":// is not supported"),
        ("localhost:abc", "port"),
        ("localhost:70000", "the port is not a number between 1 and 65535"),
        ("70000", "the port is not a number between 1 and 65535"),
        ("localhost:-1", "port"),
        ("localhost:0", "the port is not a number between 1 and 65535"),
        ("0", "the port is not a number between 1 and 65535"),
        ("a:1:2", "port"),
        ("::1", "port"),
        ("[::1", "an IPv6 address is written as [::1]"),
        ("[nonsense]:1", "an IPv6 address is written as [::1]"),
        ("host/path", "it contains more than a host and a port"),
        ("host?query", "it contains more than a host and a port"),
        ("host#fragment", "it contains more than a host and a port"),
        ("@host", "it contains more than a host and a port"),
        ("two words", "cannot contain spaces"),
        ("ho\tst", "cannot contain spaces"),
        ("ho\nst:1", "cannot contain spaces"),
        ("ho\0st", "cannot contain spaces"),
        ("ho,st", "a host name cannot contain ','"),
        ("ho%73t", "a host name cannot contain '%'"),
        ("host:1 2", ""),
        ("", "no host and no port"),
        ("/", "no host and no port"),
        ("grpc://", "no host and no port"),
        ("grpc:///", "no host and no port"),
    ],
    ids=repr,
)
def test_an_invalid_address_is_rejected_with_the_reason(written, reason):
    with pytest.raises(AddressError) as caught:
        parse_address(written)

    assert caught.value.address == redact_address(written)
    assert reason in caught.value.reason
    assert "write HOST, HOST:PORT, ws://HOST:PORT or grpc://HOST:PORT" in str(caught.value)


@pytest.mark.parametrize(
    "written",
    [
        "ws://anna:hunter2@host:1",
        "anna:hunter2@host",
        "ws://anna:hunter2/x@host",
        "ws://anna:hunter2\u2100@host",
        "http://anna:hunter2@host",
        "ws://[anna:hunter2@host",
        "ws://host?token=hunter2",
        "ws://host;token=hunter2",
        "ws://host#token=hunter2",
        "ws://anna%3Ahunter2%40host",
        "ws://anna:hunter2\uff20host",
        "anna:hunter2",
    ],
)
def test_a_rejected_address_shows_no_password(written):
    with pytest.raises(AddressError) as caught:
        parse_address(written)

    shown = "".join(traceback.format_exception(caught.value)[-1:])
    shown += f"{caught.value!r} {caught.value.args} {vars(caught.value)} {caught.value.__cause__}"
    assert "hunter2" not in shown
    assert "***" in caught.value.address


@given(st.text())
def test_any_string_is_an_address_or_an_address_error(written):
    with contextlib.suppress(AddressError):
        address = parse_address(written)
        assert address.host
        assert 0 < address.port < 65536


@pytest.mark.parametrize(
    ("address", "target"),
    [
        (Address(), "localhost:38801"),
        (Address("127.0.0.1", 1), "127.0.0.1:1"),
        (Address("::1", 1), "[::1]:1"),
    ],
)
def test_the_text_of_an_address_can_be_parsed(address, target):
    assert address.target == target
    assert str(address) == f"grpc://{target}"
    assert parse_address(str(address)) == address


def test_an_address_without_a_scheme_covers_every_protocol():
    place = Address("host", 1, "")

    assert str(place) == "host:1"
    assert str(place.with_scheme("wss")) == "wss://host:1"
    assert place.covers("ws://host:1")
    assert place.covers("grpc://host:1")
    assert not place.covers("ws://host:2")


def test_an_address_with_a_scheme_covers_only_itself():
    assert Address("host", 1, "ws").covers("ws://host:1")
    assert not Address("host", 1, "ws").covers("grpc://host:1")


@pytest.mark.parametrize(
    ("name", "is_host"),
    [
        ("localhost", True),
        (" LOCALHOST ", True),
        ("127.0.0.1", True),
        ("sim.example.org", True),
        ("sim\u3002example", True),
        ("38801", True),
        ("lab", False),
        ("local host", False),
        ("version 1.0", False),
        ("70000", False),
        ("", False),
    ],
)
def test_host_names_are_distinguished_from_other_names(name, is_host):
    assert is_host_name(name) == is_host
