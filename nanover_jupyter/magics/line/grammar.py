"""Everything `%nanover` can be told, as one table.

Parsing, help, completion and the table in the documentation are all made from
`SUBCOMMANDS`; what a subcommand then does is found in `_magics.py`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from nanover_jupyter.wire.discovery import DISCOVERY_PORT

__all__ = ["GROUPS", "SUBCOMMANDS", "Count", "Live", "Parameter", "Subcommand"]

# How many words a parameter takes: one, at most one, any number, one or more; "flag" is none.
Count = Literal["one", "optional", "any", "some", "flag"]
# What lives in the session and can stand in a parameter's place.
Live = Literal[
    "announced",
    "argument",
    "assignment",
    "command",
    "connection",
    "held",
    "key",
    "pattern",
    "server",
    "subcommand",
    "value",
]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A word or an option of a subcommand.

    Attributes:
        name: In lower case for a word, with dashes for an option.
        about: What it means, as a phrase.
        count: How many words it takes.
        metavar: What stands for the value of an option in its usage.
        kind: Makes the value of the text, or raises `argparse.ArgumentTypeError`.
        live: What can stand there, for completion.
        short: A second spelling, of one dash and one letter.
        default: Its value where it is left out.
    """

    name: str
    about: str
    count: Count = "one"
    metavar: str = ""
    kind: Callable[[str], Any] | None = None
    live: Live | None = None
    short: str = ""
    default: Any = None

    @property
    def is_option(self) -> bool:
        """Whether it is named in the line, and may stand anywhere."""
        return self.name.startswith("-")

    @property
    def destination(self) -> str:
        """The name of its value in an order."""
        return self.name.lstrip("-").replace("-", "_")

    @property
    def usage(self) -> str:
        """How it is written, for people."""
        if self.is_option:
            spelt = f"{self.short}, {self.name}" if self.short else self.name
            return spelt if self.count == "flag" else f"{spelt} {self.metavar}"
        word = self.metavar or self.name.upper()
        return {"one": word, "optional": f"[{word}]", "any": f"[{word}...]"}.get(
            self.count, f"{word}..."
        )


@dataclass(frozen=True, slots=True)
class Subcommand:
    """One thing that `%nanover` does.

    Attributes:
        name: The first word of the line.
        group: The heading that it stands under in listings.
        about: What it does, as a phrase.
        parameters: Its own words and options; those that all have come by themselves.
        takes_body: Whether it may also head a cell, as `%%nanover NAME`.
        example: A line that makes sense.
    """

    name: str
    group: str
    about: str
    parameters: tuple[Parameter, ...] = ()
    takes_body: bool = False
    example: str = ""
    words: tuple[Parameter, ...] = field(init=False)
    options: tuple[Parameter, ...] = field(init=False)

    def __post_init__(self) -> None:
        own = {parameter.name for parameter in self.parameters}
        everywhere = tuple(option for option in _EVERYWHERE if option.name not in own)
        words = tuple(parameter for parameter in self.parameters if not parameter.is_option)
        options = tuple(parameter for parameter in self.parameters if parameter.is_option)
        object.__setattr__(self, "words", words)
        object.__setattr__(self, "options", options + everywhere)

    @property
    def usage(self) -> str:
        """The line without its options, for people."""
        return " ".join([f"%nanover {self.name}", *(word.usage for word in self.words)])


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 86_400:  # noqa: PLR2004 - a day is beyond any patience
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds, such as 5 or 0.5")
    return seconds


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= port <= 65535:  # noqa: PLR2004 - TCP's own range
        raise argparse.ArgumentTypeError(f"{text!r} is no port between 0 and 65535")
    return port


def _height(text: str) -> int:
    height = int(text) if text.isascii() and text.isdigit() else 0
    if not 160 <= height <= 4000:  # noqa: PLR2004 - what the widgets take
        raise argparse.ArgumentTypeError(f"{text!r} is no height between 160 and 4000 pixels")
    return height


def _identifier(text: str) -> str:
    if not text.isidentifier():
        raise argparse.ArgumentTypeError(f"{text!r} is no name for a Python variable")
    return text


