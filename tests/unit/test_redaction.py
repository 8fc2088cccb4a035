"""Removal of credentials from addresses and text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.redaction import redact_address, redact_text


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("ws://anna:hunter2@host:1", "ws://***@host:1"),
        ("anna:hunter2@host", "***@host"),
        ("anna@host", "***@host"),
        ("https://anna:hunt/er2@host/path", "https://***@host/path"),
        ("ws://anna:hunt@er2@host", "ws://***@host"),
        ("ws://anna:hunt er2@host", "ws://***@host"),
        ("ws://anna:hunt\ner2@host", "ws://***@host"),
        ("wss://host?token=hunter2&x=1", "wss://host?***"),
        ("wss://host?hunter2", "wss://host?***"),
        ("wss://host/#token=hunter2", "wss://host/#***"),
        ("wss://host;token=hunter2", "wss://host;***"),
        ("wss://host?token=a'b?c hunter2", "wss://host?***"),
        ("wss://host?token=a@hunter2", "wss://***"),
        ("anna:hunt?er2@host", "***"),
        ("anna:hunter2", "anna:***"),
        ("ws://anna:hunter2/x", "ws://anna:***"),
        ("ws://[anna:hunter2]:1", "ws://[anna:***"),
        ("ws://anna:hunter2%40host", "ws://***%40host"),
        ("ws://anna:hunter2\uff20host", "ws://***\uff20host"),
        ("ws://anna:hunter2\ufe6bhost", "ws://***\ufe6bhost"),
        ("ws://host:1/", "ws://host:1/"),
        ("wss://[fe80::1%eth0]:1", "wss://[fe80::1%eth0]:1"),
        ("[2001:db8::ab]", "[2001:db8::ab]"),
        ("host:", "host:"),
        ("@host", "@host"),
        ("ws://host:1", "ws://host:1"),
        ("[::1]:1", "[::1]:1"),
        ("", ""),
    ],
)
def test_an_address_is_shown_without_its_credentials(written: str, shown: str) -> None:
    assert redact_address(written) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("'ws://anna:hunter2@host' is one", "'ws://***@host' is one"),
        ("is anna:hunter2@host:1 here", "is ***@host:1 here"),
        ("two: ws://a:b@c and grpc://d:e@f.", "two: ws://***@c and grpc://***@f."),
        ("see ws://host?token=hunter2 now", "see ws://host?token=*** now"),
        ("see 'ws://host?token=hunter2', it is", "see 'ws://host?token=***', it is"),
        ("see ws://host?token=a?hunter2&x=hunter2.", "see ws://host?token=***."),
        ("see ws://host?token=a'hunter2", "see ws://host?token=***"),
        ('see ws://host?token="hunter2"', 'see ws://host?token=***"'),
        ("see ws://host?token='hunter2'", "see ws://host?token=***'"),
        ("see https://host/#token=hunter2", "see https://host/#token=***"),
        ("open 'ws://anna:hunt er2@host' now", "open 'ws://***@host' now"),
        ("can't open 'ws://anna:hunt er2@host'", "can't open 'ws://***@host'"),
        ('open "anna:hunt er2@host" now', 'open "***@host" now'),
        ("open 'ws://anna:hunter2%40host'", "open 'ws://***%40host'"),
        ("is hunter2@host here", "is ***@host here"),
        ("is 'hunter2=@host' here", "is '***@host' here"),
        ("could not connect to ws://host:1: no", "could not connect to ws://host:1: no"),
        ("mail @host", "mail @host"),
        ("at 12:30 @ home", "at 12:30 @ home"),
        ("server='anna:hunter2@host'", "server='***@host'"),
        ("to=ws://anna:hunter2@host, or", "to=ws://***@host, or"),
        ("anna:hunt://er2@host", "***@host"),
        ("anna:hunt@er2@host", "***@host"),
        ("a ws://b:c@d\n\te:f@g", "a ws://***@d\n\t***@g"),
    ],
)
def test_a_text_is_shown_without_credentials(written: str, shown: str) -> None:
    assert redact_text(written) == shown


@given(st.text(), st.sampled_from(["", "ws://", "x://"]), st.sampled_from(["host", "host:1"]))
def test_no_password_of_an_address_is_left(password: str, scheme: str, host: str) -> None:
    shown = redact_address(f"{scheme}anna:{password}@{host}")

    # A password that begins with // makes a scheme of the name. One that looks like a query
    # leaves open what is the host.
    schemes = (scheme, "anna://")
    assert shown in [f"{start}***{end}" for start in schemes for end in (f"@{host}", "")]


@pytest.mark.parametrize(
    "part",
    [
        "a",
        "(",
        "(:a",
        "@(:a",
        "?",
        "&=",
        "://",
        "a://",
        "a:b@",
        "a ",
        "'",
        "'a:",
        "'://",
        '?a="',
        "#",
        ";",
        "%40",
        ":",
    ],
)
def test_long_text_is_redacted_in_linear_time(part: str) -> None:
    # A time that grew with the square of the length would end the test by its timeout.
    written = part * 300_000

    assert len(redact_text(written)) <= len(written) * 2
    assert len(redact_address(written)) <= len(written) * 2
