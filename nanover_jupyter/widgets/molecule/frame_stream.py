"""Sends the molecule, its positions and the people around it to views, with credit."""

from __future__ import annotations

import math
import secrets
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final, Protocol

import numpy as np

from nanover_jupyter.client.listeners import Unsubscribe
from nanover_jupyter.client.simulation.selections import SELECTION_PREFIX
from nanover_jupyter.errors import NanoverJupyterError, NotSupported, WaitTimedOut
from nanover_jupyter.widgets.molecule.messages import (
    MoleculeBody,
    MoleculeFrameBody,
    OverlayBody,
)
from nanover_jupyter.widgets.molecule.overlay import (
    build_overlay,
    is_overlay_key,
    user_force_arrays,
)
from nanover_jupyter.widgets.molecule.positions import (
    EncodedPositions,
    PositionEncoder,
    bytes_per_frame,
)
from nanover_jupyter.widgets.molecule.style.structure import (
    STRUCTURE_KEYS,
    Structure,
    StyleOptions,
    atom_count,
    build_structure,
)
from nanover_jupyter.widgets.molecule.watchers import Watcher, Watchers
from nanover_jupyter.widgets.sync.view_stream import StreamMessage
from nanover_jupyter.wire.frames.frame import Frame
from nanover_jupyter.wire.messages import DictionaryChange
from nanover_jupyter.wire.values import Absent, Value

__all__ = ["MoleculeClient", "MoleculeStream"]

# One or two large messages in flight fill the connection to the page; small ones wait for
# acknowledgements, which cost the page more than the frames do.
_WINDOW_BYTES: Final = 2_400_000
_WINDOW_FRAMES: Final = (2, 16)
# People move while the simulation is paused, too.
_OVERLAY_SECONDS: Final = 1 / 30
# Computing the structure of 100 000 atoms takes some 50 ms: at most four times a second.
_LARGE_ATOMS: Final = 20_000
_SECONDS_PER_ATOM: Final = 2.5e-6
_STILL_ATOMS: Final = 400_000


class MoleculeClient(Protocol):
    """The part of a client that the stream needs."""

    @property
    def frame(self) -> Frame | None:
        """The current frame."""

    def on_frame(self, callback: Callable[[Frame, frozenset[str]], object]) -> Unsubscribe:
        """Call `callback` with every frame."""

    def on_change(self, callback: Callable[[DictionaryChange], object]) -> Unsubscribe:
        """Call `callback` with every change of the shared state."""

    def wait_for_frame(self, timeout: float | None) -> Frame:
        """Raise NotSupported if the server has no frames."""

    def keys(self) -> list[str]:
        """Return the keys of the shared state."""

    @property
    def own_interactions(self) -> list[str]:
        """The keys of the interactions of this client."""

    def peek(self, key: str, default: Value = None, /) -> Value | Absent:
        """Return a value of the shared state."""


