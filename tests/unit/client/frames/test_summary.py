"""Summaries of the fields of a frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nanover_jupyter.client.frames import summary as module
from nanover_jupyter.client.frames.summary import FieldSummary, FrameSummarizer, range_text
from nanover_jupyter.wire.frames.frame import Frame


def summary_of(key: str, value: Any) -> FieldSummary:
    [summary] = FrameSummarizer().summarize(Frame({key: value}))
    return summary


def test_an_array_has_shape_type_unit_and_range() -> None:
    positions = np.array([[0, -0.5, 1], [2.25, 0, 0]], np.float32)

    summary = summary_of("particle.positions", positions)

    assert (summary.shape, summary.dtype, summary.unit) == ("2 \u00d7 3", "float32", "nm")
    assert (summary.minimum, summary.maximum, summary.sampled) == (-0.5, 2.25, False)
    assert summary.preview == "0, -0.5, 1, 2.25, 0, 0"
    assert range_text(summary) == "-0.5 to 2.25"


def test_infinite_numbers_are_left_out_of_the_range() -> None:
    summary = summary_of("x", np.array([np.nan, -np.inf, 3, 4]))

    assert (summary.minimum, summary.maximum) == (3, 4)


@pytest.mark.parametrize("array", [np.empty(0), np.full(3, np.nan), np.array(["a"])])
def test_an_array_without_numbers_has_no_range(array: Any) -> None:
    assert range_text(summary_of("x", array)) == ""


def test_a_huge_array_is_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_NUMBERS", 100)

    summary = summary_of("x", np.arange(1000))

    assert summary.sampled
    assert range_text(summary) == "about 0 to 990"


@pytest.mark.parametrize(
    ("key", "value", "dtype", "shape", "preview"),
    [
        ("energy.kinetic", 480.25, "float", "", "480.25"),
        ("frame.index", 7, "int", "", "7"),
        ("system.simulation.name", "17-ala\x1b[2J", "str", "", "17-ala␛[2J"),
        ("particle.names", ["C", "H"], "list of str", "2", '["C", "H"]'),
        ("custom", {"a": 1}, "dict", "1", "{a: 1}"),
        ("nothing", None, "NoneType", "", "—"),
    ],
)
def test_other_values_have_a_preview(
    key: str, value: Any, dtype: str, shape: str, preview: str
) -> None:
    summary = summary_of(key, value)

    assert (summary.dtype, summary.shape, summary.preview) == (dtype, shape, preview)


def test_a_malformed_value_says_what_is_wrong() -> None:
    summary = summary_of("particle.positions", np.zeros(4, np.float32))

    assert summary.problem == "4 numbers are not a multiple of 3"


def test_an_unchanged_value_is_summarized_once() -> None:
    summarizer = FrameSummarizer()
    array = np.arange(3)
    [first] = summarizer.summarize(Frame({"x": array}))
    [second] = summarizer.summarize(Frame({"x": array}))
    [third] = summarizer.summarize(Frame({"x": array + 1}))

    assert second is first
    assert third.maximum == 3


def test_the_number_of_fields_is_bounded() -> None:
    frame = Frame({f"key.{number}": number for number in range(1000)})

    assert len(FrameSummarizer().summarize(frame)) == module.MAX_FIELDS
