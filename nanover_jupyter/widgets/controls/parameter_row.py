"""A row for one suggested parameter: its control, description and state."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from typing import Any, Final

import ipywidgets
import traitlets

from nanover_jupyter.client.connection import Connection
from nanover_jupyter.text_format import visible
from nanover_jupyter.traits.values import SharedValue, shared
from nanover_jupyter.widgets.controls.parameter_specs import ParameterSpec
from nanover_jupyter.widgets.controls.two_way_binding import TwoWayBinding
from nanover_jupyter.widgets.lifecycle import close_recursively
from nanover_jupyter.widgets.subshells import enable_subshells

__all__ = ["ParameterRow"]

_LABEL_WIDTH: Final = "100px"
_NOTE_INDENT: Final = "110px"
_MAX_NOTE_CHARACTERS: Final = 200
_MAX_OPTION_CHARACTERS: Final = 60
_KINDS: Final[dict[str, Callable[[], Any]]] = {
    "slider": traitlets.Float,
    "number": traitlets.Float,
    "switch": traitlets.Bool,
    "choice": traitlets.Unicode,
    "text": traitlets.Unicode,
    "json": traitlets.Any,
}


class ParameterRow:
    """A control bound to a suggested parameter, a note, and a Clear button.

    Create it on the kernel's main thread. Changes are delivered as those of `SharedTraits`.

    Args:
        connection: The connection.
        spec: The parameter.
    """

    def __init__(self, connection: Connection, spec: ParameterSpec) -> None:
        self.spec = spec
        kind = _KINDS[spec.kind]()
        self.value: SharedValue = shared(connection, spec.key, spec.default, kind=kind)
        self.control = _CONTROLS[spec.kind](spec)
        self._clear = ipywidgets.Button(
            description="Clear",
            tooltip=f"Clear the suggestion: {spec.label}",
            layout=ipywidgets.Layout(width="52px", flex="0 0 auto", padding="0"),
        )
        self._clear.on_click(lambda _: self.value.remove())
        self._note = ipywidgets.HTML(layout=ipywidgets.Layout(margin=f"0 60px 6px {_NOTE_INDENT}"))
        line = ipywidgets.HBox([self.control, self._clear])
        self.box = ipywidgets.VBox([line, self._note], layout=ipywidgets.Layout(overflow="hidden"))
        for widget in (self.control, self._clear):
            enable_subshells(widget)
        transforms: dict[str, Any] = {}
        if spec.kind == "json":
            transforms = {"to_control": json.dumps, "from_control": json.loads}
        elif spec.kind == "choice":
            transforms = {"to_control": self._add_option}
        self._input_error = ""
        self._binding = TwoWayBinding(
            self.value, self.control, on_error=self._on_error, **transforms
        )
        self.value.observe(self._update_note, ["value", "exists", "error"])
        self._update_note()

    def close(self) -> None:
        """Unsubscribe from the shared value and close the widgets."""
        self._binding.close()
        self.value.close()
        close_recursively(self.box)

    def _add_option(self, value: str) -> str:
        """Offer an unknown value from the server as an option, instead of the previous one."""
        options = self.spec.choices
        if value not in [choice for _, choice in options]:
            options = (*options, (visible(value, _MAX_OPTION_CHARACTERS), value))
        if self.control.options != options:
            self.control.options = options
        return value

    def _on_error(self, problem: str) -> None:
        if problem != self._input_error:
            self._input_error = problem
            self._update_note()

    def _update_note(self, _: object = None) -> None:
        self._clear.disabled = not self.value.exists
        problem, state = self._input_error or self.value.error, self._state()
        parts = [html.escape(self.spec.sentence)] if self.spec.sentence else []
        if problem:
            parts.append(
                f'<span style="color: var(--jp-error-color1, #b71c1c)">'
                f"{html.escape(_truncate(problem))}</span>"
            )
        elif state:
            parts.append(html.escape(state))
        self._note.value = (
            '<div style="font-size: 12px; line-height: 16px; opacity: 0.8; white-space: normal">'
            f"{' '.join(parts)}</div>"
        )

    def _state(self) -> str:
        """Return what the control cannot show."""
        if not self.value.exists:
            return "No suggestion."
        out_of_range = self.spec.kind == "slider" and not (
            self.spec.low <= self.value.value <= self.spec.high
        )
        return f"Current value: {self.value.value:g} (out of range)." if out_of_range else ""


def _common_options(spec: ParameterSpec, **more: Any) -> dict[str, Any]:
    return {
        "description": f"{spec.label} ({spec.unit})" if spec.unit else spec.label,
        "tooltip": spec.key,
        "style": {"description_width": _LABEL_WIDTH},
        "layout": ipywidgets.Layout(width="auto", flex="1 1 auto", min_width="0"),
        **more,
    }


def _slider(spec: ParameterSpec) -> Any:
    readout = ".0f" if spec.step >= 1 else ".2f"
    return ipywidgets.FloatSlider(
        min=spec.low, max=spec.high, step=spec.step, readout_format=readout, **_common_options(spec)
    )


def _switch(spec: ParameterSpec) -> Any:
    return ipywidgets.Checkbox(indent=True, **_common_options(spec))


def _choice(spec: ParameterSpec) -> Any:
    return ipywidgets.Dropdown(options=spec.choices, **_common_options(spec))


def _number(spec: ParameterSpec) -> Any:
    return ipywidgets.FloatText(**_common_options(spec))


def _text(spec: ParameterSpec) -> Any:
    return ipywidgets.Text(continuous_update=False, **_common_options(spec))


_CONTROLS: Final[dict[str, Callable[[ParameterSpec], Any]]] = {
    "slider": _slider,
    "switch": _switch,
    "choice": _choice,
    "number": _number,
    "text": _text,
    "json": _text,
}


def _truncate(text: str) -> str:
    return text if len(text) <= _MAX_NOTE_CHARACTERS else f"{text[:_MAX_NOTE_CHARACTERS]}…"
