"""Message bodies of the molecular view; `widgets/sync/messages.py` has the envelope.

Lengths are in nm, in the coordinates of the simulation. Numbers in buffers are little endian.
"""

from __future__ import annotations

from typing import Any, Final, Literal, TypedDict

from nanover_jupyter.widgets.sync.messages import EmptyBody

__all__ = [
    "BODIES",
    "AckMoleculeBody",
    "AtomBody",
    "AtomsResult",
    "CaptureBody",
    "CaptureResultBody",
    "DescribeAtomsBody",
    "DescribeAtomsResult",
    "Encoding",
    "ExpandAtomsBody",
    "InteractionBody",
    "MakeSelectionBody",
    "MakeSelectionResult",
    "MoleculeBody",
    "MoleculeFrameBody",
    "OverlayBody",
    "PersonBody",
    "PersonPartBody",
    "PullEndBody",
    "PullEndedBody",
    "PullMoveBody",
    "PullStartBody",
    "SelectionAtomsBody",
    "SelectionBody",
    "StillBody",
    "WatchMoleculeBody",
    "WatchMoleculeResult",
]

Encoding = Literal["float32", "uint16", "none"]
"""How the positions of a frame are encoded.

"float32": x, y and z of each atom in nm. "uint16": the same as whole steps from an origin;
65535 is not a position. "none": the positions are those of the last frame.
"""


# watching ------------------------------------------------------------------------------


class WatchMoleculeBody(TypedDict):
    """Start to send the molecule to this view, as it became visible.

    `epoch` and `revision` are those of the `molecule` that the view has: it is sent again only
    if it has changed. A view without one sends null for both. Result: `WatchMoleculeResult`.
    """

    epoch: str | None
    revision: int | None


class WatchMoleculeResult(TypedDict):
    """The epoch of the messages that will follow; a view discards those of another epoch."""

    epoch: str


class AckMoleculeBody(TypedDict):
    """A notice: the view has received all `molecule_frame` messages up to number `seq`."""

    seq: int


class SelectionBody(TypedDict):
    """A selection of the shared state.

    `atoms` is the number of its atoms. `renderer` is the name of the renderer that NanoVer
    stores with it, and `drawn` how the view draws it, if that is only similar; else empty.
    """

    key: str
    name: str
    atoms: int
    renderer: str
    drawn: str
    hidden: bool


class MoleculeBody(TypedDict):
    """What to draw, besides positions: sent first, and again whenever it changes.

    Frames of another `revision` must be ignored. `problem` says why there are no atoms, empty
    if one need not say more than that. `notes` are lines to show: what is approximated, left
    out or invalid. Bonds longer than `cutoff` are not drawn: they cross the periodic boundary.
    `window` is the number of frames that may be sent before the view acknowledges one.
    `is_still` means that there are too many atoms for a live view: one frame is sent for
    each `watch_molecule`.

    Buffer 0, 8 bytes per atom: red, green, blue; flags; uint16 radius of its sphere in units
    of 0.0001 nm, 0 for no sphere; uint8 atomic number; 0. Flags: 1 it is drawn (as a sphere
    or by a bond or tube); 2 it cannot be pulled; 4 its color is that of its element.
    Buffer 1, 12 bytes per bond: uint32 index of each atom; uint16 radius in units of
    0.0001 nm; 0; 0. Bonds that are not drawn are left out. The color changes in the middle.
    Buffer 2, 20 bytes per segment of a tube: uint32 indices of four atoms, of which the
    segment joins the second to the third (a Catmull-Rom curve); uint16 radius; 0; 0.
    """

    epoch: str
    revision: int
    atoms: int
    bonds: int
    segments: int
    cutoff: float
    window: int
    is_still: bool
    problem: str
    notes: list[str]
    selections: list[SelectionBody]


class PersonPartBody(TypedDict):
    """A part of a person: "headset", "hand.left", "hand.right", or another component.

    `forward` and `up` are unit vectors; null if the rotation is missing or invalid.
    """

    name: str
    position: list[float]
    forward: list[float] | None
    up: list[float] | None


class PersonBody(TypedDict):
    """A person: an avatar, a play area, cursors, or any of these.

    `color` is "#rrggbb". `area` has the corners of the play area in order, or is null.
    """

    id: str
    name: str
    color: str
    parts: list[PersonPartBody]
    area: list[list[float]] | None
    cursors: list[list[float]]


class InteractionBody(TypedDict):
    """A pull at atoms. `atoms` has at most 256 indices; `count` is how many there are.

    `person` is the name of its owner, or empty. `hand` is the position of the owner's hand
    that pulls, if it is known, else null.
    """

    key: str
    person: str
    color: str
    is_own: bool
    kind: str
    scale: float
    position: list[float]
    hand: list[float] | None
    atoms: list[int]
    count: int


