"""The kernel side of the inspector."""

from __future__ import annotations

from typing import Any

import pytest

from nanover_jupyter import DictionaryChange, NanoverServer, StateInspector
from nanover_jupyter.wire.values import Value
from tests.support.eventually import eventually
from tests.unit.widgets.test_panel import OpenPage


def test_the_full_value_of_a_truncated_one_can_be_requested(
    open_page: OpenPage, server: NanoverServer
) -> None:
    page = open_page(StateInspector)
    numbers = [float(n) for n in range(20_000)]
    server.update_state(None, DictionaryChange({"ids": numbers}))

    cut = eventually(lambda: page.model.values.get("ids"))

    assert (cut["$nvj"], cut["length"]) == ("cut", 20_000)
    assert page.ask("value", key="ids")["result"]["value"] == numbers


def test_a_missing_key_does_not_exist(open_page: OpenPage) -> None:
    reply = open_page(StateInspector).ask("value", key="nowhere")

    assert reply == {"ok": True, "result": {"key": "nowhere", "exists": False}}


def test_the_query_is_an_option(open_page: OpenPage) -> None:
    assert open_page(StateInspector, query="avatar.*").panel.query == "avatar.*"


def test_items_of_a_truncated_list_can_be_requested(
    open_page: OpenPage, server: NanoverServer
) -> None:
    page = open_page(StateInspector)
    numbers = [float(n) for n in range(20_000)]
    nested = {"selected": {"ids": numbers}, "deep": [[1.0, "x" * 10_000]]}
    server.update_state(None, DictionaryChange({"ids": numbers, "nested": nested}))
    eventually(lambda: page.model.values.get("nested"))

    def items(key: str, path: list[str | int], start: int) -> Any:
        return page.ask("items", key=key, path=path, start=start, count=3)["result"]

    assert items("ids", [], 19_998) == {
        "exists": True,
        "start": 19_998,
        "length": 20_000,
        "items": [19_998.0, 19_999.0],
    }
    assert items("nested", ["selected", "ids"], 70)["items"] == [70.0, 71.0, 72.0]
    number, text = items("nested", ["deep", 0], 0)["items"]
    assert (number, text["$nvj"], text["length"]) == (1.0, "cut", 10_000)


def test_fields_of_a_truncated_object_are_sent_with_their_names(
    open_page: OpenPage, server: NanoverServer
) -> None:
    page = open_page(StateInspector)
    atoms: dict[str, Value] = {f"atom {n}": float(n) for n in range(3_000)}
    server.update_state(None, DictionaryChange({"world": {"atoms": atoms}}))
    eventually(lambda: page.model.values.get("world"))

    reply = page.ask("items", key="world", path=["atoms"], start=2_998, count=5)

    assert reply["result"] == {
        "exists": True,
        "start": 2_998,
        "length": 3_000,
        "items": [2_998.0, 2_999.0],
        "names": ["atom 2998", "atom 2999"],
    }


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("gone", []),
        ("title", []),
        ("scene", [3]),
        ("scene", ["x"]),
        ("scene", [99]),
        ("scene", [-1]),
    ],
)
def test_a_value_that_is_not_a_list_has_no_items(
    open_page: OpenPage, key: str, path: list[str | int]
) -> None:
    page = open_page(StateInspector)

    reply = page.ask("items", key=key, path=path, start=0, count=5)

    assert reply == {"ok": True, "result": {"exists": False, "start": 0, "length": 0, "items": []}}


@pytest.mark.parametrize(("start", "count"), [(-1, 5), (0, 0), (0, 201), (0, True)])
def test_an_invalid_range_of_items_is_rejected(open_page: OpenPage, start: int, count: int) -> None:
    page = open_page(StateInspector)

    reply = page.ask("items", key="scene", path=[], start=start, count=count)

    assert reply["error"]["kind"] == "BadRequest"
