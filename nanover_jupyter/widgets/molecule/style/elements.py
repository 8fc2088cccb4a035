"""Colors and radii of the chemical elements, as arrays by atomic number.

Atomic numbers from 0 to 255 have an entry, so that any uint8 array is a valid index.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["COVALENT_RADII", "JMOL_COLORS", "NANOVER_COLORS", "VDW_RADII"]

_COUNT: Final = 256
_UNKNOWN_COLOR: Final = (0xFA, 0x16, 0x91)
_UNKNOWN_VDW: Final = 0.2
_UNKNOWN_COVALENT: Final = 0.15

# The colors of Jmol (jmol.sourceforge.net/jscolors), from hydrogen on.
_JMOL: Final = """
    ffffff d9ffff cc80ff c2ff00 ffb5b5 909090 3050f8 ff0d0d 90e050 b3e3f5 ab5cf2 8aff00 bfa6a6
    f0c8a0 ff8000 ffff30 1ff01f 80d1e3 8f40d4 3dff00 e6e6e6 bfc2c7 a6a6ab 8a99c7 9c7ac7 e06633
    f090a0 50d050 c88033 7d80b0 c28f8f 668f8f bd80e3 ffa100 a62929 5cb8d1 702eb0 00ff00 94ffff
    94e0e0 73c2c9 54b5b5 3b9e9e 248f8f 0a7d8c 006985 c0c0c0 ffd98f a67573 668080 9e63b5 d47a00
    940094 429eb0 57178f 00c900 70d4ff ffffc7 d9ffc7 c7ffc7 a3ffc7 8fffc7 61ffc7 45ffc7 30ffc7
    1fffc7 00ff9c 00e675 00d452 00bf38 00ab24 4dc2ff 4da6ff 2194d6 267dab 266696 175487 d0d0e0
    ffd123 b8b8d0 a6544d 575961 9e4fb5 ab5c00 754f45 428296 420066 007d00 70abfa 00baff 00a1ff
    008fff 0080ff 006bff 545cf2 785ce3 8a4fe3 a136d4 b31fd4 b31fba b30da6 bd0d87 c70066 cc0059
    d1004f d90045 e00038 e6002e eb0026
"""

# The scheme "nanover"; it has no other elements.
_NANOVER: Final = {1: "d9e6ee", 6: "635c6f", 7: "2678cc", 8: "f12a6d", 16: "fab800"}

# Van der Waals radii in pm, from hydrogen on; 0 is unknown.
# S. Alvarez, Dalton Trans. 42, 8617 (2013).
_VDW: Final = """
    120 143 212 198 191 177 166 150 146 158 250 251 225 219 190 189 182 183 273 262 258 246 242
    245 245 244 240 240 238 239 232 229 188 182 186 225 321 284 275 252 256 245 244 246 244 215
    253 249 243 242 247 199 204 206 348 303 298 288 292 295 0 290 287 283 279 287 281 283 279 280
    274 263 253 257 249 248 241 229 232 245 247 260 254 0 0 0 0 0 280 293 288 271 282 281 283
    305 340 305 270
"""

# Covalent radii in pm, from hydrogen on. B. Cordero et al., Dalton Trans. 2832 (2008).
_COVALENT: Final = """
    31 28 128 96 84 76 71 66 57 58 166 141 121 111 107 105 102 106 203 176 170 160 153 139 139 132
    126 124 132 122 122 120 119 120 120 116 220 195 190 175 164 154 147 146 142 139 145 144 142
    139 139 138 139 140 244 215 207 204 203 201 199 198 198 196 194 192 192 189 190 187 187 175
    170 162 151 144 141 136 136 132 145 146 148 140 150 150 260 221 215 206 200 196 190 187 180
    169
"""


def _colors(hexadecimal: dict[int, str]) -> npt.NDArray[np.uint8]:
    colors = np.tile(np.array(_UNKNOWN_COLOR, np.uint8), (_COUNT, 1))
    for number, color in hexadecimal.items():
        colors[number] = list(bytes.fromhex(color))
    colors.flags.writeable = False
    return colors


def _radii(picometers: str, unknown: float) -> npt.NDArray[np.float32]:
    radii = np.full(_COUNT, unknown, np.float32)
    known = np.array(picometers.split(), np.float32) / 1000
    radii[1 : len(known) + 1] = np.where(known > 0, known, unknown)
    radii.flags.writeable = False
    return radii


JMOL_COLORS: Final = _colors(dict(enumerate(_JMOL.split(), start=1)))
"""(256, 3) uint8."""

NANOVER_COLORS: Final = _colors(_NANOVER)
"""(256, 3) uint8."""

VDW_RADII: Final = _radii(_VDW, _UNKNOWN_VDW)
"""(256,) float32, in nm."""

COVALENT_RADII: Final = _radii(_COVALENT, _UNKNOWN_COVALENT)
"""(256,) float32, in nm."""
