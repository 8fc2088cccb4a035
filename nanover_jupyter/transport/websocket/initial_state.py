"""Buffer for the state that arrives before a connection has a listener."""

from __future__ import annotations

from nanover_jupyter.transport.base import TransportListener
from nanover_jupyter.wire.lazy import MaybeLazy
from nanover_jupyter.wire.messages import DictionaryChange

__all__ = ["InitialStateBuffer", "ListenerFailed"]


class ListenerFailed(Exception):
    """A listener raised an error. Distinguishes its OSError from that of the network."""


class InitialStateBuffer:
    """Buffers state changes until there is a listener, and passes them on afterwards.

    A server sends the full state once, when a connection opens, which may be long before a
    listener is attached. Used by one thread.
    """

    def __init__(self) -> None:
        self._state: dict[str, MaybeLazy] | None = {}

    def flush(self, listener: TransportListener | None) -> None:
        """Send the buffered state to the first listener, unless it is empty.

        Raises:
            ListenerFailed: The listener raised an error.
        """
        if listener is None or self._state is None:
            return
        state, self._state = self._state, None
        if state:
            _notify(listener, DictionaryChange.adopt(state, set(), lazy=True))

    def add(self, change: DictionaryChange, listener: TransportListener | None) -> None:
        """Send a change to the listener, or apply it to the buffered state.

        Raises:
            ListenerFailed: The listener raised an error.
        """
        if self._state is None and listener is not None:
            _notify(listener, change)
        elif self._state is not None:
            self._state.update(change.lazy_updates)
            for key in change.removals:
                self._state.pop(key, None)


def _notify(listener: TransportListener, change: DictionaryChange) -> None:
    try:
        listener.on_change(change)
    except Exception as error:
        raise ListenerFailed(str(error)) from error
