"""Pulls of atoms from the page: interactions that end when the page is silent."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from IPython.core.getipython import get_ipython

from nanover_jupyter.client.listeners import WeakCallback
from nanover_jupyter.client.simulation.interactions import Interaction
from nanover_jupyter.errors import InvalidArgument, NanoverJupyterError
from nanover_jupyter.transport.threads import Daemon
from nanover_jupyter.widgets.molecule.messages import PullEndedBody
from nanover_jupyter.widgets.sync.requests import BadRequest, get_field
from nanover_jupyter.wire.frames.frame import Frame

__all__ = ["PullClient", "PullManager"]

logger = logging.getLogger("nanover_jupyter.widgets")

# A page that holds an atom sends a message at least four times a second.
_SILENCE_SECONDS: Final = 0.8
_CHECK_SECONDS: Final = 0.1
_MAX_PULLS: Final = 8
_LABEL: Final = "notebook"


class PullClient(Protocol):
    """The part of a client that pulls need."""

    @property
    def frame(self) -> Frame | None:
        """The current frame."""

    def interact(
        self, particles: Any, position: Any, *, kind: str, scale: float, label: str | None
    ) -> Interaction:
        """Start an interaction."""


@dataclass(slots=True, eq=False)
class _Pull:
    view: str
    name: str
    heard_at: float
    atoms: int | None
    # None until the server has it.
    interaction: Interaction | None = None
    ended: bool = False


class PullManager:
    """Starts, moves and ends the interactions of the views of one widget.

    An interaction ends when its view says so or is gone, when nothing was heard of it for 0.8
    seconds, when a cell is interrupted, and when the molecule is replaced. Jupyter does not
    report an interrupt while no cell runs. Any thread may call the methods. The thread
    `nanover-pulls` runs while there are pulls.

    Args:
        client: The client.
        post: Sends a message to a view.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        client: PullClient,
        post: Callable[..., None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._post = post
        self._clock = clock
        # Guards the fields below; never held while the client is called.
        self._guard = threading.Condition()
        self._pulls: dict[tuple[str, str], _Pull] = {}
        self._closed = False
        self._thread: Daemon | None = None
        self._shell = get_ipython()
        self._on_cell = WeakCallback(self._on_cell_end)
        if self._shell is not None:
            self._shell.events.register("post_run_cell", self._on_cell)

    def start(self, view: str, body: Mapping[str, Any]) -> None:
        """Start a pull, and wait until the server has it.

        Args:
            view: The view.
            body: See `PullStartBody`.

        Raises:
            BadRequest: It is invalid, or there are too many.
            NanoverJupyterError: As `client.interact`.
        """
        name = get_field(body, "pull", str)
        frame = self._client.frame
        pull = _Pull(view, name, self._clock(), None if frame is None else frame.particle_count)
        with self._guard:
            if self._closed:
                raise BadRequest("the widget shows another connection; try again")
            if (view, name) in self._pulls:
                raise BadRequest(f"pull {name!r} exists")
            if sum(each.view == view for each in self._pulls.values()) >= _MAX_PULLS:
                raise BadRequest(f"at most {_MAX_PULLS} pulls at once")
            self._pulls[view, name] = pull
        try:
            interaction = self._client.interact(
                get_field(body, "atoms", list),
                get_field(body, "position", list),
                kind=get_field(body, "kind", str),
                scale=float(get_field(body, "scale", (int, float))),
                label=_LABEL,
            )
        except BaseException:
            with self._guard:
                self._pulls.pop((view, name), None)
            raise
        with self._guard:
            pull.interaction = interaction
            # The page may have ended it while the server was asked.
            ended = pull.ended
            if not ended:
                self._start_thread()
        if ended:
            interaction.end()

    def move(self, view: str, body: Mapping[str, Any]) -> None:
        """Move a pull, see `PullMoveBody`. An unknown or invalid one is ignored."""
        with self._guard:
            pull = self._pulls.get((view, str(body.get("pull"))))
            if pull is None:
                return
            pull.heard_at = self._clock()
            interaction = pull.interaction
        position = body.get("position")
        if interaction is not None and isinstance(position, list):
            try:
                interaction.move(position)
            except InvalidArgument as error:
                logger.warning("! ignored a move from the page: %s", error)

    def end(self, view: str, body: Mapping[str, Any]) -> None:
        """End a pull, see `PullEndBody`."""
        with self._guard:
            pull = self._pulls.get((view, str(body.get("pull"))))
        if pull is not None:
            self._end([pull], None)

    def end_view(self, view: str) -> None:
        """End the pulls of a view that is hidden or closed."""
        with self._guard:
            pulls = [each for each in self._pulls.values() if each.view == view]
        self._end(pulls, None)

    def end_all(self, reason: str) -> None:
        """End all pulls, and send their views the reason."""
        with self._guard:
            pulls = list(self._pulls.values())
        self._end(pulls, reason)

    def close(self) -> None:
        """End all pulls, and stop listening to cells. Idempotent."""
        with self._guard:
            self._closed = True
        self.end_all("")
        shell, self._shell = self._shell, None
        if shell is not None:
            shell.events.unregister("post_run_cell", self._on_cell)

    def _end(self, pulls: list[_Pull], reason: str | None) -> None:
        """End pulls, and send their views the reason unless it is None."""
        for pull in pulls:
            with self._guard:
                if pull.ended:
                    continue
                pull.ended = True
                self._pulls.pop((pull.view, pull.name), None)
                self._guard.notify()
            if pull.interaction is not None:
                pull.interaction.end()
            if reason is not None:
                body = PullEndedBody(pull=pull.name, reason=reason)
                self._post("pull_ended", body, client=pull.view)

    def _on_cell_end(self, result: Any) -> None:
        if isinstance(getattr(result, "error_in_exec", None), KeyboardInterrupt):
            self.end_all("The cell was interrupted.")

    # the thread -----------------------------------------------------------------------

    def _start_thread(self) -> None:
        """Start the thread, if it does not run. Call with the lock."""
        if self._thread is None:
            self._thread = Daemon("nanover-pulls", self._run)
            self._thread.start()

    def _run(self) -> None:
        while True:
            with self._guard:
                if not self._pulls:
                    self._thread = None
                    return
                self._guard.wait(_CHECK_SECONDS)
                pulls = list(self._pulls.values())
            for pull in pulls:
                reason = self._reason_to_end(pull)
                if reason is not None:
                    self._end([pull], reason)

    def _reason_to_end(self, pull: _Pull) -> str | None:
        if self._clock() - pull.heard_at > _SILENCE_SECONDS:
            return "The page did not respond in time."
        if pull.interaction is None:
            return None
        if not pull.interaction.active:
            return "The server ended it."
        try:
            frame = self._client.frame
        except NanoverJupyterError:
            return None
        if frame is not None and pull.atoms not in (None, frame.particle_count):
            return "The molecule was replaced."
        return None
