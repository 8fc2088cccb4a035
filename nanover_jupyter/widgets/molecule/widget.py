"""The molecular view: the atoms of a simulation and the people around them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
import traitlets

from nanover_jupyter.client.connection import Connection
from nanover_jupyter.client.simulation.particles import particle_indices
from nanover_jupyter.errors import InvalidArgument
from nanover_jupyter.widgets.assets import asset
from nanover_jupyter.widgets.molecule.captures import write_picture
from nanover_jupyter.widgets.molecule.controller import MoleculeController
from nanover_jupyter.widgets.molecule.style.colors import array_colors
from nanover_jupyter.widgets.molecule.style.structure import (
    COLOR_SCHEMES,
    REPRESENTATIONS,
    StyleOptions,
)
from nanover_jupyter.widgets.molecule.transform import finite_vector
from nanover_jupyter.widgets.panel import Panel, Tool
from nanover_jupyter.widgets.saved_output import SavedOutput

__all__ = ["AtomIndices", "MoleculeMixin", "MoleculeView"]

_LAYERS: Final = ("box", "people", "forces", "labels")
_ARRAY: Final = "array"
_MAX_SELECTED: Final = 1_000_000
_CAMERA: Final = {"target": 3, "rotation": 4, "height": 0}
_MIN_HEIGHT: Final = 0.4


class AtomIndices(traitlets.List[int]):
    """A list of indices of atoms, kept sorted and unique.

    Accepts any iterable of integers, such as a range or a numpy array.
    """

    def validate(self, obj: Any, value: Any) -> Any:
        """Return the indices as a list of ints; raises TraitError otherwise."""
        try:
            indices = sorted(set(particle_indices(value)))
        except InvalidArgument as error:
            raise traitlets.TraitError(f"{self.name}: {error.reason}") from None
        if len(indices) > _MAX_SELECTED:
            raise traitlets.TraitError(f"{self.name}: at most {_MAX_SELECTED} atoms")
        return super().validate(obj, indices)


class _ColorBy(traitlets.TraitType[Any, Any]):
    """The name of a color scheme, or an array with a number or a color for each atom."""

    info_text = f"an array of numbers or colors, or one of {', '.join(COLOR_SCHEMES)}"

    def validate(self, obj: Any, value: Any) -> Any:
        """Return the name, or a copy of the array that does not change."""
        if isinstance(value, str):
            if value in COLOR_SCHEMES:
                return value
            if value == _ARRAY and isinstance(obj.color_by, np.ndarray):
                # What the page has been sent in place of an array.
                return obj.color_by
            self.error(obj, value)
        array = np.array(value)
        if array.ndim == 0 or array_colors(array, len(array)) is None:
            self.error(obj, value)
        array.flags.writeable = False
        return array

    def default(self, obj: Any = None) -> Any:  # noqa: ARG002 - the signature of traitlets
        """Return the default."""
        return COLOR_SCHEMES[0]


def _color_to_json(value: Any, _: Any) -> str:
    return value if isinstance(value, str) else _ARRAY


class MoleculeMixin(traitlets.HasTraits):
    """Traits and methods of the widgets that contain a molecular view.

    The methods may be called from any thread, also while a cell runs.
    """

    own_options: ClassVar[tuple[str, ...]] = (
        "representation",
        "color_by",
        "camera",
        "layers",
        "quality",
    )

    representation = traitlets.Enum(
        REPRESENTATIONS,
        "auto",
        help='"auto" draws the selections of the session; or "ball and stick", "liquorice", '
        '"spheres" or "tube".',
    ).tag(sync=True)
    color_by = _ColorBy(
        help='"auto", "element", "nanover", "residue", "chain", "particle" (the colors in the '
        "frame), or an array: a number for each atom, or (N, 3) colors."
    ).tag(sync=True, to_json=_color_to_json)
    camera = traitlets.Dict(
        help="Where the view looks from: `target` in nm, `rotation` as a quaternion x, y, z, w, "
        "and `height`, the length in nm that fits into the view. What is missing is fitted."
    ).tag(sync=True)
    layers = traitlets.List(
        traitlets.Enum(_LAYERS),
        ["box", "people", "forces", "labels"],
        help='What is drawn around the molecule: "box", "people", "forces", "labels".',
    ).tag(sync=True)

    quality = traitlets.Enum(
        ["automatic", "full", "reduced", "low"],
        "automatic",
        help='"automatic" leaves out shadows, outlines and smoothing on slow graphics hardware; '
        '"full", "reduced" or "low" is kept.',
    ).tag(sync=True)

    if TYPE_CHECKING:

        @property
        def connection(self) -> Connection:
            """The connection, defined by `Panel`."""

        def find_tool(self, kind: type[Tool]) -> Tool:
            """Return a tool, defined by `Panel`."""

        _saved_output: SavedOutput

        def send_state(self, key: Any = None) -> None:
            """Send traits to the page, defined by ipywidgets."""

    @traitlets.validate("camera")
    def _validate_camera(self, proposal: Any) -> dict[str, Any]:
        camera = proposal["value"]
        for name, value in camera.items():
            length = _CAMERA.get(name)
            if length is None:
                raise traitlets.TraitError(f"camera has no {name!r}; use {', '.join(_CAMERA)}")
            is_valid = (
                finite_vector([value], 1) is not None and value > 0
                if length == 0
                else finite_vector(value, length) is not None and any(value)
                if name == "rotation"
                else finite_vector(value, length) is not None
            )
            if not is_valid:
                what = f"a list of {length} finite numbers" if length else "a positive number"
                raise traitlets.TraitError(f"camera[{name!r}] must be {what}, not {value!r:.60}")
        return dict(camera)

    def fit(self) -> None:
        """Show the whole molecule in all views."""
        self.camera = {}
        # Also if it was empty: a page may not have sent its camera yet.
        self.send_state("camera")

    def look_at(
        self,
        atoms: Iterable[int] | int | None = None,
        *,
        position: Iterable[float] | None = None,
        height: float | None = None,
    ) -> None:
        """Turn the camera of all views to atoms or to a point; it keeps its direction.

            view.look_at(range(60, 65))
            view.look_at(position=[0, 0, 0], height=3.0)

        Args:
            atoms: Indices of atoms, whose centroid in the current frame is looked at.
            position: A point in nm, in place of atoms.
            height: The length in nm that fits into the view; by default, what shows the atoms.

        Raises:
            InvalidArgument: (a ValueError) There are no such atoms or positions, or both or
                neither were given.
        """
        if (atoms is None) == (position is None):
            raise InvalidArgument("atoms", "give either atoms or a position")
        size = None
        if position is not None:
            target = finite_vector([float(each) for each in position], 3)
            if target is None:
                raise InvalidArgument("position", "it is not three finite numbers in nm")
        else:
            points = self._positions_of([atoms] if isinstance(atoms, int) else atoms or ())
            target = points.mean(axis=0)
            size = max(_MIN_HEIGHT, 2.5 * float(np.linalg.norm(points - target, axis=1).max()))
        camera = {**self.camera, "target": [float(each) for each in target]}
        chosen = height if height is not None else size
        if chosen is not None:
            camera["height"] = float(chosen)
        self.camera = camera

    def screenshot(
        self,
        file: str | os.PathLike[str],
        *,
        width: int = 2400,
        height: int | None = None,
        transparent: bool = False,
        timeout: float = 20.0,
    ) -> Path:
        """Save what a page shows as a PNG picture, drawn again at this size; returns its path.

            view.screenshot("figure.png", width=2400, transparent=True)

        Args:
            file: The file; an existing one is replaced.
            width: In pixels.
            height: In pixels; by default in the proportions of the view.
            transparent: Whether the background is transparent.
            timeout: Seconds to wait for the page.

        Raises:
            CaptureFailed: No page shows the view, or it could not draw the picture.
            InvalidArgument: (a ValueError) The size is invalid.
            ExportFailed: (an OSError) The file cannot be written.
        """
        tool = self.find_tool(MoleculeController)
        return write_picture(file, tool.capture((width, height), timeout, transparent=transparent))

    def _positions_of(self, atoms: Iterable[int]) -> Any:
        frame = self.connection.client.frame
        positions = None if frame is None else frame.positions
        indices = particle_indices(atoms)
        if positions is None:
            raise InvalidArgument("atoms", "there are no positions yet; use wait_for_frame()")
        if not indices or max(indices) >= len(positions):
            raise InvalidArgument("atoms", f"give indices from 0 to {len(positions) - 1}")
        points = positions[indices].astype(np.float64)
        points = points[np.isfinite(points).all(axis=1)]
        if not len(points):
            raise InvalidArgument("atoms", "they have no finite positions")
        return points

    def _apply_style(self) -> None:
        """Pass the style to the tool, which a widget with another connection has made anew."""
        options = StyleOptions(self.representation, self.color_by)
        self.find_tool(MoleculeController).set_options(options)

    def _on_bound(self) -> None:
        self._apply_style()
        self.find_tool(MoleculeController).on_still = self._saved_output.on_picture

    @traitlets.observe("representation", "color_by")
    def _on_style(self, _: Any) -> None:
        # Traits are also set before there are tools.
        if getattr(self, "_binding", None) is not None:
            self._apply_style()


class MoleculeView(MoleculeMixin, Panel):
    """A live view of the molecule of one connection, with the people around it.

        view = MoleculeView(connection)
        MoleculeView(client, representation="spheres", color_by="residue")

    Several views of one connection are independent.

    Args:
        source: A Connection, or a NanoverClient.
        representation: "auto", "ball and stick", "liquorice", "spheres" or "tube".
        color_by: A color scheme, or an array with a number or a color for each atom.
        selected: The indices of the selected atoms.
        camera: Where the view looks from.
        layers: What is drawn around the molecule.
        quality: "automatic", "full", "reduced" or "low".
        height: Height of the content in CSS pixels.
    """

    _esm = asset("molecule.js")
    _css = asset("panel.css")
    tools = (MoleculeController,)
    own_options: ClassVar[tuple[str, ...]] = (*MoleculeMixin.own_options, "selected")

    selected = AtomIndices(help="The indices of the selected atoms.").tag(sync=True)
