"""Subcommands about connections and servers."""

from __future__ import annotations

from dataclasses import dataclass

from nanover_jupyter.client.discovery import DiscoveryResult, discover
from nanover_jupyter.magics import config as _config
from nanover_jupyter.magics.context import MagicContext
from nanover_jupyter.magics.line.parser import MagicSyntaxError, ParsedLine
from nanover_jupyter.magics.registry import Closed, ConnectResult, ConnectTarget
from nanover_jupyter.magics.tables import Table
from nanover_jupyter.magics.wording import counts, described, many, state_of
from nanover_jupyter.transport.address import is_encrypted

__all__ = ["connect", "disconnect", "list_", "reconnect", "serve", "servers", "status", "use"]

_CONNECT_SECONDS = 5.0
_LISTEN_SECONDS = 1.5


def connect(desk: MagicContext, order: ParsedLine) -> None:
    """`%nanover connect`."""
    options = order.options
    if options.find is not None and options.server is not None:
        raise MagicSyntaxError("%nanover connect takes a server or --find, not both")
    chosen = _chosen(desk, order)
    name = chosen.name if options.name is None else desk.text(options.name)
    timeout = options.timeout or chosen.timeout or _CONNECT_SECONDS
    reached = desk.sessions.connect(chosen.goal, name=name, timeout=timeout)
    desk.keep(order, reached.connection.client)
    if not options.quiet:
        desk.say(order, _greeting(desk, reached))
        if desk.has_page:
            desk.show(order, desk.panel(reached.connection, "ControlRoom"))


def disconnect(desk: MagicContext, order: ParsedLine) -> None:
    """`%nanover disconnect`."""
    sessions = desk.sessions
    name = _which(desk, order)
    closed = [sessions.disconnect(name)]
    while order.options.all and closed[-1] is not None:
        closed.append(sessions.disconnect())
    ended = [each for each in closed if each is not None]
    if not ended:
        desk.say(order, "There was no connection.")
        return
    said = " ".join(map(_farewell, ended))
    if sessions.current is not None:
        said += f" The current connection is {sessions.current.name} now."
    desk.say(order, said)


def reconnect(desk: MagicContext, order: ParsedLine) -> None:
    """`%nanover reconnect`."""
    timeout = order.options.timeout or _CONNECT_SECONDS
    reached = desk.sessions.reconnect(_which(desk, order), timeout=timeout)
    connection = reached.connection
    held = len(connection.client.leases.held_keys())
    locks = f", {many(held, 'lock')} held" if held else ""
    desk.say(
        order,
        f"Connected again to {connection.name} ({connection.address}): "
        f"{counts(connection)}{locks}.",
    )


def use(desk: MagicContext, order: ParsedLine) -> None:
    """`%nanover use`."""
    connection = desk.sessions.use(desk.text(order.options.connection))
    desk.say(order, f"The current connection is {connection.name} ({connection.address}) now.")


def list_(desk: MagicContext, order: ParsedLine) -> None:
    """`%nanover list`."""
    sessions = desk.sessions
    current = sessions.current
    if current is None:
        desk.say(order, "There is no connection. %nanover connect begins.")
        return
    shown = sessions.connections if order.options.name is None else (desk.connection(order),)
    rows = [
        (
            "*" if connection is current else "",
            connection.name,
            connection.address,
            state_of(connection),
            str(connection.client.health.keys),
            str(len(connection.client.leases.held_keys())),
        )
        for connection in shown
    ]
    desk.show(
        order,
        Table(
            "Connections (* is the current one):",
            ("", "name", "address", "state", "keys", "locks"),
            rows,
            below="%nanover use NAME makes another the current one." if len(rows) > 1 else "",
            code=1,
        ),
    )


def status(desk: MagicContext, order: ParsedLine) -> None:
    """`%nanover status`."""
    sessions = desk.sessions
    lines = []
    if sessions.current is not None or order.options.name is not None:
        lines.append(described(desk.connection(order)))
    others = len(sessions.connections) - 1
    if others > 0 and order.options.name is None:
        lines.append(f"{many(others, 'more connection')}: %nanover list.")
    if sessions.embedded is not None:
        lines.append(f"A server runs here, at {_addresses(desk)}.")
    desk.say(order, " ".join(lines) or "Not connected. %nanover connect begins.")


def servers(desk: MagicContext, order: ParsedLine) -> None:
    """`%nanover servers`."""
    options = order.options
    named = _config.load().servers.values()
    if named and options.output is None:
        places = [(server.name, server.place) for server in named]
        below = "%nanover connect NAME connects."
        desk.show(order, Table("Servers in nanover.toml:", ("name", "address"), places, below))
    found = discover(options.timeout or _LISTEN_SECONDS, port=options.port)
    if options.name is not None:
        part = desk.text(options.name).casefold()
        heard = tuple(server for server in found if part in server.name.casefold())
        found = DiscoveryResult(heard, found.obstacle)
    desk.heard = found.servers
    if desk.keep(order, found):
        return
    if not found.servers:
        desk.say(order, found.explanation)
        return
    rows = [
        (server.urls[0], server.name, " and ".join(server.protocols), f"{server.age:.1f} s ago")
        for server in found
    ]
    desk.show(
        order,
        Table(
            "Servers on this network:",
            ("address", "name", "by", "heard"),
            rows,
            below="%nanover connect ADDRESS or %nanover connect --find NAME connects.",
        ),
    )


