"""The kernel side of the molecular view."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final

import numpy as np

from nanover_jupyter.client.connection import Connection
from nanover_jupyter.client.simulation.selections import SELECTION_PREFIX
from nanover_jupyter.errors import CaptureFailed
from nanover_jupyter.widgets.molecule.atoms import (
    EXPANSIONS,
    describe_atoms,
    expand_atoms,
    selection_atoms,
)
from nanover_jupyter.widgets.molecule.captures import Captures, Still
from nanover_jupyter.widgets.molecule.frame_stream import MoleculeStream
from nanover_jupyter.widgets.molecule.messages import (
    AtomsResult,
    DescribeAtomsResult,
    MakeSelectionResult,
    WatchMoleculeResult,
)
from nanover_jupyter.widgets.molecule.pull import PullManager
from nanover_jupyter.widgets.molecule.style.structure import NOT_PULLABLE, StyleOptions
from nanover_jupyter.widgets.static_html import note
from nanover_jupyter.widgets.sync.requests import BadRequest, Handler, Reply, get_field
from nanover_jupyter.widgets.sync.view_stream import Buffer
from nanover_jupyter.widgets.tool_binding import NoticeHandler
from nanover_jupyter.wire.frames.frame import Frame

__all__ = ["MoleculeController"]

_MAX_DESCRIBED: Final = 64
_MAX_NAME: Final = 80


class MoleculeController:
    """Shows the molecule and lets pages pull it; implements `ToolController`."""

    needs_state: ClassVar[bool] = False
    label: ClassVar[str] = "Molecule"

    def __init__(self, connection: Connection, post: Callable[..., None]) -> None:
        self._connection = connection
        self._client = connection.client
        self.stream = MoleculeStream(connection.client)
        self._pulls = PullManager(connection.client, post)
        self._captures = Captures(post)
        self._still = Still()
        # Whether a page has ever shown the molecule.
        self._was_shown = False
        # Called after a view sent another still picture.
        self.on_still: Callable[[], object] = lambda: None

    def handlers(self) -> dict[str, Handler]:
        """See `ToolController.handlers`."""
        return {
            "watch_molecule": self._watch,
            "unwatch_molecule": self._unwatch,
            "describe_atoms": self._describe,
            "expand_atoms": self._expand,
            "selection_atoms": self._selection_atoms,
            "make_selection": self._make_selection,
            "pull_start": self._start_pull,
        }

    def notices(self) -> dict[str, NoticeHandler]:
        """See `HandlesNotices.notices`."""
        return {
            "ack_molecule": self._acknowledge,
            "pull_move": lambda client, body, _: self._pulls.move(client, body),
            "pull_end": lambda client, body, _: self._pulls.end(client, body),
            "capture_result": self._captures.on_result,
            "still": self._keep_still,
        }

    def send_initial(self, client: str) -> None:
        """Do nothing: a view that shows the molecule sends `watch_molecule`."""

    def on_view_gone(self, client: str) -> None:
        """See `TracksViews.on_view_gone`."""
        self._pulls.end_view(client)
        self.stream.unwatch(client)

    def on_heartbeat(self) -> None:
        """Find out whether a server without frames has some now."""
        self.stream.check_problem()

    def static_html(self) -> str:
        """Return the last picture that a page drew, or a line about the molecule."""
        if self._still.html:
            return self._still.html
        atoms = self.stream.structure.atoms
        return note(f"{atoms} atoms. No picture was drawn." if atoms else "No molecule was shown.")

    def close(self) -> None:
        """End the pulls and the subscription to frames."""
        self._pulls.close()
        self.stream.close()

    # from Python ------------------------------------------------------------------

    def set_options(self, options: StyleOptions) -> None:
        """Draw the molecule in another way."""
        self.stream.set_options(options)

    def capture(self, size: tuple[int, int | None], timeout: float, *, transparent: bool) -> bytes:
        """Return a picture as PNG, drawn by a view; see `Captures.take`."""
        if not self._was_shown:
            raise CaptureFailed("no page has shown this view; display it and try again")
        views = self.stream.views()
        view = views[-1] if views else None
        return self._captures.take(view, size, timeout, transparent=transparent)

    # views ------------------------------------------------------------------------

    def _watch(self, client: str, body: dict[str, Any], reply: Reply) -> None:
        epoch, revision = body.get("epoch"), body.get("revision")
        if epoch is not None and not isinstance(epoch, str):
            raise BadRequest("field 'epoch' must be a string or null")
        if revision is not None and (type(revision) is not int or revision < 0):
            raise BadRequest("field 'revision' must be a number from 0 or null")
        # Before the messages, which a view discards without their epoch.
        reply.ok(WatchMoleculeResult(epoch=self.stream.epoch))
        self._was_shown = True
        self.stream.watch(client, epoch, revision)

    def _unwatch(self, client: str, _: dict[str, Any], reply: Reply) -> None:
        self._pulls.end_view(client)
        self.stream.unwatch(client)
        reply.ok()

    def _acknowledge(self, client: str, body: Mapping[str, Any], _: Sequence[Buffer]) -> None:
        number = body.get("seq")
        if isinstance(number, int):
            self.stream.acknowledge(client, number)

    def _keep_still(self, _: str, body: Mapping[str, Any], buffers: Sequence[Buffer]) -> None:
        alt = f"The molecule, {self.stream.structure.atoms} atoms"
        if self._still.on_still(body, buffers, alt):
            self.on_still()

    # atoms ------------------------------------------------------------------------

    def _describe(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        atoms = _indices(body)[:_MAX_DESCRIBED]
        reply.later(lambda: DescribeAtomsResult(atoms=describe_atoms(self._frame(), atoms)))

    def _expand(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        atoms, by = _indices(body), get_field(body, "by", str)
        if by not in EXPANSIONS:
            raise BadRequest(f"field 'by' must be one of {', '.join(EXPANSIONS)}")
        reply.later(lambda: AtomsResult(atoms=expand_atoms(self._frame(), atoms, by)))

    def _selection_atoms(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        key = get_field(body, "key", str)
        value = self._client.peek(key, None) if key.startswith(SELECTION_PREFIX) else None
        if not isinstance(value, Mapping):
            raise BadRequest(f"{key!r:.80} is not a selection")
        reply.later(lambda: AtomsResult(atoms=selection_atoms(self._frame(), value)))

    def _make_selection(self, _: str, body: dict[str, Any], reply: Reply) -> None:
        name, renderer = get_field(body, "name", str).strip(), get_field(body, "renderer", str)
        atoms = _indices(body)
        if not name or len(name) > _MAX_NAME:
            raise BadRequest(f"a selection needs a name of at most {_MAX_NAME} characters")
        if not atoms or max(atoms) >= self.stream.structure.atoms:
            raise BadRequest("the atoms of the selection do not exist; select them again")

        def create() -> MakeSelectionResult:
            made = self._client.selections.create(name, atoms, renderer=renderer)
            return MakeSelectionResult(key=made.id)

        reply.later(create)

    # pulling ----------------------------------------------------------------------

    def _start_pull(self, client: str, body: dict[str, Any], reply: Reply) -> None:
        atoms, position = _indices(body), get_field(body, "position", list)
        for name, kind in (("pull", str), ("kind", str), ("scale", (int, float))):
            get_field(body, name, kind)
        if len(position) != 3:  # noqa: PLR2004
            raise BadRequest("field 'position' must be three numbers")
        structure = self.stream.structure
        if not atoms or max(atoms) >= structure.atoms:
            raise BadRequest("the atoms to pull do not exist")
        flags = np.frombuffer(structure.atom_bytes, np.uint8)[3::8]
        if (flags[atoms] & NOT_PULLABLE).any():
            raise BadRequest("a selection forbids to pull some of these atoms")
        reply.later(lambda: self._pulls.start(client, body))

    def _frame(self) -> Frame:
        frame = self._client.frame
        if frame is None:
            raise BadRequest("there is no molecule yet")
        return frame


def _indices(body: Mapping[str, Any]) -> list[int]:
    atoms = get_field(body, "atoms", list)
    if not all(type(atom) is int and atom >= 0 for atom in atoms):
        raise BadRequest("field 'atoms' must be a list of indices from 0")
    return list(atoms)
