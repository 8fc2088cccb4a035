"""`%nanover connect`, `disconnect`, `reconnect`, `use`, `list` and `status`."""

from __future__ import annotations

import time
from dataclasses import dataclass

from nanover_jupyter.client.connection import Connection
from nanover_jupyter.client.discovery import discover
from nanover_jupyter.client.status import Status
from nanover_jupyter.magics import config
from nanover_jupyter.magics.config_file import NamedServer
from nanover_jupyter.magics.connection_registry import (
    ClosedConnection,
    ConnectResult,
    ConnectTarget,
)
from nanover_jupyter.magics.context import MagicContext
from nanover_jupyter.magics.errors import MagicError
from nanover_jupyter.magics.line.parser import ParsedLine
from nanover_jupyter.magics.output import Table, count, duration
from nanover_jupyter.transport.address import is_encrypted

__all__ = ["connect", "disconnect", "list_", "reconnect", "status", "use"]

_CONNECT_SECONDS = 5.0


def connect(context: MagicContext, line: ParsedLine) -> None:
    """Run `%nanover connect`."""
    options = line.options
    if options.find is not None and options.server is not None:
        raise MagicError("Give either a server or --find, not both.")
    choice = _choose_server(context, line)
    name = choice.name if options.name is None else context.expand(options.name)
    timeout = options.timeout or choice.timeout or _CONNECT_SECONDS
    result = context.registry.connect(choice.target, name=name, timeout=timeout)
    context.store(line, result.connection.client)
    if not options.quiet:
        context.show_line(line, _describe_result(context, result))
        if context.has_frontend:
            context.show(line, context.panel(result.connection, "ControlRoom"))


def disconnect(context: MagicContext, line: ParsedLine) -> None:
    """Run `%nanover disconnect`."""
    registry = context.registry
    results = [registry.disconnect(_connection_name(context, line))]
    while line.options.all and results[-1] is not None:
        results.append(registry.disconnect())
    closed = [result for result in results if result is not None]
    if not closed:
        context.show_line(line, "Not connected.")
        return
    text = " ".join(map(_describe_closed, closed))
    if registry.current is not None:
        text += f" The current connection is now {registry.current.name}."
    context.show_line(line, text)


def reconnect(context: MagicContext, line: ParsedLine) -> None:
    """Run `%nanover reconnect`."""
    timeout = line.options.timeout or _CONNECT_SECONDS
    result = context.registry.reconnect(_connection_name(context, line), timeout=timeout)
    connection = result.connection
    context.show_line(
        line,
        f"Reconnected to {connection.name} ({connection.address}): "
        f"{_counts(connection)}{_held_locks(connection)}.",
    )


def use(context: MagicContext, line: ParsedLine) -> None:
    """Run `%nanover use`."""
    connection = context.registry.use(context.expand(line.options.connection))
    context.show_line(
        line, f"The current connection is now {connection.name} ({connection.address})."
    )


def list_(context: MagicContext, line: ParsedLine) -> None:
    """Run `%nanover list`."""
    registry = context.registry
    current = registry.current
    if current is None:
        context.show_line(line, "Not connected. Run %nanover connect.")
        return
    one = line.options.name is not None
    connections = (context.connection(line),) if one else registry.connections
    rows = [
        (
            "*" if connection is current else "",
            connection.name,
            connection.address,
            _short_status(connection),
            str(connection.client.health.keys),
            str(len(connection.client.leases.held_keys())),
        )
        for connection in connections
    ]
    context.show(
        line,
        Table(
            "Connections (* marks the current one):",
            ("", "name", "address", "state", "keys", "locks"),
            rows,
            below="Switch with %nanover use NAME." if len(rows) > 1 else "",
            code=1,
        ),
    )


def status(context: MagicContext, line: ParsedLine) -> None:
    """Run `%nanover status`."""
    registry = context.registry
    sentences = []
    if registry.current is not None or line.options.name is not None:
        sentences.append(_describe_status(context.connection(line)))
    others = len(registry.connections) - 1
    if others > 0 and line.options.name is None:
        sentences.append(f"{count(others, 'more connection')} (see %nanover list).")
    if registry.embedded is not None:
        sentences.append(f"This kernel runs a server at {registry.embedded.location}.")
    context.show_line(line, " ".join(sentences) or "Not connected. Run %nanover connect.")


@dataclass(frozen=True, slots=True)
class _ServerChoice:
    """A server to connect to, with its default name and timeout."""

    target: ConnectTarget
    name: str | None = None
    timeout: float | None = None


