"""The publisher: one thread per widget that sends all messages to its views."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from nanover_jupyter.transport.threads import Daemon
from nanover_jupyter.widgets.sync.messages import VERSION, Envelope, HeartbeatBody
from nanover_jupyter.widgets.sync.state_feed import SnapshotCursor, StateFeed, StateMessage
from nanover_jupyter.widgets.sync.view import View
from nanover_jupyter.widgets.sync.view_stream import Buffer, ViewStream

__all__ = ["Health", "Publisher", "SendFunction"]

logger = logging.getLogger("nanover_jupyter.widgets")

SendFunction = Callable[[Envelope, Sequence[Buffer]], None]

# These limits come from measurements in JupyterLab.
# The period is shorter than the 30 Hz of NanoVer's servers: with equal periods, an update
# would wait half a period on average.
_FAST_PERIOD: Final = 1 / 40
_LAGGING_PERIOD: Final = 1 / 10
_SLOW_PERIOD: Final = 1 / 2
_LAGGING_SECONDS: Final = 0.8
_SLOW_SECONDS: Final = 2.0
# Snapshots get more credit: with acknowledgements three times a second, a smaller limit
# would slow down the loading of a large state.
_SNAPSHOT_BYTES: Final = 8_000_000
_EXPIRED_SECONDS: Final = 60.0
_HEARTBEAT_SECONDS: Final = 1.0
_JOIN_SECONDS: Final = 2.0


class Health(NamedTuple):
    """What a heartbeat says about the data from the server.

    Attributes:
        keys: The number of keys of the shared state.
        age: Seconds since the last update or frame; None before the first.
        rate: Updates of the shared state per second.
        frames: Frames of a simulation per second.
    """

    keys: int
    age: float | None
    rate: float
    frames: float = 0.0


class Publisher:
    """Sends messages to all views of one widget, from the thread `nanover-publisher`.

    All messages pass through this thread, so a reply never overtakes the change it refers
    to. Small messages are queued. State is not: the feed keeps a set of changed keys until a
    view has credit. Streams of other messages are asked in turn for the next one that is due. While
    no view is visible, nothing is sent and the thread ends.

    Sending never blocks and never reports a loss, so views count the messages.

    Args:
        send: Sends one message; called on the publisher's thread only.
        feed: The state feed; None for a widget that does not show the state.
        health: Returns what the heartbeat says about the server.
        on_heartbeat: Called about once a second on the publisher's thread while a view is
            visible.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        send: SendFunction,
        feed: StateFeed | None,
        *,
        health: Callable[[], Health],
        on_heartbeat: Callable[[], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._send = send
        self._feed = feed
        # The first one is asked first, and then becomes the last.
        self._streams: deque[ViewStream] = deque()
        self._health = health
        self._on_heartbeat = on_heartbeat
        self._clock = clock
        # Guards everything below. Messages are created and sent without it: a heartbeat reads
        # the state, whose lock may be held by a thread that waits to post.
        self._wake = threading.Condition()
        self._queue: deque[Callable[[], Envelope]] = deque()
        self._views: dict[str, View] = {}
        # Used if there is no feed.
        self._epoch = secrets.token_hex(8)
        self._next_delta = 0.0
        self._next_heartbeat = 0.0
        self._closed = False
        self._thread: Daemon | None = None

    @property
    def has_views(self) -> bool:
        """Whether a view has sent a message within the last minute and was not removed."""
        with self._wake:
            self._remove_expired(self._clock())
            return bool(self._views)

    # from the widget: any thread ---------------------------------------------------

    def post(
        self,
        op: str,
        body: Any,
        *,
        client: str | None = None,
        request: int | None = None,
        to_hidden: bool = False,
    ) -> None:
        """Queue a small message, for one view or for all.

        A message for all is dropped while no view is visible, because nothing would take it
        from the queues on the way. A view that becomes visible sends `hello` and gets
        everything. A rare message may be sent `to_hidden` views too.
        """
        envelope = Envelope(v=VERSION, op=op, body=body)
        if client is not None:
            envelope["client"] = client
        if request is not None:
            envelope["id"] = request
        with self._wake:
            is_wanted = client is not None or to_hidden or self._has_visible_views()
            if not self._closed and is_wanted:
                self._queue.append(lambda: envelope)
                self._wake_thread()

    def set_feed(self, feed: StateFeed | None, streams: Sequence[ViewStream] = ()) -> list[str]:
        """Replace the state feed and the streams, and return the known views.

        Each view gets a snapshot without a `hello`, which a busy kernel might handle late. A
        hidden or expired view recognizes by the epoch that it must send `hello`.
        """
        with self._wake:
            old, self._feed = self._feed, feed
            self._streams = deque(streams)
            self._epoch = secrets.token_hex(8)
            if feed is not None and old is not None:
                feed.continue_from(old.seq)
            for view in self._views.values():
                view.cursor = None
                view.pending_hello = None if feed is None else (None, None)
            self._next_heartbeat = 0.0
            if self._views:
                self._queue.append(partial(self._heartbeat, None))
                self._wake_thread()
            return list(self._views)

    def hello(self, client: str, epoch: str | None, rev: int | None) -> None:
        """Bring a view up to date that has started or may have missed a message."""
        now = self._clock()
        with self._wake:
            if self._feed is not None and not self._live_views(now):
                self._feed.skip()
            view = self._views[client] = View(client, last_heard=now, acked=0)
            if self._feed is not None:
                view.pending_hello = (epoch, rev)
            self._next_heartbeat = 0.0
            self._wake_thread()

    def acknowledge(self, client: str, seq: int) -> None:
        """Record that a view has handled all messages with state up to `seq`."""
        with self._wake:
            view = self._views.get(client)
            if view is None:
                # The view expired and has missed messages; an empty epoch resets it.
                self._queue.append(partial(self._heartbeat, client, epoch=""))
            else:
                view.acknowledge(seq, self._clock())
            self._wake_thread()

    def hide(self, client: str) -> None:
        """Mark a view as hidden until it sends `hello` again."""
        with self._wake:
            view = self._views.get(client)
            if view is not None:
                view.visible = False
                view.cursor = None

    def remove_view(self, client: str) -> None:
        """Remove a view that was closed."""
        with self._wake:
            self._views.pop(client, None)

    def wake(self) -> None:
        """Wake the thread, if a view is live, after a stream has a new message."""
        with self._wake:
            if self._live_views(self._clock()):
                self._wake_thread()

    def notify_changes(self) -> None:
        """Wake the thread after the feed has recorded changes."""
        with self._wake:
            # Without a live view the thread would start and end at every change.
            if self._live_views(self._clock()):
                self._wake_thread()
            elif self._feed is not None:
                # Otherwise removed keys would accumulate while no view is visible.
                self._feed.skip_if_long()

    def close(self) -> None:
        """Send queued messages and stop the thread. Idempotent."""
        with self._wake:
            self._closed = True
            self._wake.notify()
            thread = self._thread
        if thread is not None:
            thread.join(_JOIN_SECONDS)

    def _wake_thread(self) -> None:
        """Wake or start the thread; the caller holds the lock."""
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
                    wait_time = self._wait_time()
                    if self._closed or wait_time is None:
                        self._thread = None
                        return
                    self._wake.wait(wait_time)
                    work = self._next_work()
            try:
                work()
            except Exception:
                # A closed comm raises; views send `hello` when they are back.
                logger.exception("! sending to the page failed")

    def _next_work(self) -> Callable[[], None] | None:
        """Return the next task: small messages, snapshots, deltas, the stream, heartbeats."""
        if self._queue:
            make = self._queue.popleft()
            return lambda: self._send(make(), ())
        if self._closed:
            return None
        now = self._clock()
        live = self._live_views(now)
        if not live:
            return None
        work = None if self._feed is None else self._next_state(self._feed, live, now)
        if work is not None:
            return work
        clients = [view.client for view in live]
        for stream in self._streams:
            due = stream.next_due(clients)
            if due is not None and now >= due:
                self._streams.remove(stream)
                self._streams.append(stream)
                return partial(self._send_from, stream, clients)
        if now >= self._next_heartbeat:
            self._next_heartbeat = now + _HEARTBEAT_SECONDS
            return self._send_heartbeat
        return None

    def _next_state(
        self, feed: StateFeed, live: list[View], now: float
    ) -> Callable[[], None] | None:
        for view in live:
            if view.pending_hello is not None:
                return partial(self._answer_hello, feed, view, view.pending_hello)
            if view.cursor is not None and view.has_credit(_SNAPSHOT_BYTES):
                return partial(self._send_part, feed, view, view.cursor)
        if now >= self._next_delta and self._may_send_delta(live):
            self._next_delta = now + self._period(live)
            return partial(self._send_delta, feed)
        return None

    def _wait_time(self) -> float | None:
        """Return how long to sleep while idle; None if no view is live."""
        now = self._clock()
        live = self._live_views(now)
        if not live:
            return None
        until = self._next_heartbeat - now
        if self._may_send_delta(live):
            until = min(until, self._next_delta - now)
        for stream in self._streams:
            due = stream.next_due([view.client for view in live])
            if due is not None:
                until = min(until, due - now)
        return max(0.0, until)

    def _may_send_delta(self, live: list[View]) -> bool:
        changes = self._feed is not None and self._feed.has_changes
        return changes and all(view.has_credit() for view in live)

    def _live_views(self, now: float) -> list[View]:
        self._remove_expired(now)
        return [view for view in self._views.values() if view.is_live(now)]

    def _has_visible_views(self) -> bool:
        """Return whether any view is visible, even if it lags too much to be live."""
        self._remove_expired(self._clock())
        return any(view.visible for view in self._views.values())

    def _remove_expired(self, now: float) -> None:
        for view in list(self._views.values()):
            if now - view.last_heard > _EXPIRED_SECONDS:
                del self._views[view.client]

    @staticmethod
    def _period(live: list[View]) -> float:
        lag = max(view.lag for view in live)
        # Views acknowledge at about 3 Hz, so a lag of a third of a second is normal.
        if lag > _SLOW_SECONDS:
            return _SLOW_PERIOD
        return _LAGGING_PERIOD if lag > _LAGGING_SECONDS else _FAST_PERIOD

    def _answer_hello(
        self, feed: StateFeed, view: View, hello: tuple[str | None, int | None]
    ) -> None:
        epoch, rev = hello
        missed = feed.catch_up(rev) if rev is not None and epoch == feed.epoch else None
        cursor = feed.begin_snapshot() if missed is None else None
        with self._wake:
            if view.pending_hello is hello:
                view.pending_hello = None
                view.cursor = cursor
        if missed is not None:
            self._send_state(missed, view)

    def _send_part(self, feed: StateFeed, view: View, cursor: SnapshotCursor) -> None:
        message = feed.next_part(cursor)
        with self._wake:
            if cursor.done and view.cursor is cursor:
                view.cursor = None
        self._send_state(message, view)

    def _send_delta(self, feed: StateFeed) -> None:
        message = feed.next_delta()
        if message is not None:
            self._send_state(message, None)

    def _send_from(self, stream: ViewStream, live: list[str]) -> None:
        message = stream.next_message(live)
        if message is not None:
            envelope = Envelope(v=VERSION, op=message.op, body=message.body)
            if message.client is not None:
                envelope["client"] = message.client
            self._send(envelope, message.buffers)

    def _send_state(self, message: StateMessage, view: View | None) -> None:
        self._record_sent(message)
        envelope = Envelope(v=VERSION, op=message.op, body=message.body)
        if view is not None:
            envelope["client"] = view.client
        self._send(envelope, message.buffers)

    def _record_sent(self, message: StateMessage) -> None:
        """Expect an acknowledgement from every visible view: each receives every message."""
        now = self._clock()
        with self._wake:
            for view in self._views.values():
                if view.visible:
                    view.sent(message.body["seq"], message.size, now)

    def _send_heartbeat(self) -> None:
        self._on_heartbeat()
        self._send(self._heartbeat(None), ())

    def _heartbeat(self, client: str | None, epoch: str | None = None) -> Envelope:
        """Return a heartbeat; an empty epoch means that the kernel does not know the view."""
        keys, age, rate, frames = self._health()
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
            frames=frames,
            size=0 if feed is None else feed.size,
        )
        envelope = Envelope(v=VERSION, op="heartbeat", body=body)
        if client is not None:
            envelope["client"] = client
        return envelope
