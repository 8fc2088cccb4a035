"""The tutorials as static HTML, which contains static HTML of each widget."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import Browser, Page, expect

from tests.support.notebooks import NOTEBOOKS, read

# The static HTML hides itself for its first seconds, in which a live view may still load.
_END_THE_WAIT: Final = """() => {
    for (const animation of document.getAnimations()) {
        if (animation.animationName === "nvj-wait") animation.finish();
    }
}"""


@pytest.fixture(scope="module")
def exporter() -> HTMLExporter:
    return HTMLExporter(template_name="lab")


@pytest.fixture(scope="module")
def offline_page(browser: Browser) -> Iterator[Page]:
    """A page without a network, from which the templates would load icons and formulas."""
    context = browser.new_context(offline=True)
    yield context.new_page()
    context.close()


def widgets_of_ours(notebook: nbformat.NotebookNode) -> int:
    """The number of outputs with static HTML of widgets."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    return sum(
        "nvj-picture" in "".join(output.get("data", {}).get("text/html", "")) for output in outputs
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_stored_tutorial_as_html_shows_static_html_of_each_widget(
    path: Path, exporter: HTMLExporter, offline_page: Page, tmp_path: Path
) -> None:
    expected = widgets_of_ours(read(path))
    html = tmp_path / "tutorial.html"
    html.write_text(exporter.from_filename(str(path))[0])

    offline_page.goto(html.as_uri())
    offline_page.evaluate(_END_THE_WAIT)

    assert expected, "a tutorial shows a widget of ours"
    pictures = offline_page.locator(".nvj-picture")
    expect(pictures).to_have_count(expected)
    for picture in pictures.all():
        expect(picture).to_be_visible()
