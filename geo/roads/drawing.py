"""
Drawing: roads and barriers as lines for a map, as many and as fine as a box can show.

Segments of one way that follow each other and are alike make one line. Lines are simplified by less than a pixel of a
map ``_PIXELS`` wide that shows the whole box.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.crs import Shapes
from geo.roads.classes import ROADS
from geo.roads.network import BarrierKind, Network, SegmentFlag

_PIXELS = 4_000

Bools = NDArray[np.bool_]
Box = tuple[float, float, float, float]
"""West, south, east, north, in degrees."""
Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """
    Lines, longitude and latitude, and what is said of each.

    Attributes
    ----------
    truncated
        There were more lines than asked for; the smallest roads were left out.
    """

    shapes: Shapes
    facts: tuple[dict[str, object], ...]
    truncated: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Pieces:
    """Straight pieces from one place to another, shape (K, 2) each; pieces of one run follow each other."""

    start: Floats
    end: Floats
    run: Indices


def roads(network: Network, bounds: Box | None, most: int) -> Drawing:
    """
    Draw roads: main roads first, within a class the longest first.

    Facts: ``road`` (class), ``zh`` (its name in Chinese), ``name`` ("" where it has none), ``walk`` (people may walk
    there), ``bridge``, ``tunnel``.

    Parameters
    ----------
    bounds
        Only segments that come into this box; ``None``: all.
    most
        At most so many lines.
    """
    start, end = _places(network, network.tail), _places(network, network.head)
    near = np.flatnonzero(_in_box(start, end, bounds))
    run = _runs(network, near)
    first = near[np.flatnonzero(np.diff(run, prepend=-1))]
    rank = np.array([road.rank for road in ROADS])[network.road[first]]
    metres = np.bincount(run, network.metres[near], minlength=len(first))
    chosen = np.lexsort((-metres, rank))[:most]
    lines = _lines(_Pieces(start[near], end[near], run), chosen, _pixel(start, end, bounds))
    return Drawing(lines, tuple(_facts(network, int(segment)) for segment in first[chosen]), len(first) > most)


def barriers(network: Network, bounds: Box | None) -> Drawing:
    """
    Draw what nobody can cross.

    Facts: ``kind`` (``water``, ``expressway`` or ``railway``), ``name`` ("" where it has none).

    Parameters
    ----------
    bounds
        Only pieces that come into this box; ``None``: all.
    """
    line = np.repeat(np.arange(len(network.barrier_kind)), np.diff(network.barrier_start))
    places = np.column_stack([network.barrier_lon, network.barrier_lat])
    inner = np.flatnonzero(line[:-1] == line[1:])
    start, end = places[inner], places[inner + 1]
    near = _in_box(start, end, bounds)
    shown = inner[near]
    run = np.cumsum((np.diff(shown, prepend=-1) != 1) | (np.diff(line[shown], prepend=-1) != 0)) - 1
    first = line[shown[np.flatnonzero(np.diff(run, prepend=-1))]]
    lines = _lines(_Pieces(start[near], end[near], run), np.arange(len(first)), _pixel(start, end, bounds))
    facts = tuple(
        {
            "kind": BarrierKind(network.barrier_kind[barrier]).name.lower(),
            "name": network.names[network.barrier_name[barrier]],
        }
        for barrier in first
    )
    return Drawing(lines, facts, False)


def _places(network: Network, nodes: NDArray[np.int32]) -> Floats:
    return np.column_stack([network.lon[nodes], network.lat[nodes]])


def _in_box(start: Floats, end: Floats, bounds: Box | None) -> Bools:
    """Tell which pieces may come into the box: their own boxes do."""
    if bounds is None:
        return np.ones(len(start), dtype=bool)
    low, high = np.minimum(start, end), np.maximum(start, end)
    return np.asarray(((high >= bounds[:2]) & (low <= bounds[2:])).all(axis=1), dtype=bool)


def _runs(network: Network, segments: Indices) -> Indices:
    """Number the runs of segments that follow each other on one way and are alike."""
    before, after = segments[:-1], segments[1:]
    follows = network.head[before] == network.tail[after]
    for same in (network.way_id, network.road, network.walk, network.flags, network.name):
        follows &= same[before] == same[after]
    return np.concatenate([np.zeros(min(len(segments), 1), dtype=np.int64), np.cumsum(~follows)])


def _pixel(start: Floats, end: Floats, bounds: Box | None) -> float:
    """Degrees that a pixel shows."""
    if not len(start):
        return 0.0
    ends = np.concatenate([start, end])
    box = (*ends.min(axis=0), *ends.max(axis=0)) if bounds is None else bounds
    return float(max(box[2] - box[0], box[3] - box[1])) / _PIXELS


def _lines(pieces: _Pieces, chosen: Indices, tolerance: float) -> Shapes:
    """Make a line of every run chosen, in the order chosen."""
    if not len(chosen):
        return np.empty(0, dtype=object)
    place = np.full(int(pieces.run[-1]) + 1, -1)
    place[chosen] = np.arange(len(chosen))
    kept = np.flatnonzero(place[pieces.run] >= 0)
    line = place[pieces.run[kept]]
    last = kept[np.append(np.flatnonzero(np.diff(line)), len(line) - 1)]
    places = np.concatenate([pieces.start[kept], pieces.end[last]])
    owner = np.concatenate([line, place[pieces.run[last]]])
    order = np.argsort(owner, kind="stable")  # the end of each run after its pieces
    lines = shapely.linestrings(places[order], indices=owner[order])
    return np.asarray(shapely.simplify(lines, tolerance), dtype=object)


def _facts(network: Network, segment: int) -> dict[str, object]:
    road, flags = ROADS[network.road[segment]], int(network.flags[segment])
    return {
        "road": road.road,
        "zh": road.zh,
        "name": network.names[network.name[segment]],
        "walk": bool(network.walk[segment]),
        "bridge": bool(flags & SegmentFlag.BRIDGE),
        "tunnel": bool(flags & SegmentFlag.TUNNEL),
    }
