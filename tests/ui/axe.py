"""What axe-core finds wrong with a part of a page, for those who cannot see or point."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Locator

__all__ = ["violations"]

_SCRIPT: Final = Path(__file__).parents[2] / "js" / "node_modules" / "axe-core" / "axe.min.js"
_RUN: Final = """async (place) => {
    const found = await axe.run(place, { resultTypes: ["violations"] });
    const told = ({ target, failureSummary }) => [target.join(" "), failureSummary];
    return found.violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(told) }));
}"""


def violations(place: Locator) -> list[str]:
    """One text for each element of `place` that breaks a rule; empty when all is well."""
    page = place.page
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.evaluate(_SCRIPT.read_text())
    found: list[dict[str, Any]] = place.evaluate(_RUN)
    return [
        f"{rule['id']} ({rule['help']}): {target}: {summary}"
        for rule in found
        for target, summary in rule["nodes"]
    ]
