"""The control room."""

from __future__ import annotations

from nanover_jupyter import ControlRoom
from tests.support.eventually import eventually
from tests.unit.widgets.test_panel import OpenPage


def test_requests_of_all_tools_are_answered(open_page: OpenPage) -> None:
    page = open_page(ControlRoom, tool="palette")

    assert page.panel.tool == "palette"
    assert page.ask("value", key="title")["ok"]
    assert page.ask("run", run="r1", name="user/echo", arguments={})["ok"]
    assert page.ask(
        "lock", keys=["scene"], seconds=1, auto_renew=True, max_hold=None, wait=0, note=""
    )["ok"]
    eventually(lambda: page.last("leases")["leases"][0]["key"] == "scene")
