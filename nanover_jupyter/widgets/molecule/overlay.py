"""The people around the molecule, their interactions, and the forces on the atoms."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from nanover_jupyter.client.simulation.interaction_registry import INTERACTION_PREFIX, OWNER
from nanover_jupyter.text_format import visible
from nanover_jupyter.widgets.molecule.messages import (
    InteractionBody,
    OverlayBody,
    PersonBody,
    PersonPartBody,
)
from nanover_jupyter.widgets.molecule.style.colors import hex_color
from nanover_jupyter.widgets.molecule.transform import SceneTransform, finite_vector
from nanover_jupyter.wire.frames.frame import Frame

__all__ = ["OVERLAY_PREFIXES", "build_overlay", "is_overlay_key", "user_force_arrays"]

OVERLAY_PREFIXES: Final = (
    "avatar.",
    "playarea.",
    "play-area.",
    "cursor.",
    INTERACTION_PREFIX,
)
"""The prefixes of the keys of the shared state that an overlay depends on."""

_SCENE: Final = "scene"
_HIDDEN: Final = "suggested.avatars.hidden"

_MAX_PEOPLE: Final = 64
_MAX_PARTS: Final = 16
_MAX_CURSORS: Final = 4
_MAX_INTERACTIONS: Final = 200
_MAX_ATOMS: Final = 256
_MAX_FORCES: Final = 4096
_MAX_NAME: Final = 80
# NanoVer refuses indices that do not fit.
_MAX_INDEX: Final = 2**31
_CORNERS: Final = "ABCD"


def is_overlay_key(key: str) -> bool:
    """Return whether an overlay depends on a key of the shared state."""
    return key in (_SCENE, _HIDDEN) or key.startswith(OVERLAY_PREFIXES)


@dataclass(slots=True)
class _Person:
    """What the keys of one person say."""

    name: str = ""
    color: str = ""
    parts: list[PersonPartBody] = field(default_factory=list)
    area: list[list[float]] | None = None
    cursors: list[list[float]] = field(default_factory=list)


def build_overlay(state: Mapping[str, Any], own_interactions: Collection[str]) -> OverlayBody:
    """Return the people and interactions. Never raises; invalid values are left out.

    Args:
        state: The shared state, of which only the keys of `is_overlay_key` are read.
        own_interactions: The keys of the interactions of this client.
    """
    transform = SceneTransform(state.get(_SCENE))
    people: dict[str, _Person] = {}
    for key, value in state.items():
        kind, _, name = key.partition(".")
        if not name or not isinstance(value, Mapping):
            continue
        if kind == "avatar":
            _read_avatar(_person(people, name), value, transform)
        elif kind in ("playarea", "play-area"):
            _person(people, name).area = _area(value, transform)
        elif kind == "cursor":
            # cursor.USER.left: the rest is the hand.
            position = transform.point(value.get("position"))
            cursors = _person(people, name.rpartition(".")[0] or name).cursors
            if position is not None and len(cursors) < _MAX_CURSORS:
                cursors.append(position)
    interactions = [
        body
        for key, value in state.items()
        if key.startswith(INTERACTION_PREFIX) and isinstance(value, Mapping)
        if (body := _interaction(key, value, people, own=key in own_interactions)) is not None
    ]
    hidden = state.get(_HIDDEN) is True
    shown = [] if hidden else list(people.items())[:_MAX_PEOPLE]
    return OverlayBody(
        meter=min(1e6, transform.meter),
        people=[
            PersonBody(
                id=visible(person_id, _MAX_NAME),
                name=person.name,
                color=person.color or hex_color(None),
                parts=person.parts,
                area=person.area,
                cursors=person.cursors,
            )
            for person_id, person in shown
        ],
        interactions=interactions[:_MAX_INTERACTIONS],
    )


def user_force_arrays(frame: Frame) -> tuple[bytes, bytes]:
    """Return the atoms with a user force as uint32, and these forces as float32, little endian.

    Of more than 4 096 forces, the strongest.
    """
    indices, forces = frame.get("forces.user.index"), frame.get("forces.user.sparse")
    positions = frame.positions
    if (
        not isinstance(indices, np.ndarray)
        or not isinstance(forces, np.ndarray)
        or positions is None
        or forces.ndim != 2  # noqa: PLR2004
        or len(indices) != len(forces)
    ):
        return b"", b""
    strength = np.abs(forces).max(axis=1, initial=0.0)
    valid = np.flatnonzero(np.isfinite(strength) & (strength > 0) & (indices < len(positions)))
    if len(valid) > _MAX_FORCES:
        valid = valid[np.argpartition(-strength[valid], _MAX_FORCES)[:_MAX_FORCES]]
    return indices[valid].astype("<u4").tobytes(), forces[valid].astype("<f4").tobytes()


def _person(people: dict[str, _Person], name: str) -> _Person:
    return people.setdefault(name, _Person())


def _read_avatar(person: _Person, value: Mapping[str, Any], transform: SceneTransform) -> None:
    name = value.get("name")
    person.name = visible(name, _MAX_NAME) if isinstance(name, str) else ""
    person.color = hex_color(value.get("color"))
    components = value.get("components")
    for part in components[:_MAX_PARTS] if isinstance(components, list) else []:
        if not isinstance(part, Mapping):
            continue
        kind, position = part.get("name"), transform.point(part.get("position"))
        if not isinstance(kind, str) or position is None:
            continue
        axes = transform.axes(part.get("rotation"))
        person.parts.append(
            PersonPartBody(
                name=visible(kind, _MAX_NAME),
                position=position,
                forward=None if axes is None else axes[0],
                up=None if axes is None else axes[1],
            )
        )


def _area(value: Mapping[str, Any], transform: SceneTransform) -> list[list[float]] | None:
    corners = [transform.point(value.get(corner)) for corner in _CORNERS]
    found = [corner for corner in corners if corner is not None]
    return found if len(found) == len(_CORNERS) else None


def _interaction(
    key: str, value: Mapping[str, Any], people: Mapping[str, _Person], *, own: bool
) -> InteractionBody | None:
    # Its position is already in the space of the simulation.
    position = finite_vector(value.get("position"), 3)
    particles = value.get("particles")
    if position is None or not isinstance(particles, list | tuple):
        return None
    atoms = [
        int(each)
        for each in particles[:_MAX_ATOMS]
        if isinstance(each, int | float)
        and not isinstance(each, bool)
        and 0 <= each < _MAX_INDEX
        and each == int(each)
    ]
    if not atoms:
        return None
    owner, label, kind = value.get(OWNER), value.get("label"), value.get("interaction_type")
    person = people.get(owner) if isinstance(owner, str) else None
    hand = None
    if person is not None:
        hand = next((part["position"] for part in person.parts if part["name"] == label), None)
    return InteractionBody(
        key=visible(key, 2 * _MAX_NAME),
        person="" if person is None else person.name,
        color=hex_color(None) if person is None else person.color or hex_color(None),
        is_own=own,
        kind=visible(kind, _MAX_NAME) if isinstance(kind, str) else "",
        scale=_finite(value.get("scale")),
        position=[float(each) for each in position],
        hand=hand,
        atoms=atoms,
        count=len(particles),
    )


def _finite(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 1.0
    try:
        number = float(value)
    except OverflowError:
        return 1.0
    return number if math.isfinite(number) else 1.0
