"""The positions of a frame as bytes for the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from nanover_jupyter.widgets.molecule.messages import Encoding

Bytes = bytes | memoryview

__all__ = ["EncodedPositions", "PositionEncoder", "bytes_per_frame"]

# Up to this number, the received bytes are passed on as they are. Above, half the bytes are worth
# the work: 100 000 atoms as float32 arrive at half the rate.
_FLOAT_ATOMS: Final = 16_000
_LARGEST: Final = 65_534
_INVALID: Final = 65_535
# Room around the atoms, so that they stay within the bounds for a while.
_PADDING: Final = 0.05
_MIN_PADDING: Final = 0.05
_BOUNDS_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class EncodedPositions:
    """Positions as in `MoleculeFrameBody`.

    Attributes:
        encoding: How they are encoded.
        origin: The first corner of the bounds in nm.
        step: The length of one step in nm for each axis.
        data: The bytes.
        invalid: How many positions are not finite.
    """

    encoding: Encoding = "none"
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0)
    step: tuple[float, float, float] = (1.0, 1.0, 1.0)
    data: Bytes = b""
    invalid: int = 0


def bytes_per_frame(atoms: int) -> int:
    """Return the size of the positions of a frame in bytes."""
    return atoms * (12 if atoms <= _FLOAT_ATOMS else 6)


class PositionEncoder:
    """Encodes positions, for large molecules as steps within bounds. Not thread-safe.

    The bounds are computed about once a second, and when atoms leave them.
    """

    def __init__(self) -> None:
        self._origin = np.zeros(3)
        self._step = np.ones(3)
        self._bounds_at = 0.0
        # Work space, so that 100 000 atoms do not allocate megabytes per frame.
        self._work = np.zeros((0, 3), np.float32)

    def encode(self, positions: npt.NDArray[np.float32], now: float) -> EncodedPositions:
        """Return positions as bytes; the received bytes themselves if there are few.

        Args:
            positions: (N, 3), in nm.
            now: Monotonic seconds.
        """
        if len(positions) <= _FLOAT_ATOMS:
            plain = np.ascontiguousarray(positions, "<f4")
            finite = np.isfinite(plain).all(axis=1)
            invalid = len(plain) - int(np.count_nonzero(finite))
            data = plain.data.cast("B") if len(plain) else b""
            return EncodedPositions("float32", data=data, invalid=invalid)
        return self._in_steps(positions, now)

    def _in_steps(self, positions: npt.NDArray[np.float32], now: float) -> EncodedPositions:
        if len(self._work) != len(positions) or now - self._bounds_at > _BOUNDS_SECONDS:
            self._work = np.empty_like(positions, np.float32)
            self._set_bounds(positions, now)
        scaled = self._scale(positions)
        low, high = float(scaled.min()), float(scaled.max())
        if not (low >= 0.0 and high < _LARGEST + 1):
            # Atoms have left the bounds, or some positions are not finite.
            self._set_bounds(positions, now)
            return self._checked(self._scale(positions))
        return self._encoded(scaled.astype("<u2"), 0)

    def _checked(self, scaled: npt.NDArray[Any]) -> EncodedPositions:
        with np.errstate(invalid="ignore"):
            inside: npt.NDArray[np.bool_] = (scaled >= 0) & (scaled < _LARGEST + 1)
        valid = np.asarray(inside.all(axis=1))
        scaled[~valid] = _INVALID
        return self._encoded(scaled.astype("<u2"), len(valid) - int(np.count_nonzero(valid)))

    def _scale(self, positions: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        work = self._work
        with np.errstate(over="ignore", invalid="ignore"):
            np.subtract(positions, self._origin.astype(np.float32), out=work)
            work *= (1.0 / self._step).astype(np.float32)
            work += 0.5
        return work

    def _set_bounds(self, positions: npt.NDArray[np.float32], now: float) -> None:
        finite = positions[np.isfinite(positions).all(axis=1)]
        self._bounds_at = now
        if not len(finite):
            return
        low, high = finite.min(axis=0).astype(np.float64), finite.max(axis=0).astype(np.float64)
        padding = np.maximum(_MIN_PADDING, _PADDING * (high - low))
        self._origin = low - padding
        self._step = (high - low + 2 * padding) / _LARGEST

    def _encoded(self, steps: npt.NDArray[np.uint16], invalid: int) -> EncodedPositions:
        x, y, z = (float(each) for each in self._origin)
        a, b, c = (float(each) for each in self._step)
        data = steps.data.cast("B")
        return EncodedPositions("uint16", (x, y, z), (a, b, c), data, invalid)
