"""Ties a shared value to a control of ipywidgets, on whichever threads both change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import traitlets

from nanover_jupyter.errors import NanoverJupyterError
from nanover_jupyter.traits.values import SharedValue
from nanover_jupyter.wire.values import alike

__all__ = ["TwoWayBinding"]

_ATTEMPTS = 3


class TwoWayBinding:
    """Keeps a control and a shared value the same, both ways.

    As `traitlets.link`, for two threads at once: the page moves a control on a subshell's
    thread while what others do is shown on the main one, and a link, which knows one flag
    for both, would lose one of the two. What a control cannot show, such as a number
    beyond its end, it shows as near as it can, and that is not written back.

    Args:
        value: The shared value.
        control: A widget with a trait `value`.
        shown: What the control shows of a value. May make the control ready to show it; what
            becomes of the control by that is not written back.
        meant: What somebody means who sets the control to that; ValueError if nothing.
        on_refusal: Called with a sentence when something that was meant cannot be, and
            with an empty one when it can.
    """

    def __init__(
        self,
        value: SharedValue,
        control: Any,
        *,
        shown: Callable[[Any], Any] = lambda value: value,
        meant: Callable[[Any], Any] = lambda value: value,
        on_refusal: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._value = value
        self._control = control
        self._shown = shown
        self._meant = meant
        self._on_refusal = on_refusal
        self._local = threading.local()
        value.observe(self._follow, "value")
        control.observe(self._lead, "value")
        self._show()

    def close(self) -> None:
        """Let both go their own ways; to be called once."""
        self._value.unobserve(self._follow, "value")
        self._control.unobserve(self._lead, "value")

    def _follow(self, _: object) -> None:
        if not self._is_ours:
            self._show()

    def _lead(self, change: Any) -> None:
        if self._is_ours:
            return
        try:
            with self._ours():
                self._value.value = self._meant(change.new)
        except (ValueError, NanoverJupyterError, traitlets.TraitError) as error:
            # What was typed stays, for people to mend it.
            self._on_refusal(str(error))
            return
        self._on_refusal("")
        # Another thread may have shown something in between.
        self._show()

    def _show(self) -> None:
        """Make the control show the value, also if that changes meanwhile."""
        with self._ours():
            for _ in range(_ATTEMPTS):
                value = self._value.value
                wanted = self._shown(value)
                if not alike(self._control.value, wanted):
                    self._control.value = wanted
                if alike(self._value.value, value):
                    return

    @property
    def _is_ours(self) -> bool:
        """Whether this thread is changing one for the sake of the other."""
        return bool(getattr(self._local, "ours", False))

    @contextmanager
    def _ours(self) -> Iterator[None]:
        outer = self._is_ours
        self._local.ours = True
        try:
            yield
        finally:
            self._local.ours = outer