class OverlayBody(TypedDict):
    """What is drawn around the molecule. `meter` is the length of one meter in nm."""

    meter: float
    people: list[PersonBody]
    interactions: list[InteractionBody]


class MoleculeFrameBody(TypedDict):
    """The positions of a frame, and what is around it, for all views.

    `time` is the simulated time in ps. `origin` and `step` belong to the encoding "uint16".
    `box` has the nine numbers of the box vectors. `overlay` is null if it is as before.
    `problem` is a line about the positions, or empty.

    Buffer 0: the positions, see `Encoding`. Buffer 1: uint32 indices of the atoms with a user
    force. Buffer 2: these forces in kJ/mol/nm, three float32 each.
    """

    epoch: str
    revision: int
    seq: int
    time: float | None
    encoding: Encoding
    origin: list[float]
    step: list[float]
    box: list[float] | None
    overlay: OverlayBody | None
    problem: str


# atoms and selections ------------------------------------------------------------------


class DescribeAtomsBody(TypedDict):
    """Ask about at most 64 atoms. Result: `DescribeAtomsResult`."""

    atoms: list[int]


class AtomBody(TypedDict):
    """An atom. `force` is the sum of the known forces in kJ/mol/nm, null if none are sent."""

    index: int
    element: str
    name: str
    residue: str
    chain: str
    position: list[float] | None
    force: list[float] | None


class DescribeAtomsResult(TypedDict):
    """The atoms in the order of the request; those that do not exist are left out."""

    atoms: list[AtomBody]


class ExpandAtomsBody(TypedDict):
    """Ask for all atoms of the same "residue", "chain" or "fragment" (bonded atoms).

    Result: `AtomsResult`.
    """

    atoms: list[int]
    by: str


class SelectionAtomsBody(TypedDict):
    """Ask for the atoms of a selection of the shared state. Result: `AtomsResult`."""

    key: str


class AtomsResult(TypedDict):
    """Indices of atoms, in ascending order."""

    atoms: list[int]


class MakeSelectionBody(TypedDict):
    """Create a selection in the shared state. Result: `MakeSelectionResult`."""

    name: str
    renderer: str
    atoms: list[int]


class MakeSelectionResult(TypedDict):
    """The key of the new selection."""

    key: str


# pulling -------------------------------------------------------------------------------


class PullStartBody(TypedDict):
    """Start an interaction. `pull` is the page's name for it. Result: null.

    It ends with `pull_end`, when the view is hidden or closed, and when nothing was heard of it
    for 0.8 seconds: the page sends `pull_move` at least four times a second.
    """

    pull: str
    atoms: list[int]
    position: list[float]
    kind: str
    scale: float


class PullMoveBody(TypedDict):
    """A notice: pull to another position, or go on pulling to the same."""

    pull: str
    position: list[float]


class PullEndBody(TypedDict):
    """A notice: end an interaction."""

    pull: str


class PullEndedBody(TypedDict):
    """The kernel or the server ended an interaction. `reason` is a line, or empty."""

    pull: str
    reason: str


# pictures ------------------------------------------------------------------------------


class CaptureBody(TypedDict):
    """Ask a view to draw a picture of `width` x `height` pixels as PNG.

    `height` is null for the proportions of the view.
    """

    capture: str
    width: int
    height: int | None
    transparent: bool


class CaptureResultBody(TypedDict):
    """A notice with the picture in buffer 0, or with an error."""

    capture: str
    error: str


class StillBody(TypedDict):
    """A notice with a small picture in buffer 0, for the saved notebook.

    `mime` is "image/webp" or "image/jpeg".
    """

    mime: str
    width: int
    height: int


BODIES: Final[dict[str, Any]] = {
    "watch_molecule": WatchMoleculeBody,
    "unwatch_molecule": EmptyBody,
    "ack_molecule": AckMoleculeBody,
    "molecule": MoleculeBody,
    "molecule_frame": MoleculeFrameBody,
    "describe_atoms": DescribeAtomsBody,
    "expand_atoms": ExpandAtomsBody,
    "selection_atoms": SelectionAtomsBody,
    "make_selection": MakeSelectionBody,
    "pull_start": PullStartBody,
    "pull_move": PullMoveBody,
    "pull_end": PullEndBody,
    "pull_ended": PullEndedBody,
    "capture": CaptureBody,
    "capture_result": CaptureResultBody,
    "still": StillBody,
}
"""The type of each body by `op`."""
