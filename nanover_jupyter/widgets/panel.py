"""The base class of the widgets: connection, publisher and request handling."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Sequence
from typing import Any, ClassVar, Final, TypeVar

import anywidget
import traitlets

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.connection import Connection
from nanover_jupyter.widgets.assets import asset_path
from nanover_jupyter.widgets.lifecycle import CellDisplay, CellWidget, own_models
from nanover_jupyter.widgets.saved_output import SavedOutput
from nanover_jupyter.widgets.static_html import local_time
from nanover_jupyter.widgets.subshells import enable_subshells
from nanover_jupyter.widgets.sync.messages import Envelope, HelloResult, ModuleResult
from nanover_jupyter.widgets.sync.publisher import Health, Publisher
from nanover_jupyter.widgets.sync.requests import BadRequest, Reply, get_field, handle_request
from nanover_jupyter.widgets.sync.view_stream import Buffer
from nanover_jupyter.widgets.tool_binding import ToolBinding, ToolController

__all__ = ["LAZY_MODULES", "Panel", "Tool"]

logger = logging.getLogger("nanover_jupyter.widgets")

Tool = TypeVar("Tool")

LAZY_MODULES: Final = frozenset(
    {
        "edit",
        "history",
        "locks_view",
        "molecule_renderer",
        "molecule_view",
        "plot",
        "run",
        "simulation_view",
    }
)
"""Frontend modules that a page requests on first use; built next to the widgets."""


class Panel(CellWidget, anywidget.AnyWidget):
    """Base of the widgets: binds tools to a connection and to the views in the page.

    Traits hold only what a reopened page must know; see `sync/messages.py` for the rest.
    Messages from the page are handled on the thread on which the kernel delivers them (a
    subshell thread, so that buttons work while a cell runs). All messages to the page are
    sent by the publisher's thread. Neither thread sets traits.

    Args:
        source: A Connection, or a NanoverClient.
        **options: Initial values of `tool`, `height` and a widget's own options.

    Raises:
        TypeError: `source` is neither, or an option does not exist.
    """

    tools: ClassVar[tuple[type[ToolController], ...]] = ()
    own_options: ClassVar[tuple[str, ...]] = ()

    tool = traitlets.Unicode("", help="The active tab, if there are tabs.").tag(sync=True)
    height = traitlets.Int(420, min=160, max=4000, help="Height of the content in CSS pixels.").tag(
        sync=True
    )

    def __init__(self, source: Connection | BaseClient, **options: Any) -> None:
        _check_options(type(self), options)
        connection = Connection.of(source)
        super().__init__(**options)
        self._own_models = own_models(self, options)
        self._publisher = Publisher(
            self._send_to_views, None, health=self._health, on_heartbeat=self._on_heartbeat
        )
        self._saved_output = SavedOutput(self._render_static_html)
        self._bind(connection)
        self.on_msg(self._on_frontend_message)
        enable_subshells(self)
        self.cell_display = CellDisplay(self)

    @property
    def connection(self) -> Connection:
        """The connection that the widget shows."""
        return self._binding.connection

    @property
    def has_views(self) -> bool:
        """Whether a page that shows the widget has sent a message within the last minute."""
        return self._publisher.has_views

    def rebind(self, source: Connection | BaseClient) -> None:
        """Show another connection in every view of this widget.

        Raises:
            TypeError: `source` is neither a Connection nor a client.
        """
        connection = Connection.of(source)
        old = self._binding
        if connection is not old.connection:
            old.connection.dependents.discard(self)
            old.dispose()
            self._bind(connection)

    def close(self) -> None:
        """Stop the publisher and remove the widget from all pages; keep the connection open."""
        binding = getattr(self, "_binding", None)
        if binding is not None:
            self._saved_output.save_final()
            binding.connection.dependents.discard(self)
            binding.dispose()
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
            self.cell_display.record_display()
            data["text/plain"] = repr(self)
            data["text/html"] = self._render_static_html(local_time())
        return bundle

    def _ipython_display_(self) -> None:
        bundle = self._repr_mimebundle_()
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if data is not None:
            self._saved_output.display(data)

    def _render_static_html(self, time_text: str) -> str:
        return self._binding.static_html(time_text)

    # to the page -----------------------------------------------------------------

    def _send_to_views(self, envelope: Envelope, buffers: Sequence[Buffer]) -> None:
        if self.comm is not None:
            self.send(envelope, list(buffers))

    def _health(self) -> Health:
        return self._binding.health()

    def _on_heartbeat(self) -> None:
        self._binding.on_heartbeat()
        self._saved_output.on_heartbeat()

    def _bind(self, connection: Connection) -> None:
        """Create the tools for a connection, and initialize the known views."""
        # Set the binding first, so that a view that sends `hello` meanwhile is initialized
        # either below or by the new binding.
        binding = self._binding = ToolBinding(connection, self.tools, self._publisher)
        connection.dependents.add(self)
        self._on_bound()
        for client in self._publisher.set_feed(binding.feed, binding.streams):
            binding.send_initial(client)

    def _on_bound(self) -> None:
        """Called when tools were created for a connection, before views are initialized."""

    def find_tool(self, kind: type[Tool]) -> Tool:
        """Return the controller of a class; raises LookupError if the widget does not have it."""
        return self._binding.tool(kind)

    # from the page ---------------------------------------------------------------

    def _on_frontend_message(self, _: Any, content: Any, buffers: Any) -> None:
        """Handle one message from a page, on the thread that delivers it."""
        if not isinstance(content, dict):
            logger.warning("! ignored a message from the page: %r is not an object", content)
            return
        client = content.get("client")
        number = content.get("id")
        if not isinstance(client, str):
            client = ""
        if isinstance(number, int):
            binding = self._binding
            reply = Reply(
                lambda body: self._publisher.post("reply", body, client=client, request=number),
                binding.connection.calls,
            )
            own = {"hello": self._hello, "ping": _ping, "module": _send_module}
            handlers = {**own, **binding.handlers}
            handle_request(handlers, content, client, reply)
        else:
            self._handle_notice(client, content, buffers or ())

    def _handle_notice(
        self, client: str, content: dict[str, Any], buffers: Sequence[Buffer]
    ) -> None:
        op, body = content.get("op"), content.get("body")
        body = body if isinstance(body, dict) else {}
        binding = self._binding
        # First, because the publisher looks at the streams when it is woken.
        known = binding.notice(op, client, body, buffers)
        match op:
            case "ack" if isinstance(body.get("seq"), int):
                self._publisher.acknowledge(client, body["seq"])
            case "ack":
                logger.warning("! ignored an invalid notice from the page: %r", content)
            case "hide":
                self._publisher.hide(client)
                binding.on_view_gone(client)
                self._saved_output.on_hidden()
            case "bye":
                self._publisher.remove_view(client)
                binding.on_view_gone(client)
            case other if not known:
                logger.warning("! ignored an invalid notice from the page: %r", other)

    def _hello(self, client: str, body: dict[str, Any], reply: Reply) -> None:
        epoch, rev = body.get("epoch"), body.get("rev")
        feed = self._binding.feed
        reply.ok(HelloResult(epoch=feed.epoch if feed else ""))
        self._publisher.hello(
            client,
            epoch if isinstance(epoch, str) else None,
            rev if isinstance(rev, int) else None,
        )
        self._binding.send_initial(client)


def _ping(_: str, __: dict[str, Any], reply: Reply) -> None:
    reply.ok()


def _send_module(_: str, body: dict[str, Any], reply: Reply) -> None:
    name = get_field(body, "name", str)
    if name not in LAZY_MODULES:
        raise BadRequest(f"unknown module {name!r}")
    reply.later(lambda: ModuleResult(name=name, source=asset_path(f"{name}.js").read_text("utf-8")))


def _check_options(kind: type[Panel], options: dict[str, Any]) -> None:
    """Refuse unknown options, which ipywidgets ignores."""
    allowed = ["tool", "height", "layout", *kind.own_options]
    for option in options:
        if option not in allowed:
            near = difflib.get_close_matches(option, allowed, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; use one of {', '.join(allowed)}"
            raise TypeError(f"{kind.__name__} has no option {option!r}{hint}")
