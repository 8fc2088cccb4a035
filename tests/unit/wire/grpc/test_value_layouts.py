"""A layout decodes and encodes correctly, or raises LayoutMismatch."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nanover_jupyter.wire.grpc.value_layouts import LayoutMismatch
from nanover_jupyter.wire.grpc.value_reader import parse_value
from nanover_jupyter.wire.grpc.value_writer import write_value
from tests.support.layouts import layouts, vary
from tests.support.values import same, values


@given(values, st.data())
def test_a_layout_reads_and_writes_a_value_correctly_or_raises(value, data):
    reading, writing = layouts(value)
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
    """Yield all lists and dicts in a value, including itself."""
    inside = value.values() if isinstance(value, dict) else value
    if isinstance(value, dict | list):
        yield value
        for item in inside:
            yield from containers(item)


@given(values)
def test_values_and_copies_made_by_a_layout_share_no_containers(value):
    reading, _ = layouts(value)
    data = write_value(value, 4)
    read, again = reading.read(data), reading.read(data)
    copy = reading.copy(read)

    assert same(copy, read)
    mine = {id(container) for container in containers(copy)}
    assert mine.isdisjoint(map(id, [*containers(read), *containers(again), *containers(value)]))
    assert len(mine) == sum(1 for _ in containers(value))


@given(values, st.data())
def test_damaged_bytes_fit_a_layout_only_if_they_are_valid(value, data):
    reading, _ = layouts(value)
    damaged = bytearray(write_value(value, 4))
    for _ in range(data.draw(st.integers(1, 3))):
        if damaged:
            place = data.draw(st.integers(0, len(damaged) - 1))
            damaged[place] = data.draw(st.integers(0, 255))

    try:
        found = reading.read(bytes(damaged))
    except LayoutMismatch:
        return

    assert same(found, parse_value(bytes(damaged))[0])
