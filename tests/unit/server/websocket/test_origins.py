"""Which WebSocket handshakes a server accepts, by their Host and Origin headers."""

from __future__ import annotations

import pytest

from nanover_jupyter.errors import InvalidArgument
from nanover_jupyter.server.websocket.origins import HandshakePolicy

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
def test_a_native_client_of_this_machine_is_accepted(host):
    assert loopback().refusal(hosts=[host], origins=[]) is None


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_loopback_server_refuses_foreign_host_names(host):
    reason = loopback().refusal(hosts=[host], origins=[])

    assert reason is not None
    assert repr(host) in reason


@pytest.mark.parametrize("hosts", [[], ["localhost", "evil.example"], ["localhost", "localhost"]])
def test_a_loopback_server_wants_exactly_one_host(hosts):
    assert "exactly one Host header" in loopback().refusal(hosts=hosts, origins=[])


def test_the_name_that_a_loopback_server_was_bound_to_is_accepted():
    policy = loopback(bound="lab-loopback")

    assert policy.refusal(hosts=["Lab-Loopback:80"], origins=[]) is None


@pytest.mark.parametrize("host", [*LOCAL_HOSTS, "lab.example", "192.168.0.7:38801"])
def test_a_server_on_the_network_is_reached_by_any_name(host):
    assert network().refusal(hosts=[host], origins=[]) is None


@pytest.mark.parametrize("policy", [loopback(), network(), loopback("https://lab.example")])
@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "", "http://localhost:8888", "http://127.0.0.1", "file://"],
)
def test_a_page_that_was_not_named_is_refused(policy, origin):
    reason = policy.refusal(hosts=["localhost"], origins=[origin])

    assert repr(origin) in reason
    assert "origins=" in reason


@pytest.mark.parametrize(
    "origin", ["https://lab.example", "HTTPS://Lab.example", "https://lab.example:443"]
)
def test_a_named_page_is_accepted_however_its_origin_is_spelled(origin):
    assert loopback(origin).refusal(hosts=["localhost"], origins=["https://lab.example"]) is None


@pytest.mark.parametrize(
    "origin",
    ["http://lab.example", "https://lab.example:8443", "https://sub.lab.example", "https://lab"],
)
def test_a_named_page_is_exactly_one_origin(origin):
    assert network("https://lab.example").refusal(hosts=["x"], origins=[origin]) is not None


def test_two_origins_in_one_request_are_refused():
    policy = network("https://lab.example")

    assert policy.refusal(hosts=["x"], origins=["https://lab.example"] * 2) is not None


def test_the_host_of_a_named_page_is_accepted_as_a_proxy_may_pass_it_on():
    policy = loopback("https://hub.example:8443")

    assert policy.refusal(hosts=["hub.example"], origins=["https://hub.example:8443"]) is None
    assert policy.refusal(hosts=["evil.example"], origins=["https://hub.example:8443"]) is not None


def test_a_reason_stays_short():
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
def test_an_origin_that_no_page_has_is_refused_when_named(origin):
    with pytest.raises(InvalidArgument, match=r"is not an origin: .*https://lab\.example:8443"):
        network(origin)


def test_one_text_in_place_of_several_is_refused():
    with pytest.raises(InvalidArgument, match=r"write \['https://lab.example'\]"):
        HandshakePolicy("https://lab.example", bound_host="::", loopback=False)
