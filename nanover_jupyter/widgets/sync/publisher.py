"""The one thread of a widget that sends to its views."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from nanover_jupyter.transport.threads import Daemon
from nanover_jupyter.widgets.sync.messages import VERSION, Envelope, HeartbeatBody
from nanover_jupyter.widgets.sync.state_feed import SnapshotCursor, StateFeed, StateMessage

__all__ = ["Publisher", "SendFunction"]

logger = logging.getLogger("nanover_jupyter.widgets")

SendFunction = Callable[[Envelope, Sequence[bytes]], None]

# Starting points, from what JupyterLab was measured to take.
# A bit faster than the 30 Hz of NanoVer's servers: at the very same pace, what comes a
# moment too early waits for longer and longer, half a tick on average.
_FASTEST: Final = 1 / 40
_LAGGING: Final = 1 / 10
_CRAWLING: Final = 1 / 2
_SOME_LAG: Final = 0.8
_BAD_LAG: Final = 2.0
_CREDIT_BYTES: Final = 2_000_000
_CREDIT_MESSAGES: Final = 30
# A page that has nothing yet takes more at once: with acknowledgements three times a
# second, less than this would hold a large state up.
_SNAPSHOT_BYTES: Final = 8_000_000
_STALLED_SECONDS: Final = 3.0
# Views say a word every five seconds at the least while they are visible.
_SILENT_SECONDS: Final = 15.0
_FORGOTTEN_SECONDS: Final = 60.0
_HEARTBEAT_SECONDS: Final = 1.0
_JOIN_SECONDS: Final = 2.0


@dataclass(slots=True)
class _View:
    """One view of the widget in one page."""

    client: str
    heard: float
    acked: int
    visible: bool = True
    # What it said in its hello, until that is answered: epoch and revision.
    greeting: tuple[str | None, int | None] | None = None
    cursor: SnapshotCursor | None = None
    # Bulk messages sent and not yet acknowledged: number, bytes, when.
    outstanding: deque[tuple[int, int, float]] = field(default_factory=deque)
    outstanding_bytes: int = 0
    lag: float = 0.0

    def acknowledge(self, seq: int, now: float) -> None:
        self.heard = now
        self.acked = max(self.acked, seq)
        while self.outstanding and self.outstanding[0][0] <= self.acked:
            _, size, sent = self.outstanding.popleft()
            self.outstanding_bytes -= size
            self.lag = now - sent
        if not self.outstanding:
            self.outstanding_bytes = 0

    def sent(self, seq: int, size: int, now: float) -> None:
        self.outstanding.append((seq, size, now))
        self.outstanding_bytes += size

    def is_live(self, now: float) -> bool:
        """Whether somebody seems to be looking."""
        if not self.visible or now - self.heard > _SILENT_SECONDS:
            return False
        if not self.outstanding:
            return True
        _, _, oldest = self.outstanding[0]
        return now - max(oldest, self.heard) < _STALLED_SECONDS

    def has_credit(self, most: int = _CREDIT_BYTES) -> bool:
        within = self.outstanding_bytes < most
        return within and len(self.outstanding) < _CREDIT_MESSAGES


class Publisher:
    """Sends messages to all views of one widget, from the thread `nanover-publisher`.

    Everything that leaves goes through here, so there is one order: a reply never
    overtakes the change it speaks of. Small messages queue; state does not: it waits
    as a set of changed keys in the feed until a view has credit. With nobody looking,
    nothing is sent, and the thread ends until there is something to do again.

    Sending never blocks and never reports a loss, which is why views count.

    Args:
        send: Puts one message on the wire; called on the publisher's thread only.
        feed: The state to tell of; None for a widget that shows none.
        health: Gives the heartbeat's `keys`, `age` and `rate`.
        on_beat: Called about once a second on the publisher's thread while somebody looks.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        send: SendFunction,
        feed: StateFeed | None,
        *,
        health: Callable[[], tuple[int, float | None, float]],
        on_beat: Callable[[], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._send = send
        self._feed = feed
        self._health = health
        self._on_beat = on_beat
        self._clock = clock
        # Guards everything below. What is sent is made and sent without it: a heartbeat
        # reads the state, whose lock may be held by somebody who waits to post.
        self._wake = threading.Condition()
        self._queue: deque[Callable[[], Envelope]] = deque()
        self._views: dict[str, _View] = {}
        # That of a widget without a feed.
        self._epoch = secrets.token_hex(8)
        self._next_delta = 0.0
        self._next_beat = 0.0
        self._closed = False
        self._thread: Daemon | None = None

    @property
    def has_views(self) -> bool:
        """Whether a view has been heard of in the last minute, and has not gone since."""
        with self._wake:
            self._drop_forgotten(self._clock())
            return bool(self._views)

    # from the widget: any thread ---------------------------------------------------

    def post(
        self, op: str, body: Any, *, client: str | None = None, request: int | None = None
    ) -> None:
        """Queue a small message, for one view or for all.

        What is for all is dropped while no view is in sight, as nothing would ever take it
        from the queues on the way; a view that comes says hello, and is told everything.
        """
        envelope = Envelope(v=VERSION, op=op, body=body)
        if client is not None:
            envelope["client"] = client
        if request is not None:
            envelope["id"] = request
        with self._wake:
            if not self._closed and (client is not None or self._anybody()):
                self._queue.append(lambda: envelope)
                self._rouse()

    def turn_to(self, feed: StateFeed | None) -> list[str]:
        """Tell of another state from now on; returns the views that are known.

        Each is sent the whole of it without being asked, since a busy kernel may not hear
        it ask. One that is out of sight, or was given up, sees by the epoch that it must.
        """
        with self._wake:
            old, self._feed = self._feed, feed
            self._epoch = secrets.token_hex(8)
            if feed is not None and old is not None:
                feed.number_from(old.seq)
            for view in self._views.values():
                view.cursor = None
                view.greeting = None if feed is None else (None, None)
            self._next_beat = 0.0
            if self._views:
                self._queue.append(partial(self._beat, None))
                self._rouse()
            return list(self._views)

    def hello(self, client: str, epoch: str | None, rev: int | None) -> None:
        """A view starts, or doubts what it has: bring it up to date."""
        now = self._clock()
        with self._wake:
            if self._feed is not None and not self._live(now):
                self._feed.skip()
            view = self._views[client] = _View(client, heard=now, acked=0)
            if self._feed is not None:
                view.greeting = (epoch, rev)
            self._next_beat = 0.0
            self._rouse()

    def acknowledge(self, client: str, seq: int) -> None:
        """A view handled everything up to `seq`."""
        with self._wake:
            view = self._views.get(client)
            if view is None:
                # One that was given up, and has missed what was said since.
                self._queue.append(partial(self._beat, client, epoch=""))
            else:
                view.acknowledge(seq, self._clock())
            self._rouse()

    def hide(self, client: str) -> None:
        """A view is out of sight until it says hello again."""
        with self._wake:
            view = self._views.get(client)
            if view is not None:
                view.visible = False
                view.cursor = None

    def forget(self, client: str) -> None:
        """A view is gone."""
        with self._wake:
            self._views.pop(client, None)

    def changes_waiting(self) -> None:
        """The feed has news."""
        with self._wake:
            # With nobody looking the thread would end again at once, at every change.
            if self._live(self._clock()):
                self._rouse()
            elif self._feed is not None:
                # Else keys that come and go would gather for as long as nobody looks.
                self._feed.skip_if_long()

    def close(self) -> None:
        """Send what is queued and end the thread. Idempotent."""
        with self._wake:
            self._closed = True
            self._wake.notify()
            thread = self._thread
        if thread is not None:
            thread.join(_JOIN_SECONDS)

    def _rouse(self) -> None:
        """Wake the thread, or start it; the caller holds the lock."""
        if self._thread is None and not self._closed:
            thread = Daemon("nanover-publisher", self._run)
            thread.start()
            self._thread = thread
        self._wake.notify()

    # the thread --------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            with self._wake:
                work = self._next_work()
                while work is None:
                    patience = self._patience()
                    if self._closed or patience is None:
                        self._thread = None
                        return
                    self._wake.wait(patience)
                    work = self._next_work()
            try:
                work()
            except Exception:
                # A comm that went away throws; the views will say hello when they are back.
                logger.exception("! sending to the page failed")

    def _next_work(self) -> Callable[[], None] | None:
        """What to do next: small messages first, then snapshots, changes, heartbeat."""
        if self._queue:
            make = self._queue.popleft()
            return lambda: self._send(make(), ())
        if self._closed:
            return None
        now = self._clock()
        live = self._live(now)
        if not live:
            return None
        if self._feed is not None:
            for view in live:
                if view.greeting is not None:
                    return partial(self._answer_greeting, self._feed, view, view.greeting)
                if view.cursor is not None and view.has_credit(_SNAPSHOT_BYTES):
                    return partial(self._send_part, self._feed, view, view.cursor)
            if now >= self._next_delta and self._may_send_delta(live):
                self._next_delta = now + self._period(live)
                return partial(self._send_delta, self._feed)
        if now >= self._next_beat:
            self._next_beat = now + _HEARTBEAT_SECONDS
            return self._send_beat
        return None

    def _patience(self) -> float | None:
        """How long to sleep when there is nothing to do; None when nobody looks."""
        now = self._clock()
        live = self._live(now)
        if not live:
            return None
        until = self._next_beat - now
        if self._may_send_delta(live):
            until = min(until, self._next_delta - now)
        return max(0.0, until)

    def _may_send_delta(self, live: list[_View]) -> bool:
        changes = self._feed is not None and self._feed.has_changes
        return changes and all(view.has_credit() for view in live)

    def _live(self, now: float) -> list[_View]:
        self._drop_forgotten(now)
        return [view for view in self._views.values() if view.is_live(now)]

    def _anybody(self) -> bool:
        """Whether a view may be in sight, be it slow: one that lags says no hello later."""
        self._drop_forgotten(self._clock())
        return any(view.visible for view in self._views.values())

    def _drop_forgotten(self, now: float) -> None:
        for view in list(self._views.values()):
            if now - view.heard > _FORGOTTEN_SECONDS:
                del self._views[view.client]

    @staticmethod
    def _period(live: list[_View]) -> float:
        lag = max(view.lag for view in live)
        # Views acknowledge at about 3 Hz, so a lag of a third of a second is none.
        if lag > _BAD_LAG:
            return _CRAWLING
        return _LAGGING if lag > _SOME_LAG else _FASTEST

    def _answer_greeting(
        self, feed: StateFeed, view: _View, greeting: tuple[str | None, int | None]
    ) -> None:
        epoch, rev = greeting
        missed = feed.catch_up(rev) if rev is not None and epoch == feed.epoch else None
        cursor = feed.begin_snapshot() if missed is None else None
        with self._wake:
            if view.greeting is greeting:
                view.greeting = None
                view.cursor = cursor
        if missed is not None:
            self._send_bulk(missed, view)

    def _send_part(self, feed: StateFeed, view: _View, cursor: SnapshotCursor) -> None:
        bulk = feed.next_part(cursor)
        with self._wake:
            if cursor.done and view.cursor is cursor:
                view.cursor = None
        self._send_bulk(bulk, view)

    def _send_delta(self, feed: StateFeed) -> None:
        bulk = feed.next_delta()
        if bulk is not None:
            self._send_bulk(bulk, None)

    def _send_bulk(self, bulk: StateMessage, view: _View | None) -> None:
        self._account(bulk)
        envelope = Envelope(v=VERSION, op=bulk.op, body=bulk.body)
        if view is not None:
            envelope["client"] = view.client
        self._send(envelope, bulk.buffers)

    def _account(self, bulk: StateMessage) -> None:
        """Every view gets every message on the comm, so each owes an acknowledgement."""
        now = self._clock()
        with self._wake:
            for view in self._views.values():
                if view.visible:
                    view.sent(bulk.body["seq"], bulk.size, now)

    def _send_beat(self) -> None:
        self._on_beat()
        self._send(self._beat(None), ())

    def _beat(self, client: str | None, epoch: str | None = None) -> Envelope:
        """A heartbeat; an empty epoch tells a view that nobody here knows it."""
        keys, age, rate = self._health()
        with self._wake:
            feed = self._feed
            own = self._epoch
        own, rev, seq = (own, 0, 0) if feed is None else (feed.epoch, feed.rev, feed.seq)
        body = HeartbeatBody(
            epoch=own if epoch is None else epoch,
            rev=rev,
            seq=seq,
            keys=keys,
            age=age,
            rate=rate,
            size=0 if feed is None else feed.size,
        )
        envelope = Envelope(v=VERSION, op="heartbeat", body=body)
        if client is not None:
            envelope["client"] = client
        return envelope
