"""One key of the shared state as it is there and as it is wanted here.

Knows clients; knows nothing of traits.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final
from weakref import WeakKeyDictionary, WeakValueDictionary

from nanover_jupyter.client.base_client import BaseClient
from nanover_jupyter.client.listeners import Listeners, Unsubscribe, WeakCallback
from nanover_jupyter.errors import ClosedError, InvalidValue, NanoverJupyterError, UpdateRefused
from nanover_jupyter.traits.dispatcher import MainThreadDispatcher
from nanover_jupyter.traits.paths import Change, Path, apply, look_up, put
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import ABSENT, Absent, Value, alike

__all__ = ["KeySync", "KeySyncs"]

# How long a write that was accepted may take to be seen back, besides the interval of
# the subscription; where writes are not answered, being seen back is the answer.
_ECHO_SECONDS: Final = 0.5
_UNANSWERED_SECONDS: Final = 2.0
_LONGEST_SECONDS: Final = 5.0


class KeySync:
    """Follows one key and writes it, for everybody here who shares it.

    What is set shows here at once, and one write at a time carries it to the server; what
    is set meanwhile waits, the last word on each place in the value, and goes with the
    next one. Until the server has accepted a write and it was seen back, the value here
    stays what was set, whatever older changes come in. If nothing was seen back in time,
    since others wrote over it, the value is the server's again. A write that is refused
    or fails is dropped, and the value is the server's too.

    A part of a value is written by sending the whole value, as it is known here, with that
    part changed: the protocol knows no other way. What somebody else changed in the same
    value during the round trip is lost then; who cannot have that holds a lock on the key.

    Any thread may call any method. One lock guards everything; it is never held during a
    call to the client, whose `lock_state` people hold, nor to a listener. Listeners are
    called through the Delivery.

    Args:
        client: The client, which follows the state.
        key: The key.
        delivery: Where listeners are called.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        client: BaseClient,
        key: str,
        delivery: MainThreadDispatcher,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.key = key
        self._client = client
        self._delivery = delivery
        self._clock = clock
        self._listeners: Listeners[()] = Listeners()
        self._lock = threading.Lock()
        # What was set here, from the newest to the oldest: not sent; on its way; and
        # accepted, but not seen back yet.
        self._waiting: dict[Path, Value | Absent] = {}
        self._flying: dict[Path, Value | Absent] = {}
        self._unseen: dict[Path, Value | Absent] = {}
        self._is_flying = False
        self._seen_early = False
        self._sent_at = 0.0
        self._give_up_at = 0.0
        self._is_timed = False
        self._error = ""
        self._is_telling = False

    # what is known ---------------------------------------------------------------

    def value(self) -> Value | Absent:
        """The value, with what was set here; shared, not to be altered."""
        with self._lock:
            ours = (dict(self._unseen), dict(self._flying), dict(self._waiting))
        # Asked for after that: what was seen back meanwhile is made twice, not missed.
        value = self._there()
        for change in ours:
            value = apply(value, change)
        return value

    @property
    def is_pending(self) -> bool:
        """Whether something that was set here is not accepted yet."""
        with self._lock:
            return bool(self._waiting) or self._is_held_up_locked()

    @property
    def error(self) -> str:
        """Why the last write failed; empty when it did not."""
        return self._error

    def subscribe(self, listener: Callable[[], object]) -> Unsubscribe:
        """Call `listener()` through the Delivery after anything changed."""
        return self._listeners.subscribe(listener)

    # what is wanted --------------------------------------------------------------

    def set(self, change: Change) -> None:
        """Want these values at these places, together; returns at once.

        Raises:
            InvalidValue: There is no such place in the value.
            ClosedError: The client was closed.
        """
        if self._client.status.state == "closed":
            raise ClosedError(self._client.address)
        value = self.value()
        for path, new in change.items():
            try:
                value = put(value, path, new)
            except InvalidValue as error:
                raise error.within(self.key) from None
        with self._lock:
            for path, new in change.items():
                _overwrite(self._waiting, path, new)
        self._write()
        self._tell()

    # what happens ----------------------------------------------------------------

    def changed(self) -> None:
        """The server said something about the key; called on the thread `nanover-changes`."""
        there = self._there()
        with self._lock:
            if self._is_flying and _holds(there, self._flying):
                self._seen_early = True
            if self._unseen and _holds(there, self._unseen):
                self._unseen = {}
        self._write()
        self._tell()

    def _write(self) -> None:
        """Send what waits, if nothing is on its way."""
        with self._lock:
            if not self._waiting or self._is_held_up_locked():
                return
            unseen, self._flying, self._waiting = dict(self._unseen), self._waiting, {}
            self._is_flying, self._seen_early = True, False
            self._sent_at = self._clock()
        try:
            before = apply(self._there(), unseen)
            value = apply(before, self._flying)
            if not unseen and alike(before, value):
                with self._lock:
                    self._is_flying, self._flying = False, {}
                # What was set meanwhile, on another thread, was left to us.
                self._write()
                return
            if value is ABSENT:
                change = DictionaryChange(removals=[self.key])
            else:
                change = DictionaryChange({self.key: value})
            call = self._client.update_state_async(change)
        except NanoverJupyterError as error:
            self._failed(str(error))
        except BaseException:  # Ctrl-C: nobody would answer, and nothing be sent after this
            self._failed(f"writing {self.key!r} was interrupted")
            raise
        else:
            call.add_done_callback(self._answered)

    def _answered(self, call: Future[bool]) -> None:
        """The server answered; called on a thread of the transport."""
        if call.cancelled():
            self._failed(f"writing {self.key!r} was given up")
        elif (error := call.exception()) is not None:
            self._failed(str(error) or type(error).__name__)
        elif not call.result():
            self._failed(str(UpdateRefused([self.key])))
        else:
            self._accepted()

    def _accepted(self) -> None:
        now = self._clock()
        answers = self._client.capabilities.acknowledged_updates
        # A way that takes long one time takes long the next.
        took = min(2 * (now - self._sent_at), _LONGEST_SECONDS)
        patience = max(_ECHO_SECONDS, took) if answers else _UNANSWERED_SECONDS
        patience += self._client.interval
        with self._lock:
            self._is_flying = False
            self._error = ""
            for path, value in self._flying.items():
                _overwrite(self._unseen, path, value)
            self._flying = {}
            if self._seen_early:
                self._unseen = {}
            self._give_up_at = now + patience
            start_timer = bool(self._unseen) and not self._is_timed
            self._is_timed = self._is_timed or start_timer
        if start_timer:
            self._delivery.post_later(patience, self._look_again)
        self._write()
        self._tell()

    def _failed(self, why: str) -> None:
        with self._lock:
            self._is_flying = False
            self._flying = {}
            self._error = why
        self._write()
        self._tell()

    def _look_again(self) -> None:
        """Stop waiting to see our write back, if its time is over."""
        with self._lock:
            left = self._give_up_at - self._clock()
            self._is_timed = bool(self._unseen) and left > 0
            if not self._is_timed:
                self._unseen = {}
        if self._is_timed:
            self._delivery.post_later(left, self._look_again)
            return
        self._write()
        self._tell()

    def _tell(self) -> None:
        with self._lock:
            if self._is_telling:
                return
            self._is_telling = True
        try:
            self._delivery.post(self._tell_now)
        except BaseException:  # Ctrl-C: else nobody would ever be told again
            with self._lock:
                self._is_telling = False
            raise

    def _tell_now(self) -> None:
        with self._lock:
            self._is_telling = False
        self._listeners.notify()

    def _there(self) -> Value | Absent:
        """What the server has, as last heard."""
        return self._client.peek(self.key, ABSENT)

    def _is_held_up_locked(self) -> bool:
        if self._is_flying:
            return True
        return bool(self._unseen) and not self._client.capabilities.acknowledged_updates


