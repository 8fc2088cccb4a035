"""What a browser would make of HTML."""

from __future__ import annotations

from html.parser import HTMLParser

HOSTILE = '<img src=x onerror="alert(1)"></td><script>alert(2)</script>'


class Tags(HTMLParser):
    """Collects what a browser would make elements of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data