def _choose_server(context: MagicContext, line: ParsedLine) -> _ServerChoice:
    """Return the server that a `connect` line means."""
    options = line.options
    if options.find is not None:
        found = discover().named(context.expand(options.find))
        return _ServerChoice(ConnectTarget(address=found.url))
    if options.server is None:
        default = config.load().default
        return _ServerChoice(ConnectTarget()) if default is None else _configured(context, default)
    server = context.resolve(options.server)
    # An address does not need nanover.toml, which may be invalid.
    if not isinstance(server, str) or ":" in server or "/" in server:
        return _ServerChoice(ConnectTarget(address=server))
    named = config.load().servers.get(server)
    connected = [each for each in context.registry.connections if each.name == server]
    # A file that is not trusted must not take over the name of an open connection.
    if named is not None and (named.is_trusted or not connected):
        return _configured(context, named)
    if connected:
        return _ServerChoice(ConnectTarget(address=connected[0].address), server)
    return _ServerChoice(ConnectTarget(address=server))


def _configured(context: MagicContext, server: NamedServer) -> _ServerChoice:
    """Return the choice for a server of nanover.toml."""
    server.require_trust()
    tls = server.tls()
    address = server.address
    if server.find:
        # The address of an open connection saves a search. As for an address in the file,
        # tokens and certificates require encryption.
        connected = [each for each in context.registry.connections if each.name == server.name]
        urls = [each.address for each in connected if tls is None or is_encrypted(each.address)]
        if not urls:
            offers = discover().named(server.find).offers
            urls = [url for url in offers if tls is None or is_encrypted(url)]
            if not urls:
                raise MagicError(
                    f"[servers.{server.name}] has a token or certificates, but the server that "
                    f"announces itself as {server.find!r} is not encrypted ({', '.join(offers)})."
                )
        address = urls[0]
    target = ConnectTarget(address=address, interval=server.interval, tls=tls)
    return _ServerChoice(target, server.name, server.timeout)


def _connection_name(context: MagicContext, line: ParsedLine) -> str | None:
    """Return the name given as an argument or by `--name`."""
    options = line.options
    if options.connection is not None and options.name is not None:
        raise MagicError(f"{line.subcommand.prog} takes one name, not two.")
    name = options.connection if options.connection is not None else options.name
    return None if name is None else context.expand(name)


def _describe_result(context: MagicContext, result: ConnectResult) -> str:
    connection, registry = result.connection, context.registry
    name, server = connection.name, connection.address
    if result.embedded and registry.embedded is not None:
        server = f"{registry.embedded.description} at {server}"
    is_default_name = connection.address.endswith(f"//{name}") or name in {"demo", "empty server"}
    as_name = "" if is_default_name else f" as {name}"
    if result.how == "reused":
        return f"Already connected to {server}{as_name}: {_counts(connection)}."
    if result.how == "moved":
        return f"{name} is now connected to {server}, with its widgets: {_counts(connection)}."
    others = len(registry.connections) - 1
    end = f"%nanover disconnect {name}" if others else "%nanover disconnect"
    more = f" {count(others, 'other connection')} open." if others else ""
    return f"Connected to {server}{as_name}: {_counts(connection)}. Disconnect with {end}.{more}"


def _describe_closed(result: ClosedConnection) -> str:
    server = " and stopped the demo world" if result.stopped_server else ""
    return f"Disconnected from {result.connection.name}{server}."


def _describe_status(connection: Connection) -> str:
    client, status = connection.client, connection.status
    server, since = f"{connection.name} ({connection.address})", f"for {_status_age(status)}"
    if status.state == "connected":
        rate = f"{client.health.rate:.0f} updates/s"
        return (
            f"Connected to {server} {since}: {_counts(connection)}, {rate}"
            f"{_held_locks(connection)}."
        )
    if status.state == "lost":
        attempt = f" (attempt {status.attempt})" if status.attempt else ""
        return f"Connection to {server} lost {since}: {status.reason}. Reconnecting{attempt}."
    if status.state == "loading":
        return f"Loading the state of {server} {since}{_received(status)}."
    return f"{server} is {status.state}."


def _short_status(connection: Connection) -> str:
    status = connection.status
    if status.state == "lost":
        return f"lost for {_status_age(status)}, reconnecting"
    if status.state == "loading":
        return f"loading the state{_received(status)}"
    return status.state


def _status_age(status: Status) -> str:
    return duration(round(time.monotonic() - status.since))


def _received(status: Status) -> str:
    return "" if status.received is None else f", {status.received / 1e6:.1f} MB so far"


def _counts(connection: Connection) -> str:
    client = connection.client
    commands = count(len(client.available_commands), "command")
    return f"{commands}, {count(client.health.keys, 'key')}"


def _held_locks(connection: Connection) -> str:
    held = len(connection.client.leases.held_keys())
    return f", {count(held, 'lock')} held" if held else ""
