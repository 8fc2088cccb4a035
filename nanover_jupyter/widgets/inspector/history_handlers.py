"""Request handlers for recorded history: samples, differences, plots and past states."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

import orjson

from nanover_jupyter.client.history.key_history import Sample
from nanover_jupyter.client.history.recorder import PastState, Recorder
from nanover_jupyter.client.history.series import Series, numbers_in, series_of
from nanover_jupyter.client.state.diff import Difference, compare, summary
from nanover_jupyter.client.state.paths import Named, Path, Step, path_text
from nanover_jupyter.text_format import preview
from nanover_jupyter.widgets.inspector.messages import (
    DifferenceBody,
    DiffResult,
    HistoryResult,
    NumberBody,
    PlotResult,
    RecorderStatus,
    SampleBody,
    SeriesBody,
    StateAtKeyBody,
    StateAtResult,
    ValueResult,
)
from nanover_jupyter.widgets.sync.requests import BadRequest, Handler, Reply, get_field
from nanover_jupyter.widgets.sync.value_encoding import encode, to_page

__all__ = ["HistoryHandlers"]

_MAX_SAMPLES: Final = 200
_MAX_POINTS: Final = 2_000
_MAX_SERIES: Final = 8
_MAX_NUMBERS: Final = 200
_MAX_DIFFERENCES: Final = 200
_MAX_DIFFERENCE_BYTES: Final = 2_000
# For one message with a past state; further keys are only counted.
_MAX_PAST_KEYS: Final = 5_000
_MAX_PAST_BYTES: Final = 4_000_000


class HistoryHandlers:
    """Handles history requests from a recorder; reads values on background threads."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def handlers(self) -> dict[str, Handler]:
        """See `ToolController.handlers`."""
        return {
            "history": self._history,
            "history_value": self._value,
            "diff": self._diff,
            "plot": self._plot,
            "recorder_status": self._recorded,
            "state_at": self._state_at,
        }

    def _history(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        key = get_field(body, "key", str)
        limit = min(get_field(body, "limit", int), _MAX_SAMPLES)
        before = body.get("before")
        if before is not None:
            before = get_field(body, "before", int)
        reply.later(lambda: self._read_history(key, before, max(1, limit)))

    def _read_history(self, key: str, before: int | None, limit: int) -> HistoryResult:
        samples = self._recorder.samples(key)
        end = len(samples)
        while before is not None and end > 0 and samples[end - 1].number >= before:
            end -= 1
        start = max(0, end - limit)
        bodies = [
            SampleBody(
                number=sample.number,
                at=sample.at,
                exists=sample.exists,
                text=_describe(samples[index - 1] if index else None, sample),
            )
            for index, sample in enumerate(samples[:end])
            if index >= start
        ]
        return HistoryResult(
            key=key,
            now=self._recorder.now(),
            total=len(samples),
            complete=self._recorder.is_complete(key),
            samples=bodies[::-1],
        )

    def _value(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        key, number = get_field(body, "key", str), get_field(body, "number", int)

        def read() -> ValueResult:
            sample = self._sample(key, number)
            if not sample.exists:
                return ValueResult(key=key, exists=False)
            return ValueResult(key=key, exists=True, value=to_page(sample.value))

        reply.later(read)

    def _diff(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        key = get_field(body, "key", str)
        numbers = get_field(body, "before", int), get_field(body, "after", int)

        def read() -> DiffResult:
            before, after = (self._sample(key, number) for number in numbers)
            if not (before.exists and after.exists):
                return DiffResult(key=key, total=1, differences=[_existence_body(before, after)])
            comparison = compare(before.value, after.value, _MAX_DIFFERENCES)
            bodies = [_difference_body(each) for each in comparison.differences]
            return DiffResult(key=key, total=comparison.total, differences=bodies)

        reply.later(read)

    def _plot(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        key = get_field(body, "key", str)
        ids = get_field(body, "paths", list)
        points = min(max(4, get_field(body, "points", int)), _MAX_POINTS)
        paths = [_decode_path(name) for name in ids[:_MAX_SERIES]]

        def read() -> PlotResult:
            samples = self._recorder.samples(key)
            now = self._recorder.now()
            newest = samples[-1].value if samples else None
            numbers = numbers_in(newest, _MAX_NUMBERS + 1)
            series = series_of(samples, paths, points=points, until=now)
            return PlotResult(
                key=key,
                now=now,
                numbers=[
                    NumberBody(id=_encode_path(path), text=path_text(path) or "value")
                    for path in numbers[:_MAX_NUMBERS]
                ],
                more=len(numbers) > _MAX_NUMBERS,
                series=[_series_body(path, each) for path, each in zip(paths, series, strict=True)],
            )

        reply.later(read)

    def _recorded(self, _: str, body: dict[str, Any], reply: Reply) -> None:  # noqa: ARG002
        recorder = self._recorder
        reply.ok(
            RecorderStatus(
                started_at=recorder.started_at,
                oldest=recorder.oldest,
                now=recorder.now(),
                items=recorder.items,
                bytes=recorder.bytes,
            )
        )

    def _state_at(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        recorder = self._recorder
        # The page's slider rounds, so its start may be before the recording.
        at = max(float(get_field(body, "at", (int, float))), recorder.started_at)
        reply.later(lambda: _state_at_result(recorder.state_at(at), recorder.now()))

    def _sample(self, key: str, number: int) -> Sample:
        for sample in self._recorder.samples(key):
            if sample.number == number:
                return sample
        raise BadRequest("the value at this time is no longer recorded")


def _describe(before: Sample | None, sample: Sample) -> str:
    """Return a short text about what changed since the sample before."""
    if not sample.exists:
        return "removed"
    if before is None:
        return f"first recorded: {preview(sample.value)}"
    if not before.exists:
        return f"added: {preview(sample.value)}"
    comparison = compare(before.value, sample.value, 3)
    # For an entirely different value, the value itself is more useful than the differences.
    is_replaced = any(not difference.path for difference in comparison.differences)
    return preview(sample.value) if is_replaced else summary(comparison)


def _difference_body(difference: Difference) -> DifferenceBody:
    body = DifferenceBody(path=path_text(difference.path), kind=difference.kind)
    if difference.kind != "added":
        body["before"] = to_page(difference.before, _MAX_DIFFERENCE_BYTES)
    if difference.kind != "removed":
        body["after"] = to_page(difference.after, _MAX_DIFFERENCE_BYTES)
    return body


def _existence_body(before: Sample, after: Sample) -> DifferenceBody:
    """Return the difference between two samples of which one has no value."""
    body = DifferenceBody(path="", kind="changed")
    if before.exists:
        body["kind"] = "removed"
        body["before"] = to_page(before.value, _MAX_DIFFERENCE_BYTES)
    if after.exists:
        body["kind"] = "added"
        body["after"] = to_page(after.value, _MAX_DIFFERENCE_BYTES)
    return body


def _state_at_result(past: PastState, now: float) -> StateAtResult:
    keys: list[StateAtKeyBody] = []
    size = 0
    samples: Sequence[Sample] = list(past.samples.values())
    for sample in samples[:_MAX_PAST_KEYS]:
        encoded = encode(sample.value)
        size += len(encoded)
        if size > _MAX_PAST_BYTES:
            break
        keys.append(StateAtKeyBody(key=sample.key, value=orjson.loads(encoded), since=sample.at))
    return StateAtResult(
        at=past.at,
        now=now,
        keys=keys,
        absent=sorted(past.absent),
        unknown=sorted(past.unknown),
        left=len(samples) - len(keys),
    )


def _series_body(path: Path, series: Series) -> SeriesBody:
    return SeriesBody(
        id=_encode_path(path),
        text=path_text(path) or "value",
        times=series.times,
        values=series.values,
    )


def _encode_path(path: Iterable[Step]) -> str:
    """Encode a path as an opaque text for the page."""
    steps = [[step.field, step.name] if isinstance(step, Named) else step for step in path]
    return json.dumps(steps)


def _decode_path(name: object) -> Path:
    """Decode a path from such a text; raises BadRequest if it is invalid."""
    try:
        steps = json.loads(name) if isinstance(name, str) else None
    except (ValueError, RecursionError):
        steps = None
    if not isinstance(steps, list):
        raise BadRequest("field 'paths' contains an invalid path")
    return tuple(map(_decode_step, steps))


def _decode_step(step: object) -> Step:
    match step:
        case str(name):
            return name
        case bool():
            pass
        case int(index):
            return index
        case [str(field), str(name)]:
            return Named(field, name)
    raise BadRequest("field 'paths' contains an invalid path")
