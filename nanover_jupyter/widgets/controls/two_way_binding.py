"""Thread-safe two-way binding of a shared value and an ipywidgets control."""

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
    """Keeps a control and a shared value equal.

    Like `traitlets.link`, but safe for two threads: the page changes the control on a
    subshell's thread while remote changes arrive on the main thread. A link has one flag for
    both and would lose a change. A control shows a value outside its range as the nearest
    one, which is not written back.

    Args:
        value: The shared value.
        control: A widget with a trait `value`.
        to_control: Converts a value for the control. It may change the control, for example
            its options; resulting changes of the control's value are not written back.
        from_control: Converts a value of the control; raises ValueError if it is invalid.
        on_error: Called with a message if a value is invalid or rejected, and with an empty
            one after a success.
    """

    def __init__(
        self,
        value: SharedValue,
        control: Any,
        *,
        to_control: Callable[[Any], Any] = lambda value: value,
        from_control: Callable[[Any], Any] = lambda value: value,
        on_error: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._value = value
        self._control = control
        self._to_control = to_control
        self._from_control = from_control
        self._on_error = on_error
        self._local = threading.local()
        value.observe(self._on_value, "value")
        control.observe(self._on_control, "value")
        self._update_control()

    def close(self) -> None:
        """Remove the binding. Call it once."""
        self._value.unobserve(self._on_value, "value")
        self._control.unobserve(self._on_control, "value")

    def _on_value(self, _: object) -> None:
        if not self._is_updating:
            self._update_control()

    def _on_control(self, change: Any) -> None:
        if self._is_updating:
            return
        try:
            with self._updating():
                self._value.value = self._from_control(change.new)
        except (ValueError, NanoverJupyterError, traitlets.TraitError) as error:
            # The input is kept, so that the user can correct it.
            self._on_error(str(error))
            return
        self._on_error("")
        # Another thread may have updated the control since.
        self._update_control()

    def _update_control(self) -> None:
        """Show the value in the control, again if it changes during the update."""
        with self._updating():
            for _ in range(_ATTEMPTS):
                value = self._value.value
                wanted = self._to_control(value)
                if not alike(self._control.value, wanted):
                    self._control.value = wanted
                if alike(self._value.value, value):
                    return

    @property
    def _is_updating(self) -> bool:
        """Whether this thread is propagating a change."""
        return bool(getattr(self._local, "updating", False))

    @contextmanager
    def _updating(self) -> Iterator[None]:
        outer = self._is_updating
        self._local.updating = True
        try:
            yield
        finally:
            self._local.updating = outer
