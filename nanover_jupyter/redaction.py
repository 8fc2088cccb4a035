"""Removes credentials from addresses and texts before they are shown.

Servers here take no user name and no password, so an address that has some is refused;
the error, log line or status that says so must not repeat them.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["redact_address", "redact_text"]

_ADDRESS: Final = re.compile(r"^([^:/?#@\s]+://)?.+@", re.DOTALL)
# In a text, credentials end at a blank.
_URL: Final = re.compile(r"([\w+.-]+://)\S+@")
_BARE: Final = re.compile(r"(?<![\w/*])[^\s:@/'\"]+:[^\s:@/]\S*@(?=\S)")
_QUERY: Final = re.compile(r"([?&][^=\s&?]*=)[^\s&'\"]+")


def redact_address(text: str) -> str:
    """Return an address without its user name, password and values of its query."""
    return _QUERY.sub(r"\1***", _ADDRESS.sub(r"\1***@", text))


def redact_text(text: str) -> str:
    """Return a text that may quote addresses, without their credentials.

    Rather too much than too little: what looks like `NAME:PASSWORD@HOST` goes too.
    """
    hidden = _URL.sub(r"\1***@", text)
    return _QUERY.sub(r"\1***", _BARE.sub("***@", hidden))
