"""
The expressway and the railway: lines that nobody crosses but where they run on a viaduct or in a tunnel.

Both keep away from the middles of settlements, the expressway on the bank of the county seat, the railway on the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString

from data.sample.river import lines
from data.sample.river.land import RADIUS, Land, Places, river_north
from data.sample.river.relief import Relief

_OFFSETS = {"motorway": np.linspace(3_600, 6_000, 13), "rail": np.linspace(1_900, 3_200, 14)}
"""Metres from the river that are tried."""
_CLEAR = 330.0
"""Metres to keep from the centre of any settlement."""
_PUSHES, _PUSH_SPREAD, _PUSHED_BY = 60, 850.0, 2_500.0
_FROM_EDGE = -200.0
_STEP = 60.0
_VIADUCT = 70.0
"""Metres of viaduct before and after a road below."""
_ASLANT = 45.0
"""Metres that the two sides of a fenced line may be apart along it, for one who crosses."""
_RIDGE, _RIDGE_WITHIN = 35.0, 2_500.0
"""A tunnel leads through what stands this much above the mean of so many metres around."""


@dataclass(frozen=True, slots=True, eq=False)
class Fenced:
    """
    A line that is fenced in.

    Attributes
    ----------
    kind
        ``motorway`` or ``rail``.
    line
        Its middle, from west to east.
    viaducts, tunnels
        Stretches, as metres from the west end.
    """

    kind: str
    line: Places
    viaducts: tuple[tuple[float, float], ...] = ()
    tunnels: tuple[tuple[float, float], ...] = ()

    def is_open(self, metres: float) -> bool:
        """Tell whether people can cross at some metres from the west end, even aslant."""
        stretches = (*self.viaducts, *self.tunnels)
        return any(start + _ASLANT < metres < end - _ASLANT for start, end in stretches)

    def over(self, crossings: Iterable[float]) -> Fenced:
        """Give the same line with viaducts over roads that cross it at some metres from the west end."""
        stretches = [(metres - _VIADUCT, metres + _VIADUCT) for metres in crossings if not self.is_open(metres)]
        last = lines.length(self.line)
        inside = [(max(start, 1.0), min(end, last - 1.0)) for start, end in stretches]
        return replace(self, viaducts=_joined([*self.viaducts, *inside]))


def lay(kind: str, land: Land, relief: Relief) -> Fenced:
    """Lay the line at the distance from the river at which fewest settlements are near, and push it clear of those."""
    side = 1 if kind == "motorway" else -1
    homes = land.centres[_on_side(land, side)]
    from_river = side * (homes[:, 1] - river_north(homes[:, 0], land.river_phase))
    near = [np.sum(np.abs(from_river - offset) < _CLEAR) for offset in _OFFSETS[kind]]
    offset = float(_OFFSETS[kind][int(np.argmin(near))])
    within = homes[np.abs(from_river - offset) < _PUSHED_BY]
    whole = LineString(_pushed(within, land.river_phase, side * offset))
    bank = shapely.union_all(land.cells[_on_side(land, side)]).buffer(_FROM_EDGE)
    inside = max(shapely.get_parts(whole.intersection(bank)), key=shapely.length)
    line = shapely.get_coordinates(inside)
    return Fenced(kind, line, tunnels=_tunnels(line, relief))


def _on_side(land: Land, side: int) -> NDArray[np.bool_]:
    east, north = land.centres.T
    return np.asarray(np.sign(north - river_north(east, land.river_phase)) == side)


def _pushed(homes: Places, phase: float, offset: float) -> Places:
    """The line at an offset from the river, pushed aside wherever it comes near a home."""
    east = np.arange(-1.3 * RADIUS, 1.3 * RADIUS, _STEP)
    north = river_north(east, phase) + offset
    for _ in range(_PUSHES):
        metres = np.hypot(east[:, None] - homes[:, 0], north[:, None] - homes[:, 1])
        near = np.flatnonzero(metres.min(axis=0) < _CLEAR)
        if not len(near):
            break
        for home in near.tolist():
            at = int(np.argmin(metres[:, home]))
            lacking = _CLEAR - float(metres[at, home])
            aside = np.sign(north[at] - homes[home, 1]) or 1.0
            north += 0.6 * aside * lacking * np.exp(-(((east - east[at]) / _PUSH_SPREAD) ** 2))
    return np.column_stack([east, north])


def _tunnels(line: Places, relief: Relief) -> tuple[tuple[float, float], ...]:
    """Stretches where the land stands above its mean around."""
    metres, heights = lines.along(line), relief.heights(line)
    width = 2 * int(_RIDGE_WITHIN / _STEP / 2) + 1
    padded = np.pad(heights, width // 2, mode="edge")
    mean = np.convolve(padded, np.ones(width) / width, mode="valid")
    high = np.flatnonzero(heights - mean > _RIDGE)
    last = float(metres[-1]) - 1.0
    return _joined([(max(metres[i] - _STEP, 1.0), min(metres[i] + _STEP, last)) for i in high.tolist()])


def _joined(stretches: list[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Stretches that overlap or nearly touch, as one."""
    found: list[tuple[float, float]] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1] + _STEP:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((float(start), float(end)))
    return tuple(found)
