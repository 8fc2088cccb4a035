"""`%nanover frame`: the current frame of the simulation as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nanover_jupyter.errors import WaitTimedOut
from nanover_jupyter.magics.context import MagicContext
from nanover_jupyter.magics.errors import MagicError, did_you_mean
from nanover_jupyter.magics.line.parser import ParsedLine
from nanover_jupyter.magics.output import Table, count
from nanover_jupyter.text_format import visible

if TYPE_CHECKING:
    from nanover_jupyter.client.frames.summary import FieldSummary
    from nanover_jupyter.wire.frames.frame import Frame

__all__ = ["frame"]

# A server that simulates sends frames several times a second.
_FIRST_FRAME_SECONDS: Final = 5.0


def frame(context: MagicContext, line: ParsedLine) -> Any:
    """Run `%nanover frame`."""
    client = context.connection(line).client
    timeout = line.options.timeout
    try:
        current = client.wait_for_frame(_FIRST_FRAME_SECONDS if timeout is None else timeout)
    except WaitTimedOut as error:
        raise MagicError(
            "No frame was received. Load or start a simulation, or use --timeout SECONDS to "
            "wait longer."
        ) from error
    if line.options.key is None:
        if not context.store(line, current):
            context.show(line, _table(current))
        return None
    key = context.expand(line.options.key)
    if key not in current:
        hint = did_you_mean(key, current, "Run %nanover frame for a list.")
        raise MagicError(f"The frame has no key {key!r}.{hint}")
    value = current[key]
    return None if context.store(line, value) else value


def _table(current: Frame) -> Table:
    # numpy takes a tenth of a second to import.
    from nanover_jupyter.client.frames.summary import (  # noqa: PLC0415
        FrameSummarizer,
        range_text,
    )

    def value(summary: FieldSummary) -> str:
        return f"! {summary.problem}" if summary.problem else summary.preview

    summaries = FrameSummarizer().summarize(current)
    rows = [
        (each.key, each.shape, each.dtype, each.unit, range_text(each), value(each))
        for each in summaries
    ]
    left = len(current) - len(rows)
    below = f"… and {left} more." if left else ""
    facts = [count(len(current), "key")]
    if current.simulation_name:
        facts.insert(0, visible(current.simulation_name))
    if current.time is not None:
        facts.append(f"{current.time:g} ps")
    heads = ("key", "shape", "type", "unit", "range", "value")
    return Table(f"{', '.join(facts)}:", heads, rows, below)
