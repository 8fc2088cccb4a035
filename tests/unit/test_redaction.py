"""No password of a URL in what is shown."""

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
        ("wss://host?token=hunter2&x=1", "wss://host?token=***&x=***"),
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
        ("could not connect to ws://host:1: no", "could not connect to ws://host:1: no"),
        ("mail anna@host", "mail anna@host"),
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

    # A password that begins with // makes a scheme of the name.
    assert shown in (f"{scheme}***@{host}", f"anna://***@{host}")


@pytest.mark.parametrize(
    "part", ["a", "(", "(:a", "@(:a", "?", "&=", "://", "a://", "a:b@", "a ", "'"]
)
def test_any_long_text_takes_little_time(part: str) -> None:
    # A time that grew with the square of the length would end the test by its timeout.
    written = part * 300_000

    assert len(redact_text(written)) <= len(written) * 2
    assert len(redact_address(written)) <= len(written) * 2