class MoleculeStream:
    """Sends what the molecular view draws; implements `ViewStream`.

    There is one slot for the newest frame, no queue: a frame that no view has credit for is
    replaced by the next one. A message reaches all pages, so a frame is sent as soon as one
    view has credit; a view that is slower skips frames when it draws. A view that is hidden,
    or that does not acknowledge for five seconds, is forgotten: it asks again.

    While a view watches, the stream is subscribed to frames and the shared state. Structure and
    positions are computed on the publisher's thread, so frames that are not sent cost nothing.

    Args:
        client: The client.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        client: MoleculeClient,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.epoch = secrets.token_hex(8)
        self._client = client
        self._clock = clock
        self._wake: Callable[[], None] = lambda: None
        # Guards the fields below; never held while something is computed or subscribed.
        self._lock = threading.Lock()
        self._watchers = Watchers()
        self._options = StyleOptions()
        self._frame: Frame | None = None
        self._has_new_frame = False
        # Keys of the shared state that are drawn.
        self._keys: set[str] = set()
        self._is_structure_old = True
        self._is_overlay_old = True
        self._problem = ""
        self._sent_at = 0.0
        # Serializes subscribing, which calls the client.
        self._subscribing = threading.Lock()
        self._unsubscribe: list[Unsubscribe] = []
        # Only used on the publisher's thread, except that other threads read the structure.
        self._encoder = PositionEncoder()
        self._structure = Structure()
        self._built_at = -math.inf
        self._revision = 0
        self._number = 0

    # views: any thread ----------------------------------------------------------------

    def connect(self, wake: Callable[[], None]) -> None:
        """See `ViewStream.connect`."""
        self._wake = wake

    @property
    def is_watched(self) -> bool:
        """Whether a view wants the molecule."""
        return bool(self._watchers)

    def views(self) -> list[str]:
        """Return the views that want the molecule, the newest last."""
        with self._lock:
            return list(self._watchers)

    @property
    def structure(self) -> Structure:
        """What was sent last."""
        return self._structure

    def watch(self, client: str, epoch: str | None, revision: int | None) -> None:
        """Send the molecule to a view, unless it has this revision, and then frames."""
        self._subscribe()
        known = revision if epoch == self.epoch else None
        with self._lock:
            self._watchers[client] = Watcher(known)
        self._wake()

    def unwatch(self, client: str) -> None:
        """Stop sending to a view."""
        with self._lock:
            self._watchers.pop(client, None)
            is_unused = not self._watchers
        if is_unused:
            self._end_subscriptions()

    def acknowledge(self, client: str, number: int) -> None:
        """Record that a view has received all frames up to a number.

        A view that was forgotten, because it did not acknowledge for a while, gets everything
        again.
        """
        with self._lock:
            watcher = self._watchers.get(client)
            if watcher is None and self._unsubscribe:
                self._watchers[client] = Watcher(None)
            elif watcher is not None:
                watcher.acknowledge(number)
        self._wake()

    def set_options(self, options: StyleOptions) -> None:
        """Draw the molecule in another way."""
        with self._lock:
            self._options = options
            self._is_structure_old = True
        self._wake()

    def check_problem(self) -> None:
        """Find out again why there are no frames, while there are none."""
        if self._frame is None and self._watchers:
            problem = self._find_problem()
            with self._lock:
                changed = problem != self._problem
                self._problem = problem
                self._is_structure_old |= changed
            if changed:
                self._wake()

    def close(self) -> None:
        """Stop sending, and unsubscribe. Idempotent."""
        with self._lock:
            self._watchers.clear()
        self._end_subscriptions()

    # what changes: threads of the client ----------------------------------------------

    def _subscribe(self) -> None:
        with self._subscribing:
            if self._unsubscribe:
                return
            self._unsubscribe.append(self._client.on_change(self._on_change))
            known = self._client.keys()
            keys = {key for key in known if _is_drawn(key)}
            with self._lock:
                self._keys |= keys
                self._is_structure_old = self._is_overlay_old = True
            # A server that sends frames on request is asked here.
            self._unsubscribe.append(self._client.on_frame(self._on_frame))
        problem = self._find_problem()
        with self._lock:
            self._problem = problem

    def _end_subscriptions(self) -> None:
        with self._subscribing:
            with self._lock:
                if self._watchers:
                    return
                self._frame = None
                self._keys = set()
            unsubscribe, self._unsubscribe = self._unsubscribe, []
            for end in unsubscribe:
                end()

    def _on_frame(self, frame: Frame, changed: frozenset[str]) -> None:
        with self._lock:
            self._frame = frame
            self._has_new_frame = True
            if not changed.isdisjoint(STRUCTURE_KEYS):
                self._is_structure_old = True
            if not self._watchers:
                return
        self._wake()

    def _on_change(self, change: DictionaryChange) -> None:
        updated = [key for key in change.lazy_updates if _is_drawn(key)]
        removed = [key for key in change.removals if _is_drawn(key)]
        if not updated and not removed:
            return
        with self._lock:
            self._keys.update(updated)
            self._keys.difference_update(removed)
            keys = (*updated, *removed)
            if any(key.startswith(SELECTION_PREFIX) for key in keys):
                self._is_structure_old = True
            if any(not key.startswith(SELECTION_PREFIX) for key in keys):
                self._is_overlay_old = True
        self._wake()

    def _find_problem(self) -> str:
        """Return why there are no frames, or "" while they may come."""
        try:
            self._client.wait_for_frame(0.0)
        except NotSupported as error:
            return str(error)
        except (WaitTimedOut, NanoverJupyterError):
            # The status of the connection has any other reason.
            return ""
        return ""

    # the publisher --------------------------------------------------------------------

    def next_due(self, live: Collection[str]) -> float | None:
        """See `ViewStream.next_due`."""
        now = self._clock()
        with self._lock:
            self._watchers.forget_lost(live, now)
            window = self._window
            if self._watchers.next_behind(self._revision, window) is not None:
                return 0.0
            if not self._watchers.has_credit(window):
                return None
            if self._has_new_frame and not self._is_still:
                return 0.0
            if self._is_structure_old:
                return self._structure_due()
            if self._is_still:
                return None
            return self._sent_at + _OVERLAY_SECONDS if self._is_overlay_old else None

    def next_message(self, live: Collection[str]) -> StreamMessage | None:
        """See `ViewStream.next_message`."""
        now = self._clock()
        with self._lock:
            self._watchers.forget_lost(live, now)
            frame = self._frame
            is_old = self._is_structure_old and now >= self._structure_due()
        if is_old or (frame is not None and atom_count(frame) != self._structure.atoms):
            self._update_structure(frame, now)
        with self._lock:
            found = self._watchers.next_behind(self._revision, self._window)
            if found is not None and found[1].revision != self._revision:
                return self._molecule(found[0])
            new_frame, new_overlay = self._has_new_frame, self._is_overlay_old
            if found is None or len(self._watchers) == 1:
                self._has_new_frame = self._is_overlay_old = False
        if found is not None:
            return self._frame_message(frame, now, found[0], positions=True, overlay=True)
        if self._is_still or not (new_frame or new_overlay):
            return None
        return self._frame_message(frame, now, None, positions=new_frame, overlay=new_overlay)

    @property
    def _window(self) -> int:
        size = max(1, bytes_per_frame(self._structure.atoms))
        lowest, highest = _WINDOW_FRAMES
        return max(lowest, min(highest, _WINDOW_BYTES // size))

    @property
    def _is_still(self) -> bool:
        return self._structure.atoms > _STILL_ATOMS

    def _structure_due(self) -> float:
        atoms = self._structure.atoms
        return self._built_at + atoms * _SECONDS_PER_ATOM if atoms > _LARGE_ATOMS else 0.0

    def _update_structure(self, frame: Frame | None, now: float) -> None:
        with self._lock:
            self._is_structure_old = False
            options = self._options
            keys = [key for key in self._keys if key.startswith(SELECTION_PREFIX)]
        if frame is None:
            self._structure = Structure()
        else:
            self._structure = build_structure(frame, self._values(keys), options)
        self._built_at = now
        self._revision += 1

    def _values(self, keys: Iterable[str]) -> Mapping[str, Any]:
        values = {key: self._client.peek(key, None) for key in keys}
        return {key: value for key, value in values.items() if value is not None}

    def _molecule(self, client: str) -> StreamMessage:
        """Return the molecule, for all views if all lack it. Call with the lock."""
        structure = self._structure
        to_all = self._watchers.record_molecule(client, self._revision)
        body = MoleculeBody(
            epoch=self.epoch,
            revision=self._revision,
            atoms=structure.atoms,
            bonds=structure.bonds,
            segments=structure.segments,
            cutoff=structure.cutoff,
            window=self._window,
            is_still=self._is_still,
            problem="" if structure.atoms else self._problem,
            notes=structure.notes,
            selections=structure.selections,
        )
        buffers = (structure.atom_bytes, structure.bond_bytes, structure.segment_bytes)
        return StreamMessage("molecule", body, buffers, None if to_all else client)

    def _frame_message(
        self, frame: Frame | None, now: float, client: str | None, *, positions: bool, overlay: bool
    ) -> StreamMessage:
        """Return the positions and people for one view, or for all."""
        encoded, problem = EncodedPositions(), ""
        forces: tuple[bytes, bytes] = (b"", b"")
        if frame is not None:
            found = frame.positions
            if found is None:
                problem = _without_positions(frame)
            else:
                if positions:
                    encoded = self._encoder.encode(found, now)
                problem = _invalid_positions(encoded.invalid, len(found))
            forces = user_force_arrays(frame)
        body = MoleculeFrameBody(
            epoch=self.epoch,
            revision=self._revision,
            seq=self._record_sent(client, now),
            time=None if frame is None else _finite(frame.time),
            encoding=encoded.encoding,
            origin=list(encoded.origin),
            step=list(encoded.step),
            box=None if frame is None else _box(frame),
            overlay=self._overlay() if overlay else None,
            problem=problem,
        )
        return StreamMessage("molecule_frame", body, (encoded.data, *forces), client)

    def _overlay(self) -> OverlayBody:
        with self._lock:
            keys = [key for key in self._keys if is_overlay_key(key)]
        return build_overlay(self._values(sorted(keys)), self._client.own_interactions)

    def _record_sent(self, client: str | None, now: float) -> int:
        """Expect an acknowledgement of the views that receive a frame; return its number."""
        with self._lock:
            self._number += 1
            self._sent_at = now
            self._watchers.record_frame(client, self._revision, self._number, now)
            return self._number


def _is_drawn(key: str) -> bool:
    return key.startswith(SELECTION_PREFIX) or is_overlay_key(key)


def _without_positions(frame: Frame) -> str:
    key = "particle.positions"
    problem = frame.problem(key) if key in frame else None
    return f"The positions cannot be used: {problem}." if problem else ""


def _invalid_positions(invalid: int, atoms: int) -> str:
    if not invalid:
        return ""
    what = "1 atom has" if invalid == 1 else f"{invalid} atoms have"
    return f"{what} no finite position, of {atoms}."


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None


def _box(frame: Frame) -> list[float] | None:
    box = frame.box
    if box is None or not np.isfinite(box).all():
        return None
    return [float(each) for each in box.ravel()]
