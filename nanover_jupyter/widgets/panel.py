"""What all our widgets share: a connection, a publisher and a way to be asked things."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Sequence
from typing import Any, ClassVar, Final

import anywidget
import traitlets

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.connection import Connection
from nanover_jupyter.widgets.assets import asset_path
from nanover_jupyter.widgets.cell_display import CellDisplay, CellWidget
from nanover_jupyter.widgets.closing import own_models
from nanover_jupyter.widgets.saved_output import SavedOutput
from nanover_jupyter.widgets.static_html import local_time
from nanover_jupyter.widgets.subshells import answer_while_cells_run
from nanover_jupyter.widgets.sync.binding import Binding
from nanover_jupyter.widgets.sync.messages import Envelope, HelloResult, ModuleResult
from nanover_jupyter.widgets.sync.publisher import Publisher
from nanover_jupyter.widgets.sync.requests import Answer, BadRequest, answer_request, field_of
from nanover_jupyter.widgets.tool import Tool

__all__ = ["LAZY_MODULES", "Panel"]

logger = logging.getLogger("nanover_jupyter.widgets")

LAZY_MODULES: Final = frozenset({"edit", "history", "plot", "run"})
"""Parts of the frontend that a page asks for when it needs them, built beside the widgets."""


class Panel(CellWidget, anywidget.AnyWidget):
    """Base of the widgets: binds tools to a connection and to the views in the page.

    Traits hold only what a reopened page must know; see `_messages.py` for the rest.
    Two threads: messages from the page are handled where the kernel delivers them (a
    subshell thread, so that buttons work while a cell runs), and everything to the page
    leaves through the publisher's thread. Traits are set from neither.

    Args:
        source: A Connection, or a NanoverClient.
        **options: Initial values of `tool`, `query`, `selected`, `height` and a widget's own
            options.

    Raises:
        TypeError: `source` is neither, or an option is misspelt.
    """

    tools: ClassVar[tuple[type[Tool], ...]] = ()
    own_options: ClassVar[tuple[str, ...]] = ()

    tool = traitlets.Unicode("", help="The tab that is shown, where there are tabs.").tag(sync=True)
    query = traitlets.Unicode("", help="The text in the search box.").tag(sync=True)
    selected = traitlets.Unicode(
        None, allow_none=True, help="What is chosen in the list: a key, or in a palette a command."
    ).tag(sync=True)
    height = traitlets.Int(420, min=160, max=4000, help="Height of the content in CSS pixels.").tag(
        sync=True
    )

    def __init__(self, source: Connection | BaseClient, **options: Any) -> None:
        _check_options(type(self), options)
        connection = Connection.of(source)
        super().__init__(**options)
        self._own_models = own_models(self, options)
        self._publisher = Publisher(self._to_views, None, health=self._health, on_beat=self._beat)
        self._saved_picture = SavedOutput(self._draw_picture)
        self._bind(connection)
        self.on_msg(self._on_frontend_message)
        answer_while_cells_run(self)
        self.cell_display = CellDisplay(self)

    @property
    def connection(self) -> Connection:
        """The connection that is shown."""
        return self._binding.connection

    @property
    def is_seen(self) -> bool:
        """Whether it is in a page, as far as was heard in the last minute."""
        return self._publisher.has_views

    def rebind(self, source: Connection | BaseClient) -> None:
        """Show another connection from now on, in every view, without a new widget.

        Raises:
            TypeError: `source` is neither a Connection nor a client.
        """
        connection = Connection.of(source)
        old = self._binding
        if connection is not old.connection:
            old.connection.dependents.discard(self)
            old.cut()
            self._bind(connection)

    def close(self) -> None:
        """End the publisher and remove the widget from all pages; the connection stays."""
        binding = getattr(self, "_binding", None)
        if binding is not None:
            self._saved_picture.finish()
            binding.connection.dependents.discard(self)
            binding.cut()
            self._publisher.close()
        super().close()
        for model in self.__dict__.get("_own_models", ()):
            model.close()

    def __repr__(self) -> str:
        connection = self.connection
        keys = connection.client.health.keys
        return (
            f"<{type(self).__name__} of {connection.name}: {connection.status.state}, {keys} keys>"
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if data is not None:
            self.cell_display.displayed()
            data["text/plain"] = repr(self)
            data["text/html"] = self._draw_picture(local_time())
        return bundle

    def _ipython_display_(self) -> None:
        bundle = self._repr_mimebundle_()
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if data is not None:
            self._saved_picture.display(data)

    def _draw_picture(self, time_text: str) -> str:
        return self._binding.picture(time_text)

    # to the page -----------------------------------------------------------------

    def _to_views(self, envelope: Envelope, buffers: Sequence[bytes]) -> None:
        if self.comm is not None:
            self.send(envelope, list(buffers))

    def _health(self) -> tuple[int, float | None, float]:
        return self._binding.health()

    def _beat(self) -> None:
        self._binding.beat()
        self._saved_picture.beat()

    def _bind(self, connection: Connection) -> None:
        """Make the tools for a connection, and tell the views that are there."""
        # In this order: a view that says hello meanwhile is told by us or by the new binding.
        binding = self._binding = Binding(connection, self.tools, self._publisher)
        connection.dependents.add(self)
        for client in self._publisher.turn_to(binding.feed):
            binding.greet(client)

    # from the page ---------------------------------------------------------------

    def _on_frontend_message(self, _: Any, content: Any, buffers: Any) -> None:  # noqa: ARG002
        """Handle one message from a page, on whichever thread it is delivered."""
        if not isinstance(content, dict):
            logger.warning("! a message from the page is no object: %r", content)
            return
        client = content.get("client")
        number = content.get("id")
        if not isinstance(client, str):
            client = ""
        if isinstance(number, int):
            binding = self._binding
            answer = Answer(
                lambda body: self._publisher.post("reply", body, client=client, request=number),
                binding.connection.calls,
            )
            own = {"hello": self._hello, "ping": _pong, "module": _tell_module}
            handlers = {**own, **binding.handlers}
            answer_request(handlers, content, client, answer)
        else:
            self._notice(client, content)

    def _notice(self, client: str, content: dict[str, Any]) -> None:
        body = content.get("body")
        match content.get("op"):
            case "ack" if isinstance(body, dict) and isinstance(body.get("seq"), int):
                self._publisher.acknowledge(client, body["seq"])
            case "hide":
                self._publisher.hide(client)
                self._saved_picture.leave()
            case "bye":
                self._publisher.forget(client)
            case other:
                logger.warning("! the page sent a notice that makes no sense: %r", other)

    def _hello(self, client: str, body: dict[str, Any], answer: Answer) -> None:
        epoch, rev = body.get("epoch"), body.get("rev")
        feed = self._binding.feed
        answer.ok(HelloResult(epoch=feed.epoch if feed else ""))
        self._publisher.hello(
            client,
            epoch if isinstance(epoch, str) else None,
            rev if isinstance(rev, int) else None,
        )
        self._binding.greet(client)


def _pong(_: str, __: dict[str, Any], answer: Answer) -> None:
    answer.ok()


def _tell_module(_: str, body: dict[str, Any], answer: Answer) -> None:
    name = field_of(body, "name", str)
    if name not in LAZY_MODULES:
        raise BadRequest(f"there is no module {name!r}")
    answer.later(
        lambda: ModuleResult(name=name, source=asset_path(f"{name}.js").read_text("utf-8"))
    )


def _check_options(kind: type[Panel], options: dict[str, Any]) -> None:
    """Refuse misspelt options, which ipywidgets would let pass without a word."""
    allowed = ["tool", "query", "selected", "height", "layout", *kind.own_options]
    for option in options:
        if option not in allowed:
            near = difflib.get_close_matches(option, allowed, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(allowed)}"
            raise TypeError(f"{kind.__name__} has no option {option!r}{hint}")
