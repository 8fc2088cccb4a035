"""The simulation as static HTML: a line of facts and a small plot."""

from __future__ import annotations

from html import escape
from typing import Final

import numpy as np

from nanover_jupyter.client.frames.series import FrameSeries
from nanover_jupyter.text_format import visible
from nanover_jupyter.widgets.static_html import dim, note
from nanover_jupyter.wire.frames.frame import Frame

__all__ = ["simulation_html"]

_WIDTH: Final = 480
_HEIGHT: Final = 72
_POINTS: Final = 240
_MIN_POINTS: Final = 2
# The first of these that was recorded is plotted.
_PLOTTED: Final = {
    "energy.potential": ("Potential energy", "kJ/mol"),
    "system.temperature": ("Temperature", "K"),
    "energy.kinetic": ("Kinetic energy", "kJ/mol"),
}


def simulation_html(frame: Frame | None, series: FrameSeries | None) -> str:
    """Return the facts about a frame, and a plot of the recorded numbers.

    Args:
        frame: The current frame; None if none was received or requested.
        series: The recorded numbers; None if none were recorded.
    """
    if frame is None:
        return note("No frames recorded.")
    facts = [
        visible(frame.simulation_name or "", 80),
        "" if frame.particle_count is None else f"{frame.particle_count} atoms",
        _fact("", frame.time, "ps"),
        _fact("temperature", frame.temperature, "K"),
        _fact("potential energy", frame.potential_energy, "kJ/mol"),
        _fact("kinetic energy", frame.kinetic_energy, "kJ/mol"),
    ]
    line = f"<div>{escape(' · '.join(filter(None, facts)))}</div>"
    if frame.exception:
        line += f"<div>Simulation failed: {escape(visible(frame.exception, 300))}</div>"
    return line + ("" if series is None else _plot(series))


def _fact(name: str, value: float | None, unit: str) -> str:
    return "" if value is None else f"{name} {value:.5g} {unit}".strip()


def _plot(series: FrameSeries) -> str:
    for key, (name, unit) in _PLOTTED.items():
        rows = series.read((key,))
        values, seconds = rows.columns[key], rows.seconds
        finite = np.isfinite(values)
        if np.count_nonzero(finite) >= _MIN_POINTS:
            return _svg(seconds[finite], values[finite], name, unit)
    return ""


def _svg(seconds: np.ndarray, values: np.ndarray, name: str, unit: str) -> str:
    """Return a line chart with the time span and range as text."""
    step = -(-len(values) // _POINTS)
    seconds, values = seconds[::step], values[::step]
    low, high = float(values.min()), float(values.max())
    span = float(seconds[-1] - seconds[0])
    x = (seconds - seconds[0]) / (span or 1.0) * (_WIDTH - 2) + 1
    y = (_HEIGHT - 3) - (values - low) / ((high - low) or 1.0) * (_HEIGHT - 6)
    points = " ".join(f"{left:.1f},{top:.1f}" for left, top in zip(x, y, strict=True))
    text = f"{name}, {low:.5g} to {high:.5g} {unit} in {span:.0f} s"
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img" '
        f'aria-label="{escape(text)}" style="display:block;max-width:100%">'
        f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-width="1.2"/></svg>'
        f"{dim(text)}"
    )
