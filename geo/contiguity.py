"""
Contiguity: which settlements are neighbours, and in which settlement a school stands.

Two settlements are neighbours when their cells (see `geo.cells`) share a border longer than a length. Borders that were
digitised twice leave hairline gaps and overlaps: a stretch counts as shared where the two borders run within
``snap_metres`` of each other, and then four times that width must be exceeded on top of the length asked, because
even two cells that meet only in a corner run that close for a short way. A settlement wholly inside another is its
neighbour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from geo import cells as land
from geo import crs
from geo.cells import Cells
from geo.crs import Shapes

SNAP_METRES = 0.5
"""Hairline width: six decimals of a degree round a border by up to 0.1 m, and two digitisations by a little more."""
_NOISE_METRES = 0.001
"""Width within which two borders differ by arithmetic only, such as a corner of one on a side of the other."""
_CORNER_ALLOWANCE = 4
"""A corner of two borders at 30 degrees runs within the snap width for twice that width, on each side of the corner."""

Pairs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Contiguity:
    """
    The neighbours of a district's settlements.

    Attributes
    ----------
    pairs
        Shape (E, 2), indices i < j in the order given, sorted, each pair once.
    repaired
        Indices of settlements whose rings were invalid and were repaired.
    islands
        The connected parts other than the largest, as indices; larger first.
    cells
        Shape (V,), the land of each settlement, longitude and latitude: a repaired polygon, or the Voronoi cell of a
        point. Empty where a point lies within another settlement's polygon.
    notes
        What was done to the input, in words.
    """

    pairs: Pairs
    repaired: tuple[int, ...]
    islands: tuple[tuple[int, ...], ...]
    cells: Shapes
    notes: tuple[str, ...]


class Standing(NamedTuple):
    """Where points stand: the index of a settlement, and the metres to it (0 within), both of shape (S,)."""

    settlement: NDArray[np.int64]
    metres: NDArray[np.float64]


def neighbours(
    geometries: Sequence[BaseGeometry] | Shapes,
    *,
    shared_border_metres: float = 1.0,
    corners: bool = False,
    outline: BaseGeometry | None = None,
    snap_metres: float = SNAP_METRES,
) -> Contiguity:
    """
    Find the neighbouring pairs of settlements.

    Parameters
    ----------
    geometries
        Points, Polygons or MultiPolygons, longitude and latitude.
    shared_border_metres
        A shared border must be longer than this.
    corners
        Count cells that touch in a point as well.
    outline
        Outline of the district, to which cells of point settlements are clipped.
    snap_metres
        Width up to which a gap or overlap between two borders is a fault of drawing.

    Raises
    ------
    WrongCrs
        When the coordinates are not longitude and latitude.
    """
    cells = land.make(geometries, outline)
    near = _within(cells.shapes, snap_metres)
    pairs = near if corners else near[_share_a_border(cells.shapes, near, shared_border_metres, snap_metres)]
    pairs = _sorted(np.concatenate([pairs, np.array(cells.inside, dtype=np.int64).reshape(-1, 2)]))
    parts = islands(len(cells.shapes), pairs)
    return Contiguity(
        pairs=pairs,
        repaired=cells.repaired,
        islands=parts,
        cells=crs.unproject(cells.shapes, cells.crs),
        notes=cells.notes + _island_notes(cells, parts),
    )


def islands(count: int, pairs: Pairs) -> tuple[tuple[int, ...], ...]:
    """Return the connected parts of ``count`` settlements other than the largest; larger first, then by index."""
    if count == 0:
        return ()
    ones = np.ones(len(pairs), dtype=np.int8)
    _, part = connected_components(coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(count, count)), directed=False)
    members = [tuple(int(i) for i in np.flatnonzero(part == p)) for p in range(int(part.max()) + 1)]
    return tuple(sorted(members, key=lambda m: (-len(m), m))[1:])


def containing(points: Sequence[BaseGeometry] | Shapes, geometries: Sequence[BaseGeometry] | Shapes) -> Standing:
    """
    Find the settlement that each point (a school) stands in, or else the nearest one.

    Where polygons overlap the smaller settlement is named, then the earlier one. A settlement known as a point contains
    only its own place, so that a school stands in the Voronoi cell it lies in.

    Raises
    ------
    WrongCrs
        When the coordinates are not longitude and latitude.
    ValueError
        When there are points but no settlements.
    """
    asked = np.asarray(points, dtype=object)
    if asked.size == 0:
        return Standing(np.empty(0, dtype=np.int64), np.empty(0))
    if len(geometries) == 0:
        raise ValueError("there are no settlements to stand in")
    system = crs.metric_crs_of(geometries)
    homes, _ = land.repaired(crs.project(geometries, system))
    places = crs.project(asked, system)
    pairs, metres = shapely.STRtree(homes).query_nearest(places, return_distance=True, all_matches=True)
    order = np.lexsort((pairs[1], shapely.area(homes[pairs[1]]), pairs[0]))
    first = order[np.unique(pairs[0][order], return_index=True)[1]]
    return Standing(pairs[1][first].astype(np.int64), metres[first])


def _within(shapes: Shapes, metres: float) -> Pairs:
    """Pairs i < j of shapes that touch, overlap or come within a distance."""
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=metres)
    return _sorted(np.column_stack([one, other])[one < other])


def _share_a_border(shapes: Shapes, pairs: Pairs, metres: float, snap: float) -> NDArray[np.bool_]:
    shared = np.zeros(len(pairs), dtype=bool)
    for width in (0.0, _NOISE_METRES, snap):
        doubtful = np.flatnonzero(~shared)
        border = _common_border(shapes, pairs[doubtful], width)
        shared[doubtful] = border > metres + _CORNER_ALLOWANCE * width
    return shared


def _common_border(shapes: Shapes, pairs: Pairs, width: float) -> NDArray[np.float64]:
    """Metres of border of the one within ``width`` of the other, the longer of both ways."""
    edges = shapely.boundary(shapes)
    wide = _widened(shapes, np.unique(pairs), width)
    return np.maximum(
        *(
            shapely.length(shapely.intersection(edges[one], wide[other]))
            for one, other in ((pairs[:, 0], pairs[:, 1]), (pairs[:, 1], pairs[:, 0]))
        )
    )


def _widened(shapes: Shapes, which: NDArray[np.int64], width: float) -> Shapes:
    if width == 0:
        return shapes
    wide = shapes.copy()
    wide[which] = shapely.buffer(shapes[which], width)
    return wide


def _sorted(pairs: NDArray[np.integer]) -> Pairs:
    ordered = np.sort(pairs.astype(np.int64).reshape(-1, 2), axis=1)
    return np.unique(ordered, axis=0) if len(ordered) else ordered


def _island_notes(cells: Cells, parts: tuple[tuple[int, ...], ...]) -> tuple[str, ...]:
    landless = int(shapely.is_empty(cells.shapes).sum())
    notes = []
    if landless:
        notes.append(f"{landless} settlements have no land of their own.")
    if parts:
        notes.append(
            f"{sum(map(len, parts))} settlements in {len(parts)} parts touch no settlement of the largest part."
        )
    return tuple(notes)
