"""Removes credentials from addresses and texts before they are shown.

Servers here take no user name and no password, so an address that has some is refused;
the error, log line or status that says so must not repeat them. Texts may come from
servers and be long: each function takes time in proportion to the length.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["redact_address", "redact_text"]

_HIDDEN: Final = "***"
_ADDRESS: Final = re.compile(r"([^:/?#@\s]*://)?(.+)@", re.DOTALL)
_WORD: Final = re.compile(r"\S+")
_QUERY: Final = re.compile(r"([?&][^=\s&?]*=)[^\s&'\"?]+")
# Where an address may begin within a word.
_OPENERS: Final = "'\"`([{<=,;"


def redact_address(text: str) -> str:
    """Return an address without its user name, password and values of its query."""
    match = _ADDRESS.match(text)
    if match is not None:
        text = f"{match[1] or ''}{_HIDDEN}{text[match.end() - 1 :]}"
    return _QUERY.sub(rf"\1{_HIDDEN}", text)


def redact_text(text: str) -> str:
    """Return a text that may quote addresses, without their credentials.

    Rather too much than too little: what looks like `NAME:PASSWORD@HOST` goes too.
    """
    if "@" in text:
        text = _WORD.sub(lambda match: _redact_word(match[0]), text)
    return _QUERY.sub(rf"\1{_HIDDEN}", text)


def _redact_word(word: str) -> str:
    # Up to the last one, as a password may hold the sign too.
    credentials, sign, host = word.rpartition("@")
    name, colon, _ = credentials.partition(":")
    if not sign or not colon:
        return word
    if credentials.startswith("//", len(name) + 1):  # NAME is a scheme
        kept = f"{name}://"
    else:
        kept = name[: 1 + max(map(name.rfind, _OPENERS))]
    return f"{kept}{_HIDDEN}@{host}"
