"""The subcommands of `%nanover`: one argparse parser for each.

Parsing, help, completion and the documentation are all made from `SUBCOMMANDS`.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from typing import Any, Final, Literal, NoReturn, Self

from nanover_jupyter.magics.errors import MagicError
from nanover_jupyter.magics.line.tokenizer import Token
from nanover_jupyter.wire.discovery import DISCOVERY_PORT

__all__ = ["SUBCOMMANDS", "CompletionKind", "QuotedArgument", "Subcommand", "syntax"]

_GROUPS: Final = {
    "connections": "Connections",
    "servers": "Servers",
    "run": "Commands",
    "state": "Shared state",
    "watch": "Shared state",
    "frame": "Simulation",
    "locks": "Locks",
    "widgets": "Widgets",
    "help": "Help",
}

# What completion offers for the value of an argument.
CompletionKind = Literal[
    "announced",
    "argument",
    "assignment",
    "command",
    "connection",
    "frame",
    "held",
    "key",
    "pattern",
    "server",
    "subcommand",
    "value",
]


class QuotedArgument(str):
    """A token in quotes that begins with a dash, in a form that argparse takes as a value."""

    __slots__ = ("token",)

    token: Token

    def __new__(cls, token: Token) -> Self:
        """Wrap a token. Its raw text begins with the quote."""
        argument = super().__new__(cls, token.raw)
        argument.token = token
        return argument


class Subcommand(argparse.ArgumentParser):
    """The parser of one subcommand.

    Args:
        name: The first token of the line.
        module: The module in `magics.commands` whose function of this name runs it.
        summary: What it does, as a phrase.
        takes_body: Whether `%%nanover NAME` is allowed too.
        example: An example line.

    Attributes:
        positionals: Its positional arguments.
        options: Its options.
        completions: What to complete for an argument, by its `dest`.
    """

    def __init__(
        self, name: str, module: str, summary: str, *, takes_body: bool = False, example: str = ""
    ) -> None:
        super().__init__(prog=f"%nanover {name}", add_help=False, allow_abbrev=False)
        # argparse has no public way to accept -1e-3 as a number.
        self._negative_number_matcher = re.compile(r"-\.?\d")
        self.positionals: list[argparse.Action] = []
        self.options: list[argparse.Action] = []
        self.completions: dict[str, CompletionKind] = {}
        self.name = name
        self.module = module
        self.summary = summary
        self.takes_body = takes_body
        self.example = example

    @property
    def group(self) -> str:
        """The heading in listings."""
        return _GROUPS[self.module]

    @property
    def arguments(self) -> list[argparse.Action]:
        """All arguments, the positional ones first."""
        return [*self.positionals, *self.options]

    @property
    def syntax(self) -> str:
        """The line without its options, as shown in help."""
        return " ".join([self.prog, *map(syntax, self.positionals)])

    def argument(
        self,
        *names: str,
        completes: CompletionKind | None = None,
        convert: Callable[[str], Any] | None = None,
        **settings: Any,
    ) -> Self:
        """Add an argument, like `add_argument`, and return the parser.

        Args:
            *names: As for `add_argument`.
            completes: What completion offers for its value.
            convert: Converts a value, or raises `argparse.ArgumentTypeError`.
            **settings: As for `add_argument`.
        """

        def unwrap(argument: str) -> Any:
            token = argument.token if isinstance(argument, QuotedArgument) else argument
            return token if convert is None else convert(token)

        if settings.get("action") != "store_true":
            settings["type"] = unwrap
        if not names[0].startswith("-"):
            settings.setdefault("metavar", names[0].upper())
        action = self.add_argument(*names, **settings)
        (self.options if action.option_strings else self.positionals).append(action)
        if completes is not None:
            self.completions[action.dest] = completes
        return self

    def flag(self, name: str, about: str) -> Self:
        """Add an option without a value."""
        return self.argument(name, action="store_true", help=about)

    def output(
        self, about: str = "store the result in this variable instead of showing it"
    ) -> Self:
        """Add `--output`."""
        return self.argument("-o", "--output", metavar="VARIABLE", convert=_identifier, help=about)

    def height(self) -> Self:
        """Add `--height` of a widget."""
        return self.argument(
            "--height", metavar="PIXELS", convert=_height, default=420, help="in CSS pixels (420)"
        )

    def common(
        self,
        *,
        name: str = "",
        timeout: str = "seconds to wait for the server (20)",
        quiet: str = "show no output",
    ) -> Self:
        """Add the options that every subcommand has.

        Args:
            name: The help of `--name`, if it is not the name of an existing connection.
            timeout: The help of `--timeout`.
            quiet: The help of `--quiet`.
        """
        self.argument(
            "--name",
            metavar="NAME",
            completes=None if name else "connection",
            help=name or "the connection to use, if not the current one",
        )
        self.argument("--timeout", metavar="SECONDS", convert=_seconds, help=timeout)
        return self.flag("--quiet", quiet)

    def error(self, message: str) -> NoReturn:
        """Raise instead of ending the process.

        Raises:
            MagicError: Always.
        """
        raise MagicError(f"{self.prog}: {message} (see %nanover help {self.name})")


def syntax(argument: argparse.Action) -> str:
    """Return how an argument is written, as shown in help."""
    if argument.option_strings:
        names = ", ".join(argument.option_strings)
        return names if argument.nargs == 0 else f"{names} {argument.metavar}"
    name = argument.metavar
    return {"?": f"[{name}]", "*": f"[{name}...]", "+": f"{name}..."}.get(
        str(argument.nargs), str(name)
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 86_400:  # noqa: PLR2004 - a day
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds, such as 5 or 0.5")
    return seconds


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= port <= 65535:  # noqa: PLR2004 - the range of ports
        raise argparse.ArgumentTypeError(f"{text!r} is not a port between 0 and 65535")
    return port


def _height(text: str) -> int:
    height = int(text) if text.isascii() and text.isdigit() else 0
    if not 160 <= height <= 4000:  # noqa: PLR2004 - the range of the trait
        raise argparse.ArgumentTypeError(f"{text!r} is not a height between 160 and 4000 pixels")
    return height


def _identifier(text: str) -> str:
    if not text.isidentifier():
        raise argparse.ArgumentTypeError(f"{text!r} is not a valid name for a Python variable")
    return text


_CONNECTION: Final[dict[str, Any]] = {
    "nargs": "?",
    "completes": "connection",
    "help": "the connection, if not the current one",
}
_KEY: Final[dict[str, Any]] = {"completes": "key", "help": "a key of the shared state"}
_PATTERN: Final = "part of the name, or the full name with * and ? as wildcards"
_VALUE: Final = "JSON, else text; $VARIABLE for a Python object"
_TRY_SECONDS: Final = "seconds to try (5)"

_ALL: Final = (
    Subcommand(
        "connect",
        "connections",
        "connect to a server and show the control room; without SERVER, to the default server of "
        "nanover.toml, or else a server on this machine, or else a new demo world",
        example="%nanover connect sim.example.org:38801 --name lab",
    )
    .argument(
        "server",
        nargs="?",
        completes="server",
        help="a name in nanover.toml, or HOST, HOST:PORT, ws://HOST:PORT or grpc://HOST:PORT, or "
        "$VARIABLE for a NanoVer object",
    )
    .argument(
        "--find",
        metavar="NAME",
        completes="announced",
        help="the server that announces itself by this name, or part of it",
    )
    .output("store the client in this variable")
    .common(
        name="the name of the new connection",
        timeout=_TRY_SECONDS,
        quiet="show no output and no widget",
    ),
    Subcommand(
        "disconnect",
        "connections",
        "close a connection, and the demo world if it was started for it",
    )
    .argument("connection", **_CONNECTION)
    .flag("--all", "close all connections")
    .common(),
    Subcommand(
        "reconnect",
        "connections",
        "connect again to the server of a connection; widgets and locks are kept",
    )
    .argument("connection", **_CONNECTION)
    .common(timeout=_TRY_SECONDS),
    Subcommand(
        "use", "connections", "make a connection the current one", example="%nanover use lab"
    )
    .argument("connection", completes="connection", help="the name of the connection")
    .common(),
    Subcommand("list", "connections", "list the connections; * marks the current one").common(),
    Subcommand("status", "connections", "show the status of a connection in one line").common(),
    Subcommand(
        "servers",
        "servers",
        "list the servers of nanover.toml and those that announce themselves on this network",
    )
    .argument(
        "--port",
        metavar="PORT",
        convert=_port,
        default=DISCOVERY_PORT,
        help=f"the UDP port of the announcements ({DISCOVERY_PORT})",
    )
    .output("store the list in this variable")
    .common(name="only servers with this in their name", timeout="seconds to listen (1.5)"),
    Subcommand(
        "trust",
        "servers",
        "allow the nanover.toml of this folder, or of one above it, to choose the default server, "
        "send tokens, read certificate files and replace your own servers, until it changes",
    )
    .flag("--show", "only show what the file asks for")
    .flag("--revoke", "stop trusting the file")
    .common(),
    Subcommand("serve", "servers", "run a server in this kernel, for programs on this machine")
    .argument(
        "--port", metavar="PORT", convert=_port, default=0, help="the port for gRPC (any free one)"
    )
    .flag("--websocket", "serve the WebSocket protocol too")
    .flag("--empty", "run without the demo world")
    .flag("--stop", "stop the server of this kernel")
    .common(name="announce the server on this machine by this name"),
    Subcommand("commands", "run", "list the commands of the server and their arguments")
    .argument("pattern", nargs="?", completes="command", help=_PATTERN)
    .output()
    .common(),
    Subcommand(
        "run",
        "run",
        "run a command and return its result",
        example="%nanover run playback/load index=2 -o reply",
    )
    .argument("command", completes="command", help="the name of the command")
    .argument("arguments", nargs="*", metavar="NAME=VALUE", completes="argument", help=_VALUE)
    .output()
    .common(timeout="seconds to wait for the command to end (600)"),
    Subcommand(
        "state",
        "state",
        "list keys of the shared state with a preview of their values",
        example="%nanover state avatar.*",
    )
    .argument("pattern", nargs="?", completes="pattern", help=_PATTERN)
    .output()
    .common(),
    Subcommand("get", "state", "return the value of a key")
    .argument("key", **_KEY)
    .output()
    .common(),
    Subcommand(
        "set",
        "state",
        "set the value of a key",
        example="%nanover set suggested.interaction.scale 50",
    )
    .argument("key", **_KEY)
    .argument("value", completes="value", help=_VALUE)
    .common(),
    Subcommand("unset", "state", "remove keys, all of them or none")
    .argument("keys", **{**_KEY, "help": "keys of the shared state"}, nargs="+", metavar="KEY")
    .common(),
    Subcommand(
        "update",
        "state",
        "change several keys in one update, all of them or none; as %%nanover update, from the "
        "cell body: a JSON object, or one KEY = VALUE per line",
        takes_body=True,
    )
    .argument("changes", nargs="*", metavar="KEY=VALUE", completes="assignment", help=_VALUE)
    .argument(
        "--unset",
        action="append",
        default=[],
        metavar="KEY",
        completes="key",
        help="a key to remove in the same update; may be repeated",
    )
    .common(),
    Subcommand(
        "watch",
        "watch",
        "show keys while they change: in an inspector, or line by line with --for",
        example="%nanover watch avatar.* --for 10",
    )
    .argument("pattern", completes="pattern", help=_PATTERN)
    .argument(
        "--for",
        dest="duration",
        metavar="SECONDS",
        convert=_seconds,
        help="print the changes of this many seconds, then a summary",
    )
    .common(),
    Subcommand(
        "lock",
        "locks",
        "lock keys against other clients, all of them or none",
        example="%nanover lock scene --for 30",
    )
    .argument(
        "keys", nargs="+", metavar="KEY", completes="key", help="keys, which need not exist yet"
    )
    .argument(
        "--for",
        dest="duration",
        metavar="SECONDS",
        convert=_seconds,
        help="seconds to hold the lock; by default it is renewed until you release it, for at "
        "most ten minutes",
    )
    .argument(
        "--wait",
        metavar="SECONDS",
        convert=_seconds,
        help="seconds to retry while another client holds a key",
    )
    .output("store the lease in this variable")
    .common(),
    Subcommand("unlock", "locks", "release the locks on keys, or all locks")
    .argument("keys", nargs="*", metavar="KEY", completes="held", help="locked keys")
    .common(),
    Subcommand("locks", "locks", "show the lock manager").height().common(),
    Subcommand(
        "frame",
        "frame",
        "list the fields of the current frame of the simulation, or return the value of one",
        example="%nanover frame particle.positions -o positions",
    )
    .argument("key", nargs="?", completes="frame", help="a key of the frame")
    .output("store the value, or the frame, in this variable instead of showing it")
    .common(timeout="seconds to wait for the first frame (5)"),
    Subcommand("panel", "widgets", "show the control room, which has all tools").height().common(),
    Subcommand(
        "simulation", "widgets", "show the simulation: playback, live plots and the current frame"
    )
    .height()
    .common(),
    Subcommand("view", "widgets", "show the molecule and the people around it, live")
    .height()
    .common(),
    Subcommand("palette", "widgets", "show the command palette").height().common(),
    Subcommand("inspector", "widgets", "show the state inspector").height().common(),
    Subcommand("help", "help", "show help for %nanover or a subcommand")
    .argument("subcommand", nargs="?", completes="subcommand", help="the name of the subcommand")
    .common(),
)

SUBCOMMANDS: Final = {subcommand.name: subcommand for subcommand in _ALL}
