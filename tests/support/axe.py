"""What axe-core finds wrong with a part of a page, for those who cannot see or point."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Locator

__all__ = ["AXE", "COLOR_RULES", "violations"]

AXE: Final = Path(__file__).parents[2] / "js" / "node_modules" / "axe-core" / "axe.min.js"

COLOR_RULES: Final = ("color-contrast", "link-in-text-block")
"""The rules that depend on the theme."""

_RUN: Final = """async (place, rules) => {
    const only = rules.length === 0 ? {} : { runOnly: { type: "rule", values: rules } };
    const found = await axe.run(place, { resultTypes: ["violations"], ...only });
    const text = ({ target, failureSummary }) => [target.join(" "), failureSummary];
    return found.violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(text) }));
}"""


def violations(place: Locator, rules: Sequence[str] = ()) -> list[str]:
    """One text for each element of `place` that breaks one of these rules, or any rule.

    Empty when all is well. The page has axe already.
    """
    found: list[dict[str, Any]] = place.evaluate(_RUN, list(rules))
    return [
        f"{rule['id']} ({rule['help']}): {target}: {summary}"
        for rule in found
        for target, summary in rule["nodes"]
    ]
