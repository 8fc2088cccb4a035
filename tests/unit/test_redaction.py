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
    ],
)
def test_a_text_is_shown_without_credentials(written: str, shown: str) -> None:
    assert redact_text(written) == shown


@given(st.text(), st.sampled_from(["", "ws://", "x://"]), st.sampled_from(["host", "host:1"]))
def test_no_password_of_an_address_is_left(password: str, scheme: str, host: str) -> None:
    shown = redact_address(f"{scheme}anna:{password}@{host}")

    # A password that begins with // makes a scheme of the name.
    assert shown in (f"{scheme}***@{host}", f"anna://***@{host}")
