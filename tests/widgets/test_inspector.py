"""The kernel half of the state inspector."""

from __future__ import annotations

from nanover_jupyter import DictionaryChange, NanoverServer, StateInspector
from tests.support.eventually import eventually
from tests.widgets.test_panel import OpenPage


def test_the_whole_of_a_cut_value_can_be_asked_for(
    open_page: OpenPage, server: NanoverServer
) -> None:
    page = open_page(StateInspector)
    numbers = [float(n) for n in range(20_000)]
    server.update_state(None, DictionaryChange({"ids": numbers}))

    cut = eventually(lambda: page.model.values.get("ids"))

    assert (cut["$nvj"], cut["length"]) == ("cut", 20_000)
    assert page.ask("value", key="ids")["result"]["value"] == numbers


def test_a_key_that_is_gone_says_so(open_page: OpenPage) -> None:
    reply = open_page(StateInspector).ask("value", key="nowhere")

    assert reply == {"ok": True, "result": {"key": "nowhere", "exists": False}}


def test_what_to_search_for_can_be_given(open_page: OpenPage) -> None:
    assert open_page(StateInspector, query="avatar.*").panel.query == "avatar.*"
