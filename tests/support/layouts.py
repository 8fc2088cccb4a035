"""Layouts of values, and other values that have them."""

from __future__ import annotations

from hypothesis import strategies as st

from nanover_jupyter.wire.grpc.value_layouts import ReadLayout, WriteLayout
from nanover_jupyter.wire.grpc.value_reader import parse_value
from nanover_jupyter.wire.grpc.value_writer import write_value
from tests.support.values import floats


def layouts(value):
    data = write_value(value, 4)
    sample = (data, *parse_value(data))
    return ReadLayout(*sample), WriteLayout(*sample)


def vary(value, draw):
    """Return another value, often with the same layout."""
    if isinstance(value, dict):
        return {key: vary(item, draw) for key, item in value.items()}
    if isinstance(value, list):
        return [vary(item, draw) for item in value]
    if isinstance(value, bool):
        return draw(st.booleans())
    if isinstance(value, float):
        return draw(floats | st.sampled_from([True, "x"])) if draw(st.booleans()) else value
    if isinstance(value, str):
        return draw(st.text("aé\U0010ffff", min_size=len(value), max_size=len(value)))
    return draw(st.sampled_from([None, 0.0]))
