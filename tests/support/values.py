"""Shared-state values: comparing them strictly, and making them up."""

from __future__ import annotations

import math
import struct
from typing import Any

from hypothesis import strategies as st

# Every text that UTF-8 can carry: NUL and astral characters, no lone surrogates.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
floats = st.floats(allow_nan=True, allow_infinity=True, allow_subnormal=True)
scalars = st.none() | st.booleans() | floats | texts

# As the wire gives them back: every number a float.
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
states = st.dictionaries(texts, values.filter(lambda value: value is not None), max_size=5)


def same(one: Any, other: Any) -> bool:
    """Equal in type and value all the way down: 1 is not 1.0 nor True, 0.0 not -0.0, NaN is NaN."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        both_nan = math.isnan(one) and math.isnan(other)
        return both_nan or struct.pack("<d", one) == struct.pack("<d", other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def nested(kinds: str, leaf: Any = 1.0) -> Any:
    """`leaf` inside lists ("l") and dicts ("d"), the first letter outermost."""
    value = leaf
    for kind in reversed(kinds):
        value = [value] if kind == "l" else {"k": value}
    return value
