"""What the inspector's views ask of the recording: history, differences, numbers, the past."""

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
    MomentBody,
    NumberBody,
    PastKeyBody,
    PastResult,
    PlotResult,
    RecordedResult,
    SeriesBody,
    ValueResult,
)
from nanover_jupyter.widgets.sync.page_values import encode, to_page
from nanover_jupyter.widgets.sync.requests import Answer, BadRequest, Handler, field_of

__all__ = ["HistoryRequests"]

_MOST_MOMENTS: Final = 200
_MOST_POINTS: Final = 2_000
_MOST_SERIES: Final = 8
_MOST_NUMBERS: Final = 200
_DIFFERENCES: Final = 200
_DIFFERENCE_BYTES: Final = 2_000
# What one message takes of a past state; the rest is counted.
_PAST_KEYS: Final = 5_000
_PAST_BYTES: Final = 4_000_000


class HistoryRequests:
    """Answers from a recorder; values are read on threads that may take their time."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def handlers(self) -> dict[str, Handler]:
        """See `Tool.handlers`."""
        return {
            "history": self._history,
            "moment": self._tell_moment,
            "diff": self._diff,
            "plot": self._plot,
            "recorded": self._recorded,
            "past": self._past,
        }

    def _history(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        key = field_of(body, "key", str)
        limit = min(field_of(body, "limit", int), _MOST_MOMENTS)
        before = body.get("before")
        if before is not None:
            before = field_of(body, "before", int)
        answer.later(lambda: self._tell_history(key, before, max(1, limit)))

    def _tell_history(self, key: str, before: int | None, limit: int) -> HistoryResult:
        moments = self._recorder.samples(key)
        end = len(moments)
        while before is not None and end > 0 and moments[end - 1].number >= before:
            end -= 1
        start = max(0, end - limit)
        told = [
            MomentBody(
                number=moment.number,
                at=moment.at,
                exists=moment.exists,
                text=_what_happened(moments[index - 1] if index else None, moment),
            )
            for index, moment in enumerate(moments[:end])
            if index >= start
        ]
        return HistoryResult(
            key=key,
            now=self._recorder.now(),
            total=len(moments),
            complete=self._recorder.is_complete(key),
            moments=told[::-1],
        )

    def _tell_moment(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        key, number = field_of(body, "key", str), field_of(body, "number", int)

        def tell() -> ValueResult:
            moment = self._moment(key, number)
            if not moment.exists:
                return ValueResult(key=key, exists=False)
            return ValueResult(key=key, exists=True, value=to_page(moment.value))

        answer.later(tell)

    def _diff(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        key = field_of(body, "key", str)
        numbers = field_of(body, "before", int), field_of(body, "after", int)

        def tell() -> DiffResult:
            before, after = (self._moment(key, number) for number in numbers)
            if not (before.exists and after.exists):
                return DiffResult(key=key, total=1, differences=[_whole(before, after)])
            comparison = compare(before.value, after.value, _DIFFERENCES)
            told = [_difference_body(each) for each in comparison.differences]
            return DiffResult(key=key, total=comparison.total, differences=told)

        answer.later(tell)

    def _plot(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        key = field_of(body, "key", str)
        ids = field_of(body, "paths", list)
        points = min(max(4, field_of(body, "points", int)), _MOST_POINTS)
        paths = [_path_of(name) for name in ids[:_MOST_SERIES]]

        def tell() -> PlotResult:
            moments = self._recorder.samples(key)
            now = self._recorder.now()
            newest = moments[-1].value if moments else None
            numbers = numbers_in(newest, _MOST_NUMBERS + 1)
            series = series_of(moments, paths, points=points, until=now)
            return PlotResult(
                key=key,
                now=now,
                numbers=[
                    NumberBody(id=_id_of(path), text=path_text(path) or "value")
                    for path in numbers[:_MOST_NUMBERS]
                ],
                more=len(numbers) > _MOST_NUMBERS,
                series=[_series_body(path, each) for path, each in zip(paths, series, strict=True)],
            )

        answer.later(tell)

    def _recorded(self, _: str, body: dict[str, Any], answer: Answer) -> None:  # noqa: ARG002
        recorder = self._recorder
        answer.ok(
            RecordedResult(
                begun=recorder.started_at,
                oldest=recorder.oldest,
                now=recorder.now(),
                items=recorder.items,
                bytes=recorder.bytes,
            )
        )

    def _past(self, _: str, body: dict[str, Any], answer: Answer) -> None:
        recorder = self._recorder
        # A page's slider rounds: its beginning is ours.
        at = max(float(field_of(body, "at", (int, float))), recorder.started_at)
        answer.later(lambda: _past_result(recorder.state_at(at), recorder.now()))

    def _moment(self, key: str, number: int) -> Sample:
        for moment in self._recorder.samples(key):
            if moment.number == number:
                return moment
        raise BadRequest("this moment is not remembered any more")


def _what_happened(before: Sample | None, moment: Sample) -> str:
    if not moment.exists:
        return "removed"
    if before is None:
        return f"first remembered: {preview(moment.value)}"
    if not before.exists:
        return f"added: {preview(moment.value)}"
    comparison = compare(before.value, moment.value, 3)
    # Of a value that has no parts in common with the one before, itself says most.
    is_another = any(not difference.path for difference in comparison.differences)
    return preview(moment.value) if is_another else summary(comparison)


def _difference_body(difference: Difference) -> DifferenceBody:
    body = DifferenceBody(path=path_text(difference.path), kind=difference.kind)
    if difference.kind != "added":
        body["before"] = to_page(difference.before, _DIFFERENCE_BYTES)
    if difference.kind != "removed":
        body["after"] = to_page(difference.after, _DIFFERENCE_BYTES)
    return body


def _whole(before: Sample, after: Sample) -> DifferenceBody:
    body = DifferenceBody(path="", kind="changed")
    if before.exists:
        body["kind"] = "removed"
        body["before"] = to_page(before.value, _DIFFERENCE_BYTES)
    if after.exists:
        body["kind"] = "added"
        body["after"] = to_page(after.value, _DIFFERENCE_BYTES)
    return body


def _past_result(past: PastState, now: float) -> PastResult:
    keys: list[PastKeyBody] = []
    size = 0
    moments: Sequence[Sample] = list(past.samples.values())
    for moment in moments[:_PAST_KEYS]:
        written = encode(moment.value)
        size += len(written)
        if size > _PAST_BYTES:
            break
        keys.append(PastKeyBody(key=moment.key, value=orjson.loads(written), since=moment.at))
    return PastResult(
        at=past.at,
        now=now,
        keys=keys,
        absent=sorted(past.absent),
        unknown=sorted(past.unknown),
        left=len(moments) - len(keys),
    )


def _series_body(path: Path, series: Series) -> SeriesBody:
    return SeriesBody(
        id=_id_of(path),
        text=path_text(path) or "value",
        times=series.times,
        values=series.values,
    )


def _id_of(path: Iterable[Step]) -> str:
    """A path as text that a page hands back unread."""
    steps = [[step.field, step.name] if isinstance(step, Named) else step for step in path]
    return json.dumps(steps)


def _path_of(name: object) -> Path:
    """The path that such a text stands for; raises BadRequest for any other text."""
    try:
        steps = json.loads(name) if isinstance(name, str) else None
    except (ValueError, RecursionError):
        steps = None
    if not isinstance(steps, list):
        raise BadRequest("a path to a number makes no sense")
    return tuple(map(_step_of, steps))


def _step_of(step: object) -> Step:
    match step:
        case str(name):
            return name
        case bool():
            pass
        case int(index):
            return index
        case [str(field), str(name)]:
            return Named(field, name)
    raise BadRequest("a path to a number makes no sense")
