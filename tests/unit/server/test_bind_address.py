"""Checking the address that a server listens on, and its errors."""

from __future__ import annotations

import socket

import pytest

from nanover_jupyter.errors import AddressError, ConnectError
from nanover_jupyter.server.bind_address import BindAddress, ServeError


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost"])
def test_loopback_addresses_are_recognized(host):
    assert BindAddress.checked(host, 0).loopback


@pytest.mark.parametrize("host", ["0.0.0.0"])
def test_all_interfaces_are_not_loopback(host):
    assert not BindAddress.checked(host, 0).loopback


def test_brackets_around_an_ipv6_address_are_optional():
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    try:
        targets = {BindAddress.checked(host, 0).target for host in ("::1", "[::1]")}
    except ServeError:
        pytest.skip("this machine has no IPv6 address")
    assert targets == {"[::1]:0"}


def test_a_port_in_use_is_named():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        with pytest.raises(ServeError) as caught:
            BindAddress.checked("127.0.0.1", port)

    assert str(caught.value) == (
        f"could not listen on 127.0.0.1:{port}: port {port} is already in use; choose another or 0"
    )
    assert isinstance(caught.value, ConnectError)


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_out_of_range_is_an_address_error(port):
    with pytest.raises(AddressError, match="between 0 and 65535"):
        BindAddress.checked("127.0.0.1", port)


def test_a_missing_host_is_an_address_error():
    with pytest.raises(AddressError, match="host is missing"):
        BindAddress.checked("", 38801)


def test_an_address_of_another_machine_is_an_error():
    with pytest.raises(ServeError, match=r"192\.0\.2\.1 is not an address of this machine"):
        BindAddress.checked("192.0.2.1", 0)


@pytest.mark.parametrize("host", ["no such host", "nowhere.invalid", "\ud800"])
def test_an_unknown_host_is_an_error(host):
    with pytest.raises(ServeError, match="cannot be resolved"):
        BindAddress.checked(host, 0)