_NAME: Final = Parameter(
    "--name", "the connection to use, if not the current one", metavar="NAME", live="connection"
)
_TIMEOUT: Final = Parameter(
    "--timeout", "how long to wait for the server (20)", metavar="SECONDS", kind=_seconds
)
_QUIET: Final = Parameter("--quiet", "say nothing", count="flag")
_EVERYWHERE: Final = (_NAME, _TIMEOUT, _QUIET)

_OUTPUT: Final = Parameter(
    "--output",
    "give the result this name in the notebook, in place of showing it",
    short="-o",
    metavar="VARIABLE",
    kind=_identifier,
)
_HEIGHT: Final = Parameter(
    "--height", "in CSS pixels (420)", metavar="PIXELS", kind=_height, default=420
)
_CONNECTION: Final = Parameter(
    "connection", "the connection, if not the current one", count="optional", live="connection"
)


def _pattern(what: str, live: Live) -> Parameter:
    about = f"which {what}: part of the name, or the whole with * and ? in it"
    return Parameter("pattern", about, count="optional", live=live)


_KEY: Final = Parameter("key", "a key of the shared state", live="key")

_CONNECTIONS: Final = "Connections"
_SERVERS: Final = "Servers"
_COMMANDS: Final = "Commands"
_STATE: Final = "Shared state"
_LOCKS: Final = "Locks"
_WIDGETS: Final = "Widgets"
_HELP: Final = "Help"

