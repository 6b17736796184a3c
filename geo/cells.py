"""
Cells: the piece of land of every settlement, in metres, whether it came as a polygon or as a point.

A polygon is its own cell; an invalid ring is repaired (``make_valid``, polygonal parts kept). A point gets its Voronoi
cell, clipped to the outline of the district less the polygons. Without an outline the convex hull of all settlements
with a margin stands in for it. A cell is one piece holding its point: what the outline or the polygons cut off goes
to the bordering cell with the longest common border, or to nobody where none borders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from geo import crs
from geo.crs import Shapes

_POINT, _POLYGON, _MULTIPOLYGON, _COLLECTION = 0, 3, 6, 7
_LEAST_MARGIN_METRES = 500.0
"""Least width of the margin around the convex hull where no outline is given."""
_SAME_PLACE_METRES = 0.01
_APART_METRES = 1.0
"""Points within the first length of each other are moved this far from their place, so that each has a cell."""


@dataclass(frozen=True, slots=True)
class Cells:
    """
    The land of every settlement.

    Attributes
    ----------
    shapes
        Shape (V,), Polygon or MultiPolygon in metres of ``crs``, in the order given; empty where a settlement has no
        land of its own (a point inside another's polygon, or a ring without area).
    crs
        The metric system.
    repaired
        Indices of polygons whose rings were invalid.
    inside
        Pairs (point, polygon) of indices: a point settlement that lies within another's polygon.
    notes
        What was done to the input, in words.
    """

    shapes: Shapes
    crs: CRS
    repaired: tuple[int, ...]
    inside: tuple[tuple[int, int], ...]
    notes: tuple[str, ...]


def make(geometries: Sequence[BaseGeometry] | Shapes, outline: BaseGeometry | None = None) -> Cells:
    """
    Give every settlement its cell.

    Parameters
    ----------
    geometries
        Points, Polygons or MultiPolygons, longitude and latitude.
    outline
        The district's outline, longitude and latitude; only cells of points are clipped to it.

    Raises
    ------
    WrongCrs
        When the coordinates are not longitude and latitude.
    """
    given = np.asarray(geometries, dtype=object)
    if given.size == 0:
        return Cells(given, crs.metric_crs(108.0, 30.0), (), (), ())
    system = crs.metric_crs_of(given)
    shapes = crs.project(given, system)
    points = np.flatnonzero(shapely.get_type_id(shapes) == _POINT)
    polygons = np.setdiff1d(np.arange(shapes.size), points)
    shapes[polygons], wrong = repaired(shapes[polygons])
    mended = tuple(int(i) for i in polygons[wrong])
    notes = [f"The rings of {len(mended)} settlements were invalid and were repaired."] if mended else []
    if points.size == 0:
        return Cells(shapes, system, mended, (), tuple(notes))

    frame = _frame(shapes) if outline is None else repaired(crs.project([outline], system))[0][0]
    notes.append(
        f"{points.size} settlements are points: their cells are Voronoi cells within "
        + ("the outline given." if outline is not None else "the convex hull of all settlements with a margin.")
    )
    inside = _inside(shapes, points, polygons)
    free = np.setdiff1d(points, [point for point, _ in inside])
    places, moved = _apart(shapely.get_coordinates(shapes[free]))
    if moved:
        notes.append(f"{moved} point settlements share their place with another and were moved apart by a metre.")
    land = frame.difference(shapely.union_all(shapes[polygons])) if polygons.size else frame
    shapes[points] = shapely.Polygon()
    shapes[free] = _voronoi(places, land)
    return Cells(shapes, system, mended, inside, tuple(notes))


def repaired(polygons: Shapes) -> tuple[Shapes, NDArray[np.bool_]]:
    """Return the polygons with every ring valid, lines and points of a repair dropped, and which were invalid."""
    wrong = ~np.asarray(shapely.is_valid(polygons), dtype=bool)
    mended = polygons.copy()
    mended[wrong] = _polygonal(np.asarray(shapely.make_valid(polygons[wrong]), dtype=object))
    return mended, wrong


def _polygonal(shapes: Shapes) -> Shapes:
    """Keep the polygons of each shape; an empty Polygon where there are none."""
    kept = shapes.copy()
    for i in np.flatnonzero(~np.isin(shapely.get_type_id(shapes), (_POLYGON, _MULTIPOLYGON))):
        parts = shapely.get_parts(shapes[i])
        parts = shapely.get_parts(parts[np.isin(shapely.get_type_id(parts), (_POLYGON, _MULTIPOLYGON))])
        kept[i] = shapely.union_all(parts) if parts.size else shapely.Polygon()
    return kept


def _frame(shapes: Shapes) -> BaseGeometry:
    """The convex hull of all shapes, widened by half the side of a mean cell."""
    hull = shapely.GeometryCollection(list(shapes)).convex_hull
    margin = max(_LEAST_MARGIN_METRES, float(np.sqrt(hull.area / len(shapes))) / 2)
    return hull.buffer(margin)


def _inside(shapes: Shapes, points: NDArray[np.intp], polygons: NDArray[np.intp]) -> tuple[tuple[int, int], ...]:
    if polygons.size == 0:
        return ()
    which, polygon = shapely.STRtree(shapes[polygons]).query(shapes[points], predicate="within")
    return tuple(sorted((int(points[w]), int(polygons[p])) for w, p in zip(which, polygon, strict=True)))


def _apart(places: NDArray[np.float64]) -> tuple[NDArray[np.float64], int]:
    """Move points of one place onto a small circle around it, in their order; say how many moved."""
    _, group, size = np.unique(np.round(places / _SAME_PLACE_METRES), axis=0, return_inverse=True, return_counts=True)
    moved = places.copy()
    for shared in np.flatnonzero(size > 1):
        members = np.flatnonzero(group.ravel() == shared)
        angles = 2 * np.pi * np.arange(members.size) / members.size
        moved[members] += _APART_METRES * np.column_stack([np.cos(angles), np.sin(angles)])
    return moved, int(size[size > 1].sum())


def _voronoi(places: NDArray[np.float64], land: BaseGeometry) -> Shapes:
    """Voronoi cells of the places, clipped to the land, in order."""
    if len(places) == 0:
        return np.empty(0, dtype=object)
    if len(places) == 1:
        whole = np.array([land], dtype=object)
    else:
        diagram = shapely.voronoi_polygons(shapely.MultiPoint(places), extend_to=land, ordered=True)
        whole = np.asarray(shapely.get_parts(diagram), dtype=object)
    clipped = _polygonal(np.asarray(shapely.intersection(whole, land), dtype=object))
    return _in_one_piece(clipped, np.asarray(shapely.points(places), dtype=object))


def _in_one_piece(cells: Shapes, homes: Shapes) -> Shapes:
    """Keep of each cell the piece nearest its point, and hand the others to the cells they border most."""
    pieces, owner = shapely.get_parts(cells, return_index=True)
    order = np.lexsort((shapely.distance(pieces, homes[owner]), owner))
    main = order[np.unique(owner[order], return_index=True)[1]]
    whole = cells.copy()
    whole[owner[main]] = pieces[main]
    orphans = pieces[np.setdiff1d(np.arange(pieces.size), main)]
    while orphans.size:
        heir = _heirs(orphans, whole)
        if (heir < 0).all():
            break
        for cell in np.unique(heir[heir >= 0]):
            whole[cell] = shapely.union_all([whole[cell], *orphans[heir == cell]])
        orphans = orphans[heir < 0]
    return whole


def _heirs(orphans: Shapes, cells: Shapes) -> NDArray[np.intp]:
    """For each piece the cell with the longest common border, or -1."""
    piece, cell = shapely.STRtree(cells).query(orphans, predicate="intersects")
    border = shapely.length(shapely.intersection(shapely.boundary(orphans[piece]), shapely.boundary(cells[cell])))
    heir = np.full(orphans.size, -1)
    for k in np.argsort(border, kind="stable"):
        if border[k] > 0:
            heir[piece[k]] = cell[k]
    return heir
