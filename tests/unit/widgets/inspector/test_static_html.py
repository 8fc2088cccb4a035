"""The top of the tree as static HTML."""

from __future__ import annotations

import re
from typing import Any

from nanover_jupyter.widgets.inspector.static_html import state_html
from nanover_jupyter.wire.values import Value


def text_of(state: dict[str, Any]) -> list[str]:
    """Return the text of each element."""
    html = state_html(list(state), state.__getitem__)
    return [text for text in re.split(r"<[^>]*>", html) if text]


def test_single_keys_and_branches_are_shown() -> None:
    state = {"scene": [1.0], "avatar.b": "B", "avatar.a": "A"}

    assert text_of(state) == [
        *("avatar", "2 keys"),
        *("\u00a0\u00a0a", "&quot;A&quot;"),
        *("\u00a0\u00a0b", "&quot;B&quot;"),
        *("scene", "[1]"),
    ]


def test_keys_beyond_the_limit_are_counted() -> None:
    state = {f"a.{number:03}": number for number in range(50)}
    state |= {f"k{number:03}": number for number in range(100)}

    shown = text_of(state)

    assert "\u00a0\u00a0… 42 more" in shown
    assert shown[-1] == "… 50 more keys"


def test_only_displayed_values_are_read() -> None:
    keys = [f"{number % 100}.{number}" for number in range(200_000)]
    read: list[str] = []

    html = state_html(keys, lambda key: read.append(key) or 0)

    assert len(read) < 100
    assert len(html) < 20_000


def test_uuids_are_shortened() -> None:
    person = "6f1c09b2-51d7-4f0e-9a51-0b2f7d8c11e2"
    state: dict[str, Value] = {
        f"avatar.{person}": {"playerid": person, "name": "Anna"},
        f"update.index.{person}": 7.0,
        person: "x" * 90 + f" {person}",
    }

    html = state_html(list(state), state.__getitem__)

    assert "6f1c…e2" in html
    assert "Anna" in html
    assert "51d7" not in html


def test_unusual_keys_are_shown() -> None:
    shown = text_of({"": 1, ".": 2, "/x": 3, "a\nb": 4, "<b>": 5})

    assert shown[:2] == ["(empty)", "3 keys"]
    assert {"a⏎b", "&lt;b&gt;"} <= set(shown)


def test_an_empty_state_has_a_note() -> None:
    assert text_of({}) == ["No keys"]
