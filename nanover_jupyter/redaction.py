"""Remove credentials from addresses and text before they are shown.

NanoVer servers take no user name or password, so an address with credentials is refused.
The resulting error, log line or status must not repeat them. Text may come from servers and
be long, so each function runs in linear time.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["redact_address", "redact_text"]

_HIDDEN: Final = "***"
# The @ before the host, its URL-encoded form, and characters that Unicode normalizes to it.
_AT: Final = "(?:[@\uff20\ufe6b]|%40)"
_SCHEME: Final = re.compile(r"[^:/?#@\s]*://")
# Up to the last @, as a password may contain one.
_CREDENTIALS: Final = re.compile(f"(.+)({_AT})", re.DOTALL)
_TAIL: Final = re.compile("[?#;]")
# The colons of an IPv6 address, or none, and a port that is a number.
_HOST: Final = re.compile(
    r"(?:\[[\da-f:.]*(?:%[\w.-]*)?\]|[^:]*)(?::(?:[\d:\]]+(?:/.*)?|/?))?", re.DOTALL | re.IGNORECASE
)
_WORD: Final = re.compile(r"\S+")
# In quotes, a password may contain spaces.
_QUOTED: Final = tuple(
    re.compile(rf"({quote})([^\s:'\"`]*:(?://)?)[^{quote}]*(?={_AT})") for quote in "'\"`"
)
_DONE: Final = tuple(f"{quote}{_HIDDEN}" for quote in "'\"`")
_QUERY: Final = re.compile(r"([?&#][^=\s&?#]*=)(\S+)")
# Where an address may begin within a word, and what may follow it there.
_OPENERS: Final = "'\"`([{<=,;"
_CLOSERS: Final = "'\"`)]}>,.;:"


def redact_address(text: str) -> str:
    """Return an address without its user name, password and query.

    A port that is not a number is hidden too, as it may be a password without a host.
    """
    match = _SCHEME.match(text)
    scheme = match[0] if match else ""
    rest = text[len(scheme) :]
    tail = _TAIL.search(rest)
    credentials = _CREDENTIALS.match(rest)
    if credentials is not None:
        if tail is not None and tail.start() < credentials.end():
            return f"{scheme}{_HIDDEN}"  # either part may be secret
        scheme += f"{_HIDDEN}{credentials[2]}"
        rest = rest[credentials.end() :]
        tail = _TAIL.search(rest)
    host = rest if tail is None else rest[: tail.start()]
    hidden = "" if tail is None else f"{tail[0]}{_HIDDEN}"
    if _HOST.fullmatch(host) is None:
        host = f"{host.partition(':')[0]}:{_HIDDEN}"
    return f"{scheme}{host}{hidden}"


def redact_text(text: str) -> str:
    """Return a text that may quote addresses, without their credentials.

    Anything that looks like `PASSWORD@HOST` is hidden, even if it is something else.
    """
    if re.search(_AT, text):
        for quoted in _QUOTED:
            text = quoted.sub(_redact_quoted, text)
        text = _WORD.sub(lambda match: _redact_word(match[0]), text)
    return _QUERY.sub(_redact_value, text)


def _redact_quoted(match: re.Match[str]) -> str:
    quote, name = match.groups()
    return f"{quote}{name if name.endswith('//') else ''}{_HIDDEN}"


def _redact_word(word: str) -> str:
    match = _CREDENTIALS.match(word)
    if match is None:
        return word
    credentials = match[1]
    if credentials.endswith(_DONE):
        return word
    name, colon, _ = credentials.partition(":")
    if credentials.startswith("//", len(name) + 1):  # NAME is a scheme
        kept = f"{name}://"
    elif colon:
        kept = name[: 1 + max(map(name.rfind, _OPENERS))]
    else:
        kept = credentials[: len(credentials) - len(credentials.lstrip(_OPENERS))]
    hidden = _HIDDEN if kept != credentials else ""
    return f"{kept}{hidden}{word[match.end(1) :]}"


def _redact_value(match: re.Match[str]) -> str:
    value = match[2]
    content = value.rstrip(_CLOSERS)
    return f"{match[1]}{_HIDDEN}{value[len(content) :]}" if content else match[0]
