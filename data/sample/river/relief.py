"""
The relief: a valley floor along the river, and mountains that rise away from it in waves.

A height is a smooth function of place: the floor, which falls a little with the river, a rise with the distance from
the river, and ridges across the valley that grow with that distance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from data.sample.river import earth
from data.sample.river.land import RIVER_MEANDER, RIVER_WAVE, Land, Places, river_north

Heights = NDArray[np.float64]

TILE_SIDE = 1_201
"""Rows and columns of an elevation tile of one degree at three seconds, both edges in it."""

_FLOOR, _FALL = 250.0, 0.0005
"""Metres above the sea at the middle of the river, and what the river falls for each metre east."""
_RISE, _RISE_WITHIN, _RISE_BEND = 620.0, 8_000.0, 1.5
_RIDGES, _RIDGES_WITHIN = 260.0, 6_000.0
"""Most that ridges add or take away, and the metres from the river within which they have grown to two thirds."""
_WAVES = ((7_900.0, 0.4), (5_600.0, 0.3), (3_700.0, 0.2), (2_300.0, 0.1))
"""Lengths of the waves that ridges are made of, and their shares."""
_ROUGH_STEP = 20
"""Rows and columns of a tile between two that are projected; the others lie on straight lines, to a millimetre."""


@dataclass(frozen=True, slots=True, eq=False)
class Relief:
    """
    The relief of one district.

    Attributes
    ----------
    river_phase
        As of the land.
    directions, phases
        Shape (4,), radians: where each wave of the ridges runs and begins.
    """

    river_phase: float
    directions: Heights
    phases: Heights

    def heights(self, places: Places) -> Heights:
        """Give metres above the sea; shape (N, 2) to (N,)."""
        return self.at(places[:, 0], places[:, 1])

    def at(self, east: Heights, north: Heights) -> Heights:
        """Give metres above the sea for arrays of one shape."""
        away = self.from_river(east, north)
        rise = _RISE * (1 - np.exp(-((away / _RISE_WITHIN) ** _RISE_BEND)))
        grown = 1 - np.exp(-((away / _RIDGES_WITHIN) ** 2))
        ridges = np.zeros_like(away)
        for (length, share), turn, phase in zip(_WAVES, self.directions, self.phases, strict=True):
            ridges += share * np.sin(2 * np.pi / length * (np.cos(turn) * east + np.sin(turn) * north) + phase)
        return np.asarray(_FLOOR - _FALL * east + rise + _RIDGES * grown * ridges)

    def from_river(self, east: Heights, north: Heights) -> Heights:
        """Give about the metres from the middle of the river: along north, less where the river runs aslant."""
        slant = RIVER_MEANDER / RIVER_WAVE * np.cos(east / RIVER_WAVE + self.river_phase)
        return np.asarray(np.abs(north - river_north(east, self.river_phase)) / np.hypot(1, slant))


def make(rng: Generator, land: Land) -> Relief:
    """Raise the mountains."""
    return Relief(land.river_phase, rng.uniform(0, np.pi, len(_WAVES)), rng.uniform(0, 2 * np.pi, len(_WAVES)))


def hgt(relief: Relief, west: int, south: int) -> tuple[str, bytes]:
    """Give the elevation tile whose corner is at whole degrees east and north: its file name and its content."""
    east, north = _tile_metres(west, south)
    heights = np.rint(relief.at(east, north)).astype(">i2")
    return f"N{south:02d}E{west:03d}.hgt", heights.tobytes()


def _tile_metres(west: int, south: int) -> tuple[Heights, Heights]:
    """Metres east and north of every point of a tile, from the north-west, row by row."""
    steps = np.linspace(0, 1, (TILE_SIDE - 1) // _ROUGH_STEP + 1)
    lon, lat = np.meshgrid(west + steps, south + 1 - steps)
    east, north = earth.metres(lon, lat)
    return _finer(east), _finer(north)


def _finer(rough: Heights) -> Heights:
    """Put the rows and columns between those of a rough grid on straight lines."""
    at = np.linspace(0, len(rough) - 1, TILE_SIDE)
    low = np.minimum(at.astype(np.intp), len(rough) - 2)
    share = at - low
    rows = rough[low] * (1 - share)[:, None] + rough[low + 1] * share[:, None]
    return np.asarray(rows[:, low] * (1 - share) + rows[:, low + 1] * share)
