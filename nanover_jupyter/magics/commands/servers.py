"""`%nanover servers`, `trust` and `serve`."""

from __future__ import annotations

from typing import Final

from nanover_jupyter.client.discovery import DiscoveryResult, discover
from nanover_jupyter.magics import config, trusted_files
from nanover_jupyter.magics.context import MagicContext
from nanover_jupyter.magics.errors import MagicError
from nanover_jupyter.magics.line.parser import ParsedLine
from nanover_jupyter.magics.output import Table, TextBlock
from nanover_jupyter.text_format import visible

__all__ = ["serve", "servers", "trust"]

_LISTEN_SECONDS: Final = 1.5
# Longer than any line that a file of the largest size could ask for.
_MAX_TRUST_LINE: Final = 2_000_000
_MAX_COLUMN: Final = 40


def servers(context: MagicContext, line: ParsedLine) -> None:
    """Run `%nanover servers`."""
    options = line.options
    configured = config.load().servers.values()
    if configured and options.output is None:
        rows = [(server.name, server.place) for server in configured]
        below = "Connect with %nanover connect NAME."
        context.show(line, Table("Servers in nanover.toml:", ("name", "address"), rows, below))
    found = discover(options.timeout or _LISTEN_SECONDS, port=options.port)
    if options.name is not None:
        part = context.expand(options.name).casefold()
        matches = tuple(server for server in found if part in server.name.casefold())
        found = DiscoveryResult(matches, found.obstacle)
    context.discovered = found.servers
    if context.store(line, found):
        return
    if not found.servers:
        context.show_line(line, found.explanation)
        return
    context.show(
        line,
        Table(
            "Servers on this network:",
            ("address", "name", "protocols", "last seen"),
            [
                (
                    server.urls[0],
                    server.name,
                    ", ".join(server.protocols),
                    f"{server.age:.1f} s ago",
                )
                for server in found
            ],
            below="Connect with %nanover connect ADDRESS or %nanover connect --find NAME.",
        ),
    )


def trust(context: MagicContext, line: ParsedLine) -> None:
    """Run `%nanover trust`."""
    show, revoke = line.options.show, line.options.revoke
    if show and revoke:
        raise MagicError("Give either --show or --revoke, not both.")
    # Read once, so that the same content is shown, trusted and used later.
    project = config.project_file()
    if project is None:
        context.show_line(line, "Found no nanover.toml in this folder or above it.")
        return
    if revoke:
        was_trusted = trusted_files.revoke(project.path)
        longer = " any longer" if was_trusted else ""
        context.show_line(line, f"{project.path} is not trusted{longer}.")
        return
    requests = config.requests_of(project)
    if not requests:
        context.show_line(line, f"{project.path} asks for nothing that needs trust.")
        return
    if show:
        is_trusted = project.is_trusted
        title = f"{project.path} is {'' if is_trusted else 'not '}trusted. It asks for:"
        below = "" if is_trusted else "To allow all of this, run %nanover trust."
    else:
        project.trust()
        title = f"{project.path} is now trusted. It asks for:"
        below = (
            "Any change of this file or of its certificate files ends the trust, and so does "
            "%nanover trust --revoke."
        )
    # Not a table, which would cut off long cells: the user must see all of it.
    width = min(_MAX_COLUMN, max(len(where) for where, _ in requests))
    lines = [title, *(f"  {where:<{width}}  {what}" for where, what in requests), below]
    text = "\n".join(visible(each, _MAX_TRUST_LINE) for each in lines if each)
    context.show(line, TextBlock(text))


def serve(context: MagicContext, line: ParsedLine) -> None:
    """Run `%nanover serve`."""
    options, registry = line.options, context.registry
    running = registry.embedded
    if options.stop:
        registry.stop_server()
        text = f"Stopped the server at {running.location}." if running else "No server is running."
    elif running is not None:
        text = (
            f"A server is already running at {running.location}. "
            "Stop it with %nanover serve --stop."
        )
    else:
        name = None if options.name is None else context.expand(options.name)
        started = registry.serve(
            port=options.port, websocket=options.websocket, demo=not options.empty, announce=name
        )
        announced = f", announced as {name!r}" if name else ""
        text = (
            f"Serving {started.description} at {started.location}{announced}, for this machine "
            "only. Stop it with %nanover serve --stop."
        )
    context.show_line(line, text)