def serve(desk: MagicContext, order: ParsedLine) -> None:
    """`%nanover serve`."""
    options, sessions = order.options, desk.sessions
    running = sessions.embedded
    if options.stop:
        where = _addresses(desk) if running else ""
        sessions.stop_server()
        said = f"Stopped the server at {where}." if running else "No server ran here."
    elif running is not None:
        said = f"A server already runs here, at {_addresses(desk)}. Stop it with --stop."
    else:
        announce = None if options.name is None else desk.text(options.name)
        started = sessions.serve(
            port=options.port,
            websocket=options.websocket,
            demo=not options.empty,
            announce=announce,
        )
        called = f", announced as {announce!r}" if announce else ""
        said = (
            f"Serving {started.what} at {_addresses(desk)}{called}, for this machine only. "
            "Stop it with %nanover serve --stop."
        )
    desk.say(order, said)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Where to connect to, with the name and the time that go with it by default."""

    goal: ConnectTarget
    name: str | None = None
    timeout: float | None = None


def _chosen(desk: MagicContext, order: ParsedLine) -> _Chosen:
    """Where an order to connect leads."""
    options = order.options
    if options.find is not None:
        return _Chosen(ConnectTarget(address=discover().named(desk.text(options.find)).url))
    if options.server is None:
        default = _config.load().default
        return _Chosen(ConnectTarget()) if default is None else _configured(desk, default)
    thing = desk.thing(options.server)
    # What can only be an address is one, whatever becomes of the file.
    if not isinstance(thing, str) or ":" in thing or "/" in thing:
        return _Chosen(ConnectTarget(address=thing))
    server = _config.load().servers.get(thing)
    opened = [connection for connection in desk.sessions.connections if connection.name == thing]
    # A file that is not trusted does not take over the name of an open connection.
    if server is not None and (server.is_trusted or not opened):
        return _configured(desk, server)
    if opened:
        return _Chosen(ConnectTarget(address=opened[0].address), thing)
    return _Chosen(ConnectTarget(address=thing))


def _configured(desk: MagicContext, server: _config.NamedServer) -> _Chosen:
    """A server that nanover.toml names."""
    server.require_trust()
    address: object = server.address
    tls = server.tls()
    if server.find:
        # One that is connected to need not be heard of again.
        # As for an address: what is to be encrypted goes nowhere in the clear.
        opened = [each for each in desk.sessions.connections if each.name == server.name]
        urls = [each.address for each in opened if tls is None or is_encrypted(each.address)]
        if not urls:
            offers = discover().named(server.find).offers
            urls = [url for url in offers if tls is None or is_encrypted(url)]
            if not urls:
                raise MagicSyntaxError(
                    f"[servers.{server.name}] has a token or certificates, but what announces "
                    f"itself as {server.find!r} is not encrypted ({', '.join(offers)})"
                )
        address = urls[0]
    goal = ConnectTarget(address=address, interval=server.interval, tls=tls)
    return _Chosen(goal, server.name, server.timeout)


def _which(desk: MagicContext, order: ParsedLine) -> str | None:
    """The name of the connection that an order about connections is for."""
    options = order.options
    if options.connection is not None and options.name is not None:
        raise MagicSyntaxError(f"%nanover {order.subcommand} takes one name, not two")
    name = options.connection if options.connection is not None else options.name
    return None if name is None else desk.text(name)


def _addresses(desk: MagicContext) -> str:
    embedded = desk.sessions.embedded
    return " and ".join(map(str, embedded.addresses)) if embedded is not None else ""


def _greeting(desk: MagicContext, reached: ConnectResult) -> str:
    connection, sessions = reached.connection, desk.sessions
    what = connection.address
    if reached.embedded and sessions.embedded is not None:
        what = f"{sessions.embedded.what} at {what}"
    name = connection.name
    plain = connection.address.endswith(f"//{name}") or name in {"demo", "empty server"}
    called = "" if plain else f" as {name}"
    if reached.how == "reused":
        return f"Already connected to {what}{called}: {counts(connection)}."
    if reached.how == "moved":
        return f"{name} leads to {what} now, with its widgets: {counts(connection)}."
    stop = (
        "%nanover disconnect" if len(sessions.connections) == 1 else (f"%nanover disconnect {name}")
    )
    others = len(sessions.connections) - 1
    more = (
        f" {many(others, 'other connection')} stays open."
        if others == 1
        else (f" {many(others, 'other connection')} stay open." if others else "")
    )
    return f"Connected to {what}{called}: {counts(connection)}. Stop it with {stop}.{more}"


def _farewell(closed: Closed) -> str:
    also = " and stopped the demo world" if closed.stopped_server else ""
    return f"Disconnected from {closed.connection.name}{also}."