class KeySyncs:
    """The keys of one client that are shared here, each by one KeySync.

    One is kept for as long as somebody shares its key, or it still has something to write
    or to wait for.
    """

    def __init__(self, client: BaseClient) -> None:
        # Guards _syncs.
        self._lock = threading.Lock()
        self._syncs: WeakValueDictionary[str, KeySync] = WeakValueDictionary()
        client.on_change(WeakCallback(self._on_change))

    @classmethod
    def sync(cls, client: BaseClient, key: str) -> KeySync:
        """The one KeySync that everybody shares who shares this key.

        Raises:
            ClosedError: The client was closed.
        """
        with _making:
            keys = _known.get(client)
            if keys is None:
                keys = _known[client] = cls(client)
            if client.status.state == "closed":
                raise ClosedError(client.address)
        return keys._sync(client, key)

    def _sync(self, client: BaseClient, key: str) -> KeySync:
        with self._lock:
            known = self._syncs.get(key)
            if known is None:
                known = self._syncs[key] = KeySync(client, key, MainThreadDispatcher.of(client))
            return known

    def _on_change(self, change: DictionaryChange) -> None:
        touched = change.unread_updates.keys() | change.removals
        with self._lock:
            due = [sync for sync in self._syncs.values() if sync.key in touched]
        for sync in due:
            sync.changed()


_making = threading.Lock()
_known: WeakKeyDictionary[BaseClient, KeySyncs] = WeakKeyDictionary()


def _overwrite(change: dict[Path, Value | Absent], path: Path, value: Value | Absent) -> None:
    """Let a change also put `value` at a place, last, and forget what was inside it."""
    for other in [known for known in change if known[: len(path)] == path]:
        del change[other]
    change[path] = value


def _holds(value: Value | Absent, change: Change) -> bool:
    """Whether a value is what the change would make of it."""
    return all(alike(look_up(value, path), new) for path, new in change.items())
