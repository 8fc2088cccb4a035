"""An inspector with editing switched on, and another client of its server."""

from __future__ import annotations

import pytest

from nanover_jupyter import Connection, DictionaryChange, NanoverServer
from tests.page.conftest import Connect
from tests.page.inspector.edit.editor import STATE, Editor, show_editor
from tests.page.widget_page import WidgetPage


@pytest.fixture
def editor(page: WidgetPage, connect_to: Connect, server: NanoverServer) -> Editor:
    server.update_state("test", DictionaryChange(STATE))
    return show_editor(page, connect_to(server))


@pytest.fixture
def other(connect_to: Connect, server: NanoverServer) -> Connection:
    """Another client of the same server."""
    return connect_to(server, name="other")
