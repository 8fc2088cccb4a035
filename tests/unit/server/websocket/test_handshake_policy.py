"""Which WebSocket handshakes a server accepts, by their Host and Origin headers."""

from __future__ import annotations

import pytest

from nanover_jupyter.errors import InvalidArgument
from nanover_jupyter.server.websocket.handshake_policy import HandshakePolicy

LOCAL_HOSTS = ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:38801", "[::1]", "[::1]:38801"]
FOREIGN_HOSTS = [
    "evil.example",
    "evil.example:38801",
    "localhost.evil.example",
    "evil.localhost",
    "127.0.0.1.evil.example",
    "10.0.0.1",
    "[2001:db8::1]",
    "localhost@evil.example",
    "localhost:80:80",
    "[::1",
    "::1",
    "localhost ",
    "",
]


def loopback(*origins, bound="127.0.0.1"):
    return HandshakePolicy(origins, bound_host=bound, loopback=True)


def network(*origins):
    return HandshakePolicy(origins, bound_host="0.0.0.0", loopback=False)


@pytest.mark.parametrize("host", LOCAL_HOSTS)
def test_a_local_native_client_is_accepted(host):
    assert loopback().refusal(hosts=[host], origins=[]) is None


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_loopback_server_rejects_foreign_host_names(host):
    reason = loopback().refusal(hosts=[host], origins=[])

    assert reason is not None
    assert repr(host) in reason


@pytest.mark.parametrize("hosts", [[], ["localhost", "evil.example"], ["localhost", "localhost"]])
def test_a_loopback_server_requires_exactly_one_host(hosts):
    assert "exactly one Host header" in loopback().refusal(hosts=hosts, origins=[])


def test_the_bound_host_name_of_a_loopback_server_is_accepted():
    policy = loopback(bound="lab-loopback")

    assert policy.refusal(hosts=["Lab-Loopback:80"], origins=[]) is None


@pytest.mark.parametrize("host", [*LOCAL_HOSTS, "lab.example", "192.168.0.7:38801"])
def test_a_network_server_accepts_any_host_name(host):
    assert network().refusal(hosts=[host], origins=[]) is None


@pytest.mark.parametrize("policy", [loopback(), network(), loopback("https://lab.example")])
@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "", "http://localhost:8888", "http://127.0.0.1", "file://"],
)
def test_a_page_of_another_origin_is_rejected(policy, origin):
    reason = policy.refusal(hosts=["localhost"], origins=[origin])

    assert repr(origin) in reason
    assert "origins=" in reason


@pytest.mark.parametrize(
    "origin", ["https://lab.example", "HTTPS://Lab.example", "https://lab.example:443"]
)
def test_an_allowed_origin_is_accepted_in_any_spelling(origin):
    assert loopback(origin).refusal(hosts=["localhost"], origins=["https://lab.example"]) is None


@pytest.mark.parametrize(
    "origin",
    ["http://lab.example", "https://lab.example:8443", "https://sub.lab.example", "https://lab"],
)
def test_an_allowed_origin_must_match_exactly(origin):
    assert network("https://lab.example").refusal(hosts=["x"], origins=[origin]) is not None


def test_two_origins_in_one_request_are_rejected():
    policy = network("https://lab.example")

    assert policy.refusal(hosts=["x"], origins=["https://lab.example"] * 2) is not None


def test_the_host_of_an_allowed_origin_is_accepted_for_proxies():
    policy = loopback("https://hub.example:8443")

    assert policy.refusal(hosts=["hub.example"], origins=["https://hub.example:8443"]) is None
    assert policy.refusal(hosts=["evil.example"], origins=["https://hub.example:8443"]) is not None


def test_the_reason_is_short():
    reason = network().refusal(hosts=["x"], origins=["https://" + "a" * 10_000])

    assert len(reason) < 500


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "null",
        "",
        "lab.example",
        "https://",
        "https://lab.example/",
        "https://lab.example/page",
        "https://me@lab.example",
        "https://lab.example:port",
        "https://*.example",
        "https://lab.example?x",
    ],
)
def test_an_invalid_origin_is_an_error(origin):
    with pytest.raises(InvalidArgument, match=r"is not an origin: .*https://lab\.example:8443"):
        network(origin)


def test_a_string_instead_of_a_list_is_an_error():
    with pytest.raises(InvalidArgument, match=r"write \['https://lab.example'\]"):
        HandshakePolicy("https://lab.example", bound_host="::", loopback=False)
