"""Shapes: what one reads or writes is what was given to it, or it does neither."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.wire.grpc.value_layouts import LayoutMismatch
from nanover_jupyter.wire.grpc.value_reader import walk
from nanover_jupyter.wire.grpc.value_writer import write_value
from tests.support.shapes import shapes, vary
from tests.support.values import same, values


@given(values, st.data())
def test_a_shape_reads_and_writes_a_value_rightly_or_not_at_all(value, data):
    reading, writing = shapes(value)
    for other in (value, vary(value, data.draw), data.draw(values)):
        encoded = write_value(other, 4)
        try:
            assert writing.write(other) == encoded
        except LayoutMismatch:
            assert other is not value
        if len(encoded) == len(write_value(value, 4)):
            try:
                assert same(reading.read(encoded), other)
            except LayoutMismatch:
                assert other is not value


def containers(value):
    """All lists and dicts in a value, itself included."""
    inside = value.values() if isinstance(value, dict) else value
    if isinstance(value, dict | list):
        yield value
        for item in inside:
            yield from containers(item)


@given(values)
def test_what_a_shape_reads_and_what_it_copies_shares_nothing_with_others(value):
    reading, _ = shapes(value)
    data = write_value(value, 4)
    read, again = reading.read(data), reading.read(data)
    copy = reading.copy(read)

    assert same(copy, read)
    mine = {id(container) for container in containers(copy)}
    assert mine.isdisjoint(map(id, [*containers(read), *containers(again), *containers(value)]))
    assert len(mine) == sum(1 for _ in containers(value))


@given(values, st.data())
def test_damaged_bytes_fit_a_shape_only_if_they_mean_what_it_reads(value, data):
    reading, _ = shapes(value)
    damaged = bytearray(write_value(value, 4))
    for _ in range(data.draw(st.integers(1, 3))):
        if damaged:
            place = data.draw(st.integers(0, len(damaged) - 1))
            damaged[place] = data.draw(st.integers(0, 255))

    try:
        found = reading.read(bytes(damaged))
    except LayoutMismatch:
        return

    assert same(found, walk(bytes(damaged))[0])
