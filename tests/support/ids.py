"""Names of parametrized cases."""

from __future__ import annotations

import re


def without_address(value: object) -> str:
    """Return `repr(value)` without addresses in memory.

    Two processes of pytest-xdist must collect the same names.
    """
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))
