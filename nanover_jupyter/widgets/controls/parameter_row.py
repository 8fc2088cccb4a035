"""One suggestion in the page: what sets it, what it does, and how things stand."""

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
from nanover_jupyter.widgets.closing import close_all
from nanover_jupyter.widgets.controls.suggested_parameters import ParameterSpec
from nanover_jupyter.widgets.controls.two_way_binding import TwoWayBinding
from nanover_jupyter.widgets.subshells import answer_while_cells_run

__all__ = ["ParameterRow"]

_LABEL_WIDTH: Final = "100px"
_NOTE_INDENT: Final = "110px"
_NOTE_LIMIT: Final = 200
_OPTION_LIMIT: Final = 60
_KINDS: Final[dict[str, Callable[[], Any]]] = {
    "slider": traitlets.Float,
    "number": traitlets.Float,
    "switch": traitlets.Bool,
    "choice": traitlets.Unicode,
    "text": traitlets.Unicode,
    "json": traitlets.Any,
}


class ParameterRow:
    """A control bound both ways, a note beside it, and a button to take it back.

    Made on the kernel's main thread; changes come as those of `SharedTraits` do.

    Args:
        connection: Whose state it is in.
        knob: What is suggested.
    """

    def __init__(self, connection: Connection, knob: ParameterSpec) -> None:
        self.knob = knob
        kind = _KINDS[knob.kind]()
        self.value: SharedValue = shared(connection, knob.key, knob.default, kind=kind)
        self.control = _CONTROLS[knob.kind](knob)
        self._forget = ipywidgets.Button(
            description="Clear",
            tooltip=f"Stop suggesting: {knob.label}",
            layout=ipywidgets.Layout(width="52px", flex="0 0 auto", padding="0"),
        )
        self._forget.on_click(lambda _: self.value.remove())
        self._note = ipywidgets.HTML(layout=ipywidgets.Layout(margin=f"0 60px 6px {_NOTE_INDENT}"))
        line = ipywidgets.HBox([self.control, self._forget])
        self.box = ipywidgets.VBox([line, self._note], layout=ipywidgets.Layout(overflow="hidden"))
        for widget in (self.control, self._forget):
            answer_while_cells_run(widget)
        transforms: dict[str, Any] = {}
        if knob.kind == "json":
            transforms = {"shown": json.dumps, "meant": json.loads}
        elif knob.kind == "choice":
            transforms = {"shown": self._offer}
        self._refusal = ""
        self._bond = TwoWayBinding(self.value, self.control, on_refusal=self._refuse, **transforms)
        self.value.observe(self._say, ["value", "exists", "error"])
        self._say()

    def close(self) -> None:
        """Let go of the server and of the page."""
        self._bond.close()
        self.value.close()
        close_all(self.box)

    def _offer(self, value: str) -> str:
        """Take a choice of the server's own into the list, in place of an earlier one."""
        options = self.knob.choices
        if value not in [choice for _, choice in options]:
            options = (*options, (visible(value, _OPTION_LIMIT), value))
        if self.control.options != options:
            self.control.options = options
        return value

    def _refuse(self, problem: str) -> None:
        if problem != self._refusal:
            self._refusal = problem
            self._say()

    def _say(self, _: object = None) -> None:
        self._forget.disabled = not self.value.exists
        problem, state = self._refusal or self.value.error, self._state()
        parts = [html.escape(self.knob.sentence)] if self.knob.sentence else []
        if problem:
            parts.append(
                f'<span style="color: var(--jp-error-color1, #b71c1c)">'
                f"{html.escape(_cut(problem))}</span>"
            )
        elif state:
            parts.append(html.escape(state))
        self._note.value = (
            '<div style="font-size: 12px; line-height: 16px; opacity: 0.8; white-space: normal">'
            f"{' '.join(parts)}</div>"
        )

    def _state(self) -> str:
        """What the control alone does not tell."""
        if not self.value.exists:
            return "Not suggested."
        beyond = self.knob.kind == "slider" and not (
            self.knob.low <= self.value.value <= self.knob.high
        )
        return f"It is {self.value.value:g} now, beyond this slider." if beyond else ""


def _described(knob: ParameterSpec, **more: Any) -> dict[str, Any]:
    return {
        "description": f"{knob.label} ({knob.unit})" if knob.unit else knob.label,
        "tooltip": knob.key,
        "style": {"description_width": _LABEL_WIDTH},
        "layout": ipywidgets.Layout(width="auto", flex="1 1 auto", min_width="0"),
        **more,
    }


def _slider(knob: ParameterSpec) -> Any:
    form = ".0f" if knob.step >= 1 else ".2f"
    return ipywidgets.FloatSlider(
        min=knob.low, max=knob.high, step=knob.step, readout_format=form, **_described(knob)
    )


def _switch(knob: ParameterSpec) -> Any:
    return ipywidgets.Checkbox(indent=True, **_described(knob))


def _choice(knob: ParameterSpec) -> Any:
    return ipywidgets.Dropdown(options=knob.choices, **_described(knob))


def _number(knob: ParameterSpec) -> Any:
    return ipywidgets.FloatText(**_described(knob))


def _text(knob: ParameterSpec) -> Any:
    return ipywidgets.Text(continuous_update=False, **_described(knob))


_CONTROLS: Final[dict[str, Callable[[ParameterSpec], Any]]] = {
    "slider": _slider,
    "switch": _switch,
    "choice": _choice,
    "number": _number,
    "text": _text,
    "json": _text,
}


def _cut(text: str) -> str:
    return text if len(text) <= _NOTE_LIMIT else f"{text[:_NOTE_LIMIT]}…"