_ALL: Final = (
    Subcommand(
        "connect",
        _CONNECTIONS,
        "connect to a server and show the control room; without a server, to the default of "
        "nanover.toml, or to one on this machine, or else to a demo world started here",
        (
            Parameter(
                "server",
                "its name in nanover.toml, or HOST, HOST:PORT, ws://HOST:PORT or "
                "grpc://HOST:PORT, or $VARIABLE for an object of NanoVer's",
                count="optional",
                live="server",
            ),
            Parameter(
                "--find",
                "a server that announces itself by this name, or part of it",
                metavar="NAME",
                live="announced",
            ),
            replace(_NAME, about="what to call the connection"),
            replace(_TIMEOUT, about="how long to try (5)"),
            replace(_OUTPUT, about="give the client this name in the notebook"),
            replace(_QUIET, about="say nothing and show no panel"),
        ),
        example="%nanover connect sim.example.org:38801 --name lab",
    ),
    Subcommand(
        "disconnect",
        _CONNECTIONS,
        "close a connection, and the demo world if it was started for it",
        (_CONNECTION, Parameter("--all", "close every connection", count="flag")),
    ),
    Subcommand(
        "reconnect",
        _CONNECTIONS,
        "connect again to where a connection led; its widgets and locks stay",
        (_CONNECTION, replace(_TIMEOUT, about="how long to try (5)")),
    ),
    Subcommand(
        "use",
        _CONNECTIONS,
        "make a connection the current one",
        (replace(_CONNECTION, about="which", count="one"),),
        example="%nanover use lab",
    ),
    Subcommand("list", _CONNECTIONS, "list the connections; * marks the current one"),
    Subcommand("status", _CONNECTIONS, "tell how a connection is, in one line"),
    Subcommand(
        "servers",
        _SERVERS,
        "listen for servers that announce themselves on this network",
        (
            Parameter(
                "--port",
                f"the UDP port of the announcements ({DISCOVERY_PORT})",
                metavar="PORT",
                kind=_port,
                default=DISCOVERY_PORT,
            ),
            replace(_NAME, about="only those with this in their name", live=None),
            replace(_TIMEOUT, about="how long to listen (1.5)"),
            replace(_OUTPUT, about="give their list this name in the notebook"),
        ),
    ),
    Subcommand(
        "trust",
        _SERVERS,
        "let the nanover.toml of this folder, or of one above it, choose the default server, "
        "send tokens, read certificate files and replace your own servers, until it changes",
        (
            Parameter("--show", "only show what the file asks for", count="flag"),
            Parameter("--revoke", "trust it no longer", count="flag"),
        ),
    ),
    Subcommand(
        "serve",
        _SERVERS,
        "run a server in this kernel, for programs on this machine",
        (
            Parameter("--port", "for gRPC (any free)", metavar="PORT", kind=_port, default=0),
            Parameter(
                "--websocket",
                "serve NanoVer's WebSocket protocol too",
                count="flag",
            ),
            Parameter("--empty", "leave out the demo world", count="flag"),
            Parameter("--stop", "stop the server that runs here", count="flag"),
            replace(_NAME, about="announce it on this machine by this name", live=None),
        ),
    ),
    Subcommand(
        "commands",
        _COMMANDS,
        "list the commands of the server and their arguments",
        (_pattern("commands", "command"), _OUTPUT),
    ),
    Subcommand(
        "run",
        _COMMANDS,
        "run a command and return its result",
        (
            Parameter("command", "its name", live="command"),
            Parameter(
                "arguments",
                "values as JSON, else text; $VARIABLE takes one from the notebook",
                count="any",
                metavar="NAME=VALUE",
                live="argument",
            ),
            _OUTPUT,
            replace(_TIMEOUT, about="how long to wait for its end (600)"),
        ),
        example="%nanover run playback/load index=2 -o reply",
    ),
    Subcommand(
        "state",
        _STATE,
        "list keys of the shared state with the beginning of their values",
        (_pattern("keys", "pattern"), _OUTPUT),
        example="%nanover state avatar.*",
    ),
    Subcommand("get", _STATE, "return the value of a key", (_KEY, _OUTPUT)),
    Subcommand(
        "set",
        _STATE,
        "give a key a value",
        (
            _KEY,
            Parameter(
                "value", "JSON, else text; $VARIABLE takes one from the notebook", live="value"
            ),
        ),
        example="%nanover set suggested.interaction.scale 50",
    ),
    Subcommand(
        "unset",
        _STATE,
        "remove keys, all of them or none",
        (
            replace(
                _KEY, name="keys", about="keys of the shared state", metavar="KEY", count="some"
            ),
        ),
    ),
    Subcommand(
        "update",
        _STATE,
        "change several keys at once, all of them or none; as %%nanover update, of the cell's "
        "body: a JSON object, or one KEY = VALUE a line",
        (
            Parameter("changes", "as for set", count="any", metavar="KEY=VALUE", live="assignment"),
            Parameter(
                "--unset",
                "a key to remove with it; may be given again",
                count="any",
                metavar="KEY",
                live="key",
            ),
        ),
        takes_body=True,
    ),
    Subcommand(
        "watch",
        _STATE,
        "show keys while they change: in an inspector, or line by line for a time",
        (
            replace(_pattern("keys", "pattern"), count="one"),
            Parameter(
                "--for",
                "print changes for so long, then sum them up",
                metavar="SECONDS",
                kind=_seconds,
            ),
        ),
        example="%nanover watch avatar.* --for 10",
    ),
    Subcommand(
        "lock",
        _LOCKS,
        "lock keys against other clients, all of them or none",
        (
            replace(
                _KEY, name="keys", about="keys, which need not exist", metavar="KEY", count="some"
            ),
            Parameter(
                "--for",
                "how long; left out, it is renewed until it is unlocked, for ten minutes at the "
                "most",
                metavar="SECONDS",
                kind=_seconds,
            ),
            Parameter(
                "--wait",
                "try for so long while someone else holds one",
                metavar="SECONDS",
                kind=_seconds,
            ),
            replace(_OUTPUT, about="give the lease this name in the notebook"),
        ),
        example="%nanover lock scene --for 30",
    ),
    Subcommand(
        "unlock",
        _LOCKS,
        "give locks back: those on the keys, or all",
        (Parameter("keys", "locked keys", count="any", metavar="KEY", live="held"),),
    ),
    Subcommand("locks", _LOCKS, "show the lock manager", (_HEIGHT,)),
    Subcommand("panel", _WIDGETS, "show the control room, with all tools", (_HEIGHT,)),
    Subcommand("palette", _WIDGETS, "show the command palette", (_HEIGHT,)),
    Subcommand("inspector", _WIDGETS, "show the state inspector", (_HEIGHT,)),
    Subcommand(
        "help",
        _HELP,
        "explain %nanover, or one of its subcommands",
        (Parameter("subcommand", "which", count="optional", live="subcommand"),),
    ),
)

SUBCOMMANDS: Final = {subcommand.name: subcommand for subcommand in _ALL}
GROUPS: Final = tuple(dict.fromkeys(subcommand.group for subcommand in _ALL))
