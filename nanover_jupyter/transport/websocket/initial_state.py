"""What a WebSocket server says of its state, from before there is a listener on."""

from __future__ import annotations

from nanover_jupyter.transport.base import TransportListener
from nanover_jupyter.wire.lazy import MaybeLazy
from nanover_jupyter.wire.messages import DictionaryChange

__all__ = ["InitialStateBuffer", "ListenerFailed"]


class ListenerFailed(Exception):
    """A listener raised; so that its OSError, say, is not taken for the network's."""


class InitialStateBuffer:
    """The state until somebody hears it, and the way to them from then on.

    A server tells its whole state once, when a connection opens, and that may be long
    before there is a listener. Used by one thread.
    """

    def __init__(self) -> None:
        self._state: dict[str, MaybeLazy] | None = {}

    def pass_on(self, listener: TransportListener | None) -> None:
        """Tell the first listener the whole state so far, if anything is in it.

        Raises:
            ListenerFailed: The listener did.
        """
        if listener is None or self._state is None:
            return
        state, self._state = self._state, None
        if state:
            _tell(listener, DictionaryChange.adopt(state, set(), lazy=True))

    def take(self, change: DictionaryChange, listener: TransportListener | None) -> None:
        """Tell a change, or keep what it comes to.

        Raises:
            ListenerFailed: The listener did.
        """
        if self._state is None and listener is not None:
            _tell(listener, change)
        elif self._state is not None:
            self._state.update(change.lazy_updates)
            for key in change.removals:
                self._state.pop(key, None)


def _tell(listener: TransportListener, change: DictionaryChange) -> None:
    try:
        listener.on_change(change)
    except Exception as error:
        raise ListenerFailed(str(error)) from error
