"""The `%nanover` line: from text to an order, without doing anything."""

from __future__ import annotations

import argparse
import difflib
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NoReturn

from nanover_jupyter.wire.discovery_codec import DISCOVERY_PORT

__all__ = ["MistakenLine", "Order", "help_text", "parse", "subcommands"]


class MistakenLine(ValueError):
    """The line makes no sense; the message is one line that says what would."""


@dataclass(frozen=True, slots=True)
class Order:
    """A subcommand with its options."""

    subcommand: str
    options: argparse.Namespace


class _Parser(argparse.ArgumentParser):
    """An argparse parser that raises instead of leaving the process."""

    def error(self, message: str) -> NoReturn:
        raise MistakenLine(f"{self.prog}: {message} (see %nanover help {self.prog.split()[-1]})")


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < 3600:  # noqa: PLR2004 - an hour is beyond any patience
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds between 0 and 3600")
    return seconds


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:  # noqa: PLR2004 - TCP's own range
        raise argparse.ArgumentTypeError(f"{text!r} is no port between 0 and 65535")
    return port


def _identifier(text: str) -> str:
    if not text.isidentifier():
        raise argparse.ArgumentTypeError(f"{text!r} is no name for a Python variable")
    return text


def _connect(parser: _Parser) -> None:
    parser.add_argument(
        "address", nargs="?", help="HOST, HOST:PORT, ws://HOST:PORT or grpc://HOST:PORT"
    )
    parser.add_argument(
        "--find", metavar="NAME", help="a server that announces itself by this name, or part of it"
    )
    parser.add_argument("--name", help="what to call the connection")
    parser.add_argument(
        "--timeout", type=_seconds, default=5.0, metavar="SECONDS", help="how long to try (5)"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=_identifier,
        metavar="VARIABLE",
        help="give the client this name in the notebook",
    )
    parser.add_argument("--quiet", action="store_true", help="say nothing and show no panel")


def _disconnect(parser: _Parser) -> None:
    parser.add_argument("--quiet", action="store_true", help="say nothing")


def _servers(parser: _Parser) -> None:
    parser.add_argument(
        "--timeout", type=_seconds, default=1.5, metavar="SECONDS", help="how long to listen (1.5)"
    )
    parser.add_argument(
        "--port", type=_port, default=DISCOVERY_PORT, help=f"the UDP port ({DISCOVERY_PORT})"
    )


def _serve(parser: _Parser) -> None:
    parser.add_argument("--port", type=_port, default=0, help="the port to listen on (any free)")
    parser.add_argument("--empty", action="store_true", help="leave out the demo world")
    parser.add_argument("--stop", action="store_true", help="stop the server that runs here")
    parser.add_argument("--quiet", action="store_true", help="say nothing")


def _panel(parser: _Parser) -> None:
    parser.add_argument("--height", type=int, default=420, help="in CSS pixels (420)")


def _help(parser: _Parser) -> None:
    parser.add_argument("about", nargs="?", help="the subcommand to explain")


def _nothing(parser: _Parser) -> None:
    """Subcommands without options."""


_SUBCOMMANDS: Final[dict[str, tuple[str, Callable[[_Parser], None]]]] = {
    "connect": (
        (
            "connect to a server and show the control room; without an address, to the one "
            "on this machine, or else to a demo world started here"
        ),
        _connect,
    ),
    "disconnect": ("close the connection, and the demo world if there is one", _disconnect),
    "servers": ("listen for servers that announce themselves on this network", _servers),
    "status": ("tell how the connection is", _nothing),
    "serve": ("run a server in this kernel that others can connect to", _serve),
    "panel": ("show the control room again", _panel),
    "palette": ("show the command palette alone", _panel),
    "locks": ("show the lock manager alone", _panel),
    "inspector": ("show the state inspector alone", _panel),
    "help": ("explain %nanover, or one of its subcommands", _help),
}


def subcommands() -> dict[str, str]:
    """What each subcommand does, in one phrase."""
    return {name: phrase for name, (phrase, _) in _SUBCOMMANDS.items()}


def help_text(name: str) -> str:
    """The usage of one subcommand.

    Raises:
        MistakenLine: There is none of that name.
    """
    return _parser(name).format_help().strip()


def parse(line: str) -> Order:
    """Read the text behind `%nanover`; an empty line asks for help.

    Raises:
        MistakenLine: It makes no sense.
    """
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise MistakenLine(f"%nanover: {str(error).lower()} in {line!r}") from error
    name, *rest = words or ["help"]
    return Order(name, _parser(name).parse_args(rest))


def _parser(name: str) -> _Parser:
    if name not in _SUBCOMMANDS:
        near = difflib.get_close_matches(name, _SUBCOMMANDS, n=1, cutoff=0.5)
        hint = f"did you mean %nanover {near[0]}?" if near else "%nanover help lists what there is."
        raise MistakenLine(f"there is no %nanover {name}; {hint}")
    phrase, add = _SUBCOMMANDS[name]
    parser = _Parser(
        prog=f"%nanover {name}", description=phrase, add_help=False, allow_abbrev=False
    )
    add(parser)
    return parser
